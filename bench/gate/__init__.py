"""The regression check: two sides measured until the gate has an answer for every pair.

`evidence` is what the journal holds for the gate, `rule` asks it what to measure next, `against`
finds what to compare with, `command` is the whole check.  What is decided, and by what method, is
`reports.gate`.
"""
