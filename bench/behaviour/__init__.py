"""How each strategy behaves: errors, time-outs, Ctrl-C, what crosses and what a worker costs.

A question is what its tasks do and how the answer is read, in code short enough to learn from.
Each is asked in a worker process of its own.
"""
