"""Drills: a shop that is hurt on purpose, and what must hold when it has come to rest.

Used by `argosy drill` (entry/cli_drill.py) and by tests/faults. Never imported by a shop at work.
"""
