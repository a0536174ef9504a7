"""The options of a run: command line over environment over file over default."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from concbench.reports.files import LIMIT
from concbench.reports.run import keys

from ..errors import UsageError, alternatives, suggestion
from . import MOST, limits, ownership

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "": 1.0}
PROBES = ("memory", "latency", "lag", "trace")
DEFAULT_PROBES = PROBES[:3]
ALL, NONE = "all", "none"


def duration(given: object) -> object:
    """Seconds from `60s`, `10m`, `1h`, `500ms` or a bare number."""
    if not isinstance(given, str):
        return number(given)
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", given)
    if not match or match[2] not in UNITS:
        raise ValueError("a duration such as 60s, 10m or 1h")
    return float(match[1]) * UNITS[match[2]]


def several(given: object) -> object:
    """A text as a list of one."""
    return (given,) if isinstance(given, str) else given


def number(given: object) -> object:
    """Refuses a truth value, which pydantic would take as a number."""
    if isinstance(given, bool):
        raise ValueError("a number")
    return given


def share(given: object) -> object:
    """0.05 from `5%` or a bare 0.05."""
    if not isinstance(given, str):
        return number(given)
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*", given)
    if not match:
        raise ValueError(RANGES["margin"])
    return float(match[1]) / (100 if match[2] else 1)


def probes(given: object) -> object:
    """Probes, each once and in our order, from names that commas may separate.

    `none` stays a name: an empty list is an option that was left out.
    """
    texts = several(given)
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise ValueError(_PROBES)
    names = {name.strip() for text in texts for name in text.split(",")} - {""}
    for name in sorted(names - {*PROBES, ALL, NONE}):
        if hint := suggestion(name, [*PROBES, ALL, NONE]):
            raise ValueError(f"{_PROBES} ({name}{hint})")
    if not names or not names <= {*PROBES, ALL, NONE} or (NONE in names and len(names) > 1):
        raise ValueError(_PROBES)
    if NONE in names:
        return (NONE,)
    return tuple(name for name in PROBES if name in names or ALL in names)


_PROBES = f"some of {', '.join(PROBES)}, or {ALL}, or {NONE}"


def thresholds(given: object, about: ValidationInfo) -> object:
    """Refuses what no check could mean, here already: where the key and its file are known."""
    texts = several(given)
    if isinstance(texts, (list, tuple)) and all(isinstance(text, str) for text in texts):
        from concbench.reports.gate.thresholds import parse  # of no use to a run without a gate

        parse(*(((), texts) if about.field_name == "require" else (texts,)))
    return texts


Number = Annotated[int, BeforeValidator(number)]
Seconds = Annotated[float, BeforeValidator(duration)]
Share = Annotated[float, BeforeValidator(share)]
Texts = Annotated[tuple[str, ...], BeforeValidator(several)]
Probes = Annotated[tuple[str, ...], BeforeValidator(probes)]
Limits = Annotated[tuple[str, ...], BeforeValidator(thresholds)]


def wanted(key: str, error: Any) -> str:
    """What an option must be, by the error that pydantic raised for its value."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return RANGES[key]
    return KINDS.get(error["type"].partition("_")[0], str(error["msg"]))


RANGES = {
    **{key: limits(key) for key in MOST},
    "budget": "between 1s and 24h",
    "rounds": "between 1 and 100,000",
    "timeout": "above 0 and at most 24h",
    "margin": "between 0.1% and 50%",
    "seed": "between 0 and 2**64 - 1",
}
KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number of seconds, or a duration such as 60s",
    "string": "a text",
    "tuple": "a list of texts",
    "literal": "fork, spawn or forkserver",
    "path": "a path",
    "model": "a table",
    "finite": "a finite number",
}

FILE = "concbench.toml"
PREFIX = "CONCBENCH_"
LISTS = ("workload", "strategy", "param", "side", "probe")
BUDGET = 60.0
FOREVER = 10.0 * 365 * 24 * 3600


class Gate(BaseModel):
    """What a check compares with, and what fails it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    against: str = ""
    baseline: str = ""
    fail_on: Limits = ()
    require: Limits = ()
    relative: bool = False


class Settings(BaseModel):
    """What to measure, how long, and where to keep it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    workload: Texts = ()
    strategy: Texts = ()
    param: Texts = ()
    inputs: str | None = None
    tasks: Annotated[Number, Field(ge=1, le=MOST["tasks"])] | None = None
    workers: Annotated[Number, Field(ge=1, le=MOST["workers"])] | None = None
    start: Literal["fork", "spawn", "forkserver"] | None = None
    budget: Annotated[Seconds, Field(ge=1, le=86_400)] | None = None
    rounds: Annotated[Number, Field(ge=1, le=100_000)] | None = None
    timeout: Annotated[Seconds, Field(gt=0, le=86_400)] | None = None
    seed: Annotated[Number, Field(ge=0, lt=2**64)] | None = None
    reference: str = "sequential"
    margin: Annotated[Share, Field(ge=0.001, le=0.5)] = keys.MARGIN
    side: Texts = ()
    probe: Probes = DEFAULT_PROBES
    raw: bool = False
    strict: bool = False
    exact: bool = False
    warm: bool = False
    gate: Gate = Gate()
    results: Path = Path(".concbench")

    @property
    def seconds(self) -> float:
        """The budget; without one, rounds take the time they need."""
        return self.budgeted or FOREVER

    @property
    def budgeted(self) -> float | None:
        """The budget of the rounds; None where they take the time they need."""
        return self.budget or (None if self.rounds else BUDGET)

    @property
    def probes(self) -> list[str]:
        """The probes asked for; empty with `none`."""
        return [name for name in self.probe if name != NONE]


GOES_ON_WITH = ("budget", "rounds", "timeout", "probe", "raw", "strict", "results")
"""What a run that goes on may be given anew: how long, what is looked at afterwards, and where."""


@dataclass(frozen=True)
class Source:
    """Where options stand, and how an error names one of them there."""

    values: Mapping[str, object]
    form: str
    gate: str = ""
    """The same of an option of the gate."""

    def named(self, key: str) -> str:
        return self.form.format(key=key, KEY=key.upper())


def resolve(given: Mapping[str, object], folder: Path | None = None) -> Settings:
    """The settings of a command line in a folder (the working directory).

    `given` holds what the command line says, without what it leaves out.  Raises UsageError that
    names option, place, value and what is accepted.
    """
    flags = {key: value for key, value in given.items() if value not in (None, (), [])}
    sources = [_file(folder or Path.cwd()), _environment(), Source(flags, "--{key}")]
    known = list(Settings.model_fields)
    merged: dict[str, object] = {}
    for source in sources:
        for key in source.values:
            if key not in known:
                raise UsageError(f"{source.named(key)} is not an option{alternatives(key, known)}")
        merged |= source.values
    try:
        settings = Settings(**merged)  # type: ignore[arg-type]  # pydantic checks what they are
    except ValidationError as error:
        raise UsageError(_message(error, sources)) from None
    _check_raw(settings)
    return settings


def resumed(
    name: str, stored: Mapping[str, object], given: Mapping[str, object], results: Path
) -> Settings:
    """The settings that a run of this name was started with, with more time where that is given.

    `given` holds what the command line says.  Raises UsageError that names what it says otherwise.
    """
    flags = {key: value for key, value in given.items() if value not in (None, (), [])}
    try:
        before = Settings(**{**stored, "results": results})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{name} has settings that are invalid here: {first['msg']}") from None
    try:
        now = Settings(**{**before.model_dump(), **flags, "results": results})
    except ValidationError as error:
        raise UsageError(_message(error, [Source(flags, "--{key}")])) from None
    others = [key for key in flags if key not in GOES_ON_WITH]
    check_same(name, [(key, getattr(before, key), getattr(now, key)) for key in others])
    _check_raw(now)
    return now


def check_same(name: str, options: Iterable[tuple[str, object, object]]) -> None:
    """Raise UsageError that names each option whose value is another than the run has."""
    wrong = [
        f"--{key.replace('_', '-')} {_shown(now)} (it has {_shown(before) or 'none'})"
        for key, before, now in options
        if before != now
    ]
    if wrong:
        raise UsageError(
            f"{name} resumes with the options it was started with, not {', '.join(wrong)}:\n"
            "  leave that out, or measure again without --resume"
        )


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(repr, value))
    return "" if value in (None, "") else f"{value}"


def _check_raw(settings: Settings) -> None:
    if settings.raw and "latency" not in settings.probe:
        raise UsageError("--raw stores what the probe latency measures: add --probe latency")


def _environment() -> Source:
    values: dict[str, Any] = {
        key.removeprefix(PREFIX).lower(): value
        for key, value in os.environ.items()
        # Set to nothing is not set; what reports read is no option.
        if key.startswith(PREFIX) and value and key != LIMIT
    }
    for key in values.keys() & set(LISTS):
        try:
            values[key] = shlex.split(values[key])
        except ValueError as error:  # a quote that is not closed
            raise UsageError(f"{PREFIX}{key.upper()} in the environment: {error}") from None
    return Source(values, PREFIX + "{KEY} in the environment")


def _file(folder: Path) -> Source:
    for place in ownership.above(folder):
        own, shared = place / FILE, place / "pyproject.toml"
        table = _shared(shared) if shared.is_file() else None
        if own.is_file() and table is not None:
            raise UsageError(f"both {own} and [tool.concbench] of {shared} have options: keep one")
        if own.is_file():
            values = _placed(table_of(own), place)
            return Source(values, f"'{{key}}' in {own}", f"'{{key}}' in [gate] of {own}")
        if shared.is_file():
            tables = ("tool.concbench", "tool.concbench.gate")
            forms = [f"'{{key}}' in [{one}] of {shared}" for one in tables]
            return Source(_placed(table or {}, place), *forms)
    return Source({}, "")


def _placed(table: Mapping[str, Any], place: Path) -> dict[str, Any]:
    """The options of a file in `place`, to which its paths are relative."""
    options = dict(table)
    for key in ("workload", "strategy"):
        texts = several(table.get(key))
        if isinstance(texts, (list, tuple)):
            options[key] = [_from(place, text) if isinstance(text, str) else text for text in texts]
    for key in ("results", "inputs"):
        if isinstance(table.get(key), str):
            options[key] = str(place / table[key])
    return options


def _from(place: Path, text: str) -> str:
    return re.sub(r"^(!?)([^:\[]+\.py:)", lambda match: f"{match[1]}{place / match[2]}", text)


def _shared(path: Path) -> dict[str, Any] | None:
    """[tool.concbench] of a pyproject.toml, if it has one."""
    tool = table_of(path).get("tool", {})
    table = tool.get("concbench") if isinstance(tool, dict) else None
    if isinstance(table, dict | None):
        return table
    raise UsageError(f"'concbench' in [tool] of {path} must be a table, not {table!r}")


def table_of(path: Path) -> dict[str, Any]:
    """What a TOML file holds; UsageError when it cannot be read."""
    try:
        ownership.check(path)
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None


def _message(error: ValidationError, sources: Iterable[Source]) -> str:
    first = error.errors()[0]
    key = str(first["loc"][0])
    source = [source for source in sources if key in source.values][-1]
    if len(first["loc"]) > 1 and key == "gate" and source.gate:
        return _gate_message(str(first["loc"][1]), first, source)
    return f"{source.named(key)} must be {wanted(key, first)}, not {source.values[key]!r}"


def _gate_message(key: str, error: Any, source: Source) -> str:
    place, table = source.gate.format(key=key), source.values["gate"]
    if error["type"] == "extra_forbidden":
        return f"{place} is not an option{alternatives(key, Gate.model_fields)}"
    if error["type"] == "value_error":  # which quotes the text
        return f"{place}: {wanted(key, error)}"
    value = table.get(key) if isinstance(table, dict) else table
    return f"{place} must be {wanted(key, error)}, not {value!r}"
