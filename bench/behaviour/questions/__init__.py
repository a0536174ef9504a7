"""The questions, one a module; its docstring's first line is the question.

`blocking(i, note)` is a task, `awaited(i, note)` the same for an event loop where there is one, and
`ask(trial)` gives the answer in a few words.  Copy one to begin, and add its name here.
"""

GROUPS = {
    "results and errors": ("order", "running", "waiting", "error"),
    "time-outs, cancellation, Ctrl-C": ("timeout", "behind", "cancel", "shield", "interrupt"),
    "what crosses, and what a worker costs": (
        *("context", "arguments", "loop"),
        *("startup", "memory"),
    ),
}
NAMES = tuple(name for names in GROUPS.values() for name in names)
