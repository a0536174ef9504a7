"""The lessons: well-known claims on Python's concurrency, each checked on this machine.

A lesson is one file in `lessons`: a short program, then what is claimed of it.  Each runs in a
process of its own; what its readings say of a claim is decided in `concbench.reports.lessons`.
"""
