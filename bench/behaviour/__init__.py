"""How each strategy behaves: errors, time-outs, Ctrl-C, what crosses and what a worker costs.

Every question is a module of `questions`: what its tasks do, and how the answer is found, in code
short enough to learn from.  Each is asked in a worker process of its own.
"""
