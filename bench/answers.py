"""The answer of a batch as a digest: what proves that every strategy did the same work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from .contracts import Plain


class WrongAnswer(Exception):
    """A batch that did not do the work it was given."""


def digest(results: Sequence[Plain], tasks: int) -> str:
    """A short digest of the results in task order.

    Raises WrongAnswer when there is not one JSON value for each task.
    """
    if not isinstance(results, list) or len(results) != tasks:
        count = len(results) if isinstance(results, list) else type(results).__name__
        raise WrongAnswer(f"{count} results for {tasks} tasks")
    try:
        text = json.dumps(results, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise WrongAnswer(_culprit(results) or str(error)) from None
    return sha256(text.encode()).hexdigest()[:16]


def _culprit(results: Sequence[Plain]) -> str:
    for i, result in enumerate(results):
        try:
            json.dumps(result, sort_keys=True)
        except (TypeError, ValueError):
            kind = type(result).__name__
            if kind == "coroutine":
                return (
                    f"task {i} returned a coroutine that nobody awaited: an async call needs aopen"
                )
            return f"task {i} returned a {kind}, which is not JSON"
    return ""
