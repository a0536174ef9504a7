"""What the results of a batch are, as a text that equal batches share.

A result may be anything that can be compared by what it holds: JSON, numpy arrays and scalars,
bytes, sets, dates, dataclasses, and any object with an `==` of its own that pickles.  Standard
library only: every worker imports this.

The text is `EXACT`, a digest of the results to the last digit, and where they hold floats
`EXACT~SHAPE~COUNT~SLOTS`: a digest of all but their size, how many floats there are, and sums of
their logarithms.  So two texts tell whether all floats are equal within a tolerance, without the
floats: reports/run/answers.py compares them.
"""

from __future__ import annotations

import copyreg
import json
import math
from array import array
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any

from .contracts import Plain

SLOTS = 64
"""Sums of logarithms in a text; so many floats are compared one by one, more in groups."""
GOLDEN = 0.6180339887498949
"""Weights of a group's members are spread by it, so that two that changed places are seen."""
RTOL = 1e-9
ROUNDING = 1e-12
"""What logarithms and their sums add to a difference by themselves."""
SHOWN = 60
"""Of so many results a sample is kept, and of each so many characters."""
PLACES = 2000
"""Places that are kept of a first batch, to name the one where a later one parts from it."""
PLAIN = frozenset((int, str, bool, type(None)))
LATER = "a later batch gave another answer than the first"
CAUSE = "random without a seed, a clock, or state that earlier tasks changed?"

Normal = Callable[[Any], Any]
"""A workload's `normal(result)`: what counts of a result."""


class WrongAnswer(Exception):
    """A batch that did not do the work it was given."""


class Incomparable(Exception):
    """A value that nothing can be compared with."""


def digest(results: Sequence[Plain], tasks: int, normal: Normal | None = None) -> str:
    """The text of the results in task order, each as `normal` makes it.

    Raises WrongAnswer when there is not one result for each task, or one cannot be compared.
    """
    return summary(results, tasks, normal).text


def exactly(answer: str) -> str:
    """The part of a text that is equal only where all is, to the last digit."""
    return answer.partition("~")[0]


class FirstAnswer:
    """The first batch of a process, without its results; `alike` if all that were seen are equal.

    The workload's `normal(result)` says what counts of a result; with `exact` floats are compared
    to the last digit.  `agreed` makes of later results what was made of these before.  Raises
    WrongAnswer as `digest` does.
    """

    def __init__(
        self,
        results: Sequence[Plain],
        tasks: int,
        workload: Any = None,
        exact: bool = False,
        agreed: Callable[[Sequence[Plain]], Sequence[Plain]] | None = None,
    ) -> None:
        normal = None if agreed else getattr(workload, "normal", None)
        self._agreed = agreed
        self._summary = summary(results, tasks, normal)
        self._tasks, self._normal, self._exact = tasks, normal, exact
        self._places = places(results, normal)
        self.text = exactly(self._summary.text) if exact else self._summary.text
        one, *others = [digest([each], 1, normal) for each in results[:SHOWN]] or [""]
        self.alike = bool(others) and set(others) == {one}

    def of(self, results: list[Plain]) -> str:
        """The text of some of its results."""
        text = digest(results, len(results), self._normal)
        return exactly(text) if self._exact else text

    def check(self, results: Sequence[Plain]) -> None:
        """Raise WrongAnswer where a later batch gave another answer, with the place."""
        results = self._agreed(results) if self._agreed else results
        later = summary(results, self._tasks, self._normal)
        if exactly(later.text) == exactly(self._summary.text):
            return
        if not self._exact and self._summary.near(later):
            return
        where = parting(self._places, places(results, self._normal), self._exact)
        raise WrongAnswer(": ".join(filter(None, (LATER, where, CAUSE))))


def summary(results: Sequence[Plain], tasks: int, normal: Normal | None = None) -> Summary:
    """The same as `digest`, to be compared with another in this process."""
    if not isinstance(results, list) or len(results) != tasks:
        count = len(results) if isinstance(results, list) else type(results).__name__
        raise WrongAnswer(f"{count} results for {tasks} tasks")
    if normal:
        results = [normal(one) for one in results]
    holds = Summary(_as_json(results))
    if holds.exact and PLAIN.issuperset(map(type, results)):
        return holds
    for i, result in enumerate(results):
        try:
            for _, token in _tokens(result, ()):
                holds.add(token)
        except Incomparable as error:
            raise WrongAnswer(f"task {i} returned {error}") from None
        except RecursionError:
            raise WrongAnswer(f"task {i} returned a {_name(result)} that holds itself") from None
    return holds


def _as_json(results: Sequence[Plain]) -> str:
    """The exact digest of JSON values, or nothing where they are none."""
    try:
        text = json.dumps(results, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return ""
    return sha256(text.encode()).hexdigest()[:16]


class Summary:
    """What a batch holds, floats apart from the rest; `exact` is a digest of it that is known."""

    def __init__(self, exact: str = "") -> None:
        self.exact = exact
        self._exact, self._shape = sha256(), sha256()
        self._sums, self._floats = array("d", bytes(8 * SLOTS)), 0

    def add(self, token: Any) -> None:
        """A text, bytes, a float, or an array of floats."""
        if isinstance(token, float):
            self._exact.update(float(token).hex().encode())
            self._take(token)
        elif isinstance(token, (str, bytes)):
            piece = token.encode("utf-8", "surrogatepass") if isinstance(token, str) else token
            piece = b"%d:%s" % (len(piece), piece)  # so that "ab", "c" are not "a", "bc"
            self._exact.update(piece)
            self._shape.update(piece)
        else:
            self._exact.update(token.tobytes())
            self._take_all(token)

    def _take(self, number: float) -> None:
        if math.isfinite(number) and number != 0:
            self._shape.update(b"+" if number > 0 else b"-")
            group, slot = divmod(self._floats, SLOTS)
            self._sums[slot] += (1 + group * GOLDEN % 1) * math.log(abs(number))
        else:
            self._shape.update(_unusual(number))
        self._floats += 1

    def _take_all(self, numbers: Any) -> None:
        """The same of an array of numpy, whose module is there by then."""
        import numpy as np

        flat = numbers.astype("float64").ravel()
        usual = np.isfinite(flat) & (flat != 0)
        self._shape.update(np.where(usual, flat > 0, 2).astype("uint8").tobytes())
        for number in flat[~usual].tolist():
            self._shape.update(_unusual(number))
        groups, slots = np.divmod(np.arange(self._floats, self._floats + flat.size), SLOTS)
        logarithms = np.log(np.abs(np.where(usual, flat, 1.0)))
        weighted = (1 + groups * GOLDEN % 1) * logarithms
        for slot, total in enumerate(np.bincount(slots, weighted, SLOTS).tolist()):
            self._sums[slot] += total
        self._floats += flat.size

    @property
    def text(self) -> str:
        """`EXACT`, or `EXACT~SHAPE~COUNT~SLOTS` where it holds floats."""
        exact = self.exact or self._exact.hexdigest()[:16]
        if not self._floats:
            return exact
        slots = b64encode(self._sums[: min(SLOTS, self._floats)].tobytes()).decode()
        return f"{exact}~{self._shape.hexdigest()[:16]}~{self._floats}~{slots}"

    def near(self, other: Summary) -> bool:
        """Whether all is equal, floats within RTOL; reports/run/answers.py says it of texts."""
        if not self._floats or self._shape.digest() != other._shape.digest():
            return False
        each = -(-self._floats // SLOTS)
        most = RTOL * (1 if each == 1 else 2 * each) + ROUNDING * each
        pairs = zip(self._sums, other._sums, strict=True)
        return all(abs(one - another) <= most for one, another in pairs)


def _unusual(number: float) -> bytes:
    return b"nan" if math.isnan(number) else b"0" if number == 0 else str(number).encode()


Place = tuple[str, ...]
Token = tuple[Place, Any]


def _tokens(value: Any, place: Place) -> Iterator[Token]:
    """What a value holds, piece by piece, each with its place: `("['a']", "[0]")`.

    Raises Incomparable of a value that has no `==` of its own, or does not pickle.
    """
    if isinstance(value, (int, str, type(None))):
        yield place, json.dumps(value)
    elif isinstance(value, float):
        yield place, value
    elif isinstance(value, complex):
        yield place, "complex"
        yield (*place, ".real"), value.real
        yield (*place, ".imag"), value.imag
    elif isinstance(value, (bytes, bytearray, memoryview)):
        yield place, b"bytes " + bytes(value)
    elif isinstance(value, (list, tuple)):
        yield place, f"list {len(value)}"
        for i, one in enumerate(value):
            yield from _tokens(one, (*place, f"[{i}]"))
    elif isinstance(value, Mapping):
        yield place, f"dict {len(value)}"
        for key in sorted(value, key=_order):
            yield place, _order(key)
            yield from _tokens(value[key], (*place, f"[{key!r}]"))
    elif isinstance(value, (set, frozenset)):
        yield place, f"set {len(value)}"
        yield from ((place, one) for one in sorted(map(_order, value)))
    elif hasattr(value, "dtype"):
        yield from _of_numpy(value, place)
    elif hasattr(type(value), "__members__"):  # of an enum
        yield place, f"{_name(value)}.{value.name}"
    elif isinstance(value, BaseException):
        yield place, _name(value)
        yield from _tokens(value.args, (*place, ".args"))
    else:
        yield from _of_object(value, place)


def _order(key: Any) -> str:
    """What sorts keys and members the same everywhere, and tells them apart."""
    holds = Summary()
    for _, token in _tokens(key, ()):
        holds.add(token)
    return exactly(holds.text)


def _of_numpy(value: Any, place: Place) -> Iterator[Token]:
    """An array or scalar of numpy, or what becomes one, such as a column of pandas."""
    import numpy as np

    if type(value).__module__.partition(".")[0] != "numpy":
        yield place, _name(value)
        yield from _tokens(list(getattr(value, "index", ())), (*place, ".index"))
    numbers = np.asarray(value)
    if numbers.ndim == 0 and numbers.dtype.kind != "V":
        yield from _tokens(numbers.item(), place)
        return
    yield place, f"array {numbers.dtype.str} {numbers.shape}"
    if numbers.dtype.kind == "c":
        numbers = np.stack([numbers.real, numbers.imag])
    if numbers.dtype.kind == "f":
        yield place, numbers
    elif numbers.dtype.kind == "O":
        yield from _tokens(numbers.tolist(), place)
    else:
        yield place, numbers.tobytes()


def _of_object(value: Any, place: Place) -> Iterator[Token]:
    """Whatever else has an `==` of its own: by its fields, or by what pickle keeps of it."""
    kind, name = type(value), _name(value)
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):  # a frame of pandas
        yield place, f"{name} {list(value.columns)} {list(getattr(value, 'index', ()))}"
        for column in value.columns:
            yield from _tokens(value[column].to_numpy(), (*place, f"[{column!r}]"))
        return
    fields = getattr(kind, "__dataclass_fields__", None)
    inherited = {name for one in kind.__mro__[:-1] for name in vars(one)}
    if callable(value) or ("__eq__" not in inherited and not fields):
        raise Incomparable(_incomparable(value))
    yield place, name
    if fields:
        for one in (one for one in fields.values() if one.compare):
            yield from _tokens(getattr(value, one.name), (*place, f".{one.name}"))
        return
    try:
        special: Any = copyreg.dispatch_table.get(kind)  # of patterns, say
        reduced: Any = special(value) if special else value.__reduce_ex__(4)
        make, args, *rest = reduced
    except Exception as error:
        raise Incomparable(f"{_incomparable(value)} ({type(error).__name__}: {error})") from None
    yield place, getattr(make, "__qualname__", str(make))
    # Classes by name, not as what they are in this process.
    args = [one.__qualname__ if isinstance(one, type) else one for one in args]
    state, items, pairs = [*rest, None, None, None][:3]
    yield from _tokens([args, state, list(items or ()), list(pairs or ())], place)


def _incomparable(value: Any) -> str:
    name = _name(value)
    if name == "coroutine":
        return "a coroutine that nobody awaited: an async call needs aopen"
    if name == "async_generator":
        return "an async generator that nobody ran: make it `async def` with a return, and no yield"
    article = "an" if name[:1].lower() in tuple("aeiou") else "a"
    return (
        f"{article} {name}, which cannot be compared: return what it holds, or make that of it in "
        "a function normal(result) beside the work"
    )


def _name(value: Any) -> str:
    return type(value).__qualname__.rpartition(".")[2]


Places = list[tuple[int, str, str]]
"""Task, the place in its result, and what is there."""


def places(results: Sequence[Plain], normal: Normal | None = None) -> Places:
    """The first that the results of a batch hold, to find where another parts from it."""
    return list(islice(_places(results, normal), PLACES))


def _places(results: Sequence[Plain], normal: Normal | None) -> Iterator[tuple[int, str, str]]:
    for i, result in enumerate(results):
        for place, token in _tokens(normal(result) if normal else result, ()):
            if hasattr(token, "tolist"):
                numbers = token.ravel()[:PLACES].tolist()
                yield from ((i, f"{''.join(place)}[{n}]", repr(x)) for n, x in enumerate(numbers))
            else:
                yield i, "".join(place), _words(token)


def _words(token: Any) -> str:
    text = token if isinstance(token, str) else repr(token)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def parting(first: Places, later: Places, exact: bool = False) -> str:
    """`task 0: [0]['a'] is 0.13, then 0.84`, of the first place where two batches part, or nothing.

    Floats that differ in their last digits alone are no difference, unless it is to be `exact`.
    """
    for (i, place, one), (j, there, other) in zip(first, later, strict=False):
        if (i, place) != (j, there):
            return f"task {min(i, j)}: its result has another form"
        if one != other and (exact or not _close(one, other)):
            return f"task {i}: {place or 'the result'} is {one}, then {other}"
    return ""


def _close(one: str, other: str) -> bool:
    try:
        return math.isclose(float(one), float(other), rel_tol=RTOL)
    except ValueError:
        return False


def shown(results: Sequence[Plain]) -> list[str]:
    """The first results, as a reader of a check may see them."""
    return [_short(one) for one in results[:SHOWN]]


def _short(result: Plain) -> str:
    try:
        return _words(json.dumps(result))
    except (TypeError, ValueError, RecursionError):
        return _words(repr(result))
