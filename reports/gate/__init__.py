"""The regression gate's decision: pure functions from rounds to an answer.

`thresholds` reads what matters, `evidence` has one metric of one cell, paired or not, `looks` says
when to look at it, and `trail` what that shows; `decision` judges all of them and says what to
measure next, `results` puts it into plain data and words.  Each says by what method, and whose.
They measure nothing and print nothing.

What it rests on: the order inside a pair is random, so that the ratio of identical sides is as
likely above 1 as below.  What differs between sides besides the code, such as the length of a
path or of the environment, is no noise, and no number of rounds removes it (Mytkowicz and others
2009, "Producing wrong data without doing anything obviously wrong!").
"""
