"""Decoding and drawing pictures: `studio` asks, `child` is the process that does, `drawing` how.

Nothing is imported here: the child begins with little, so that it begins fast.
"""
