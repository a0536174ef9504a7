"""Advice on a piece of work: look at it, predict, race what is left, and write the program.

`steps` is the whole of it.  Nothing is imported here: children that look at work import `look`.
"""
