"""Sides: things that one run compares, measured by the driver's own `bench` in the same rounds.

`side` is what one is, `build` makes it from what a user writes, in `environments` of their own,
with the projects of the repository from its own tree (`installation`); `plans` asks each side for
its cells, `commits` says which commits are compared, and `proof` that each side ran its own code.
"""
