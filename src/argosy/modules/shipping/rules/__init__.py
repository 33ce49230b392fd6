"""The rules of shipping: who is served, how goods are packed, what it costs, when it arrives.

reaching, packing, charging, rating, promising: used with every quote. checking: what may be stored.
"""
