"""The bridges between islands: one file a process, and `reactions.py` for what happens when."""
