"""Sides: things that one run compares, measured by the driver's own `bench` in the same rounds.

`side` is what one is, `named` finds what a text means, `revisions` and `interpreters` build what is
not there yet in `environments` of their own, `plans` asks each side for its cells.
"""
