"""A strict reader of Go's benchmark format, as its published description has it.

https://golang.org/design/14313-benchmark-format: stricter than that, no line may be anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# unicode.IsSpace
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
FLOAT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Result:
    """One line; `units` is unit -> value, `name` without "Benchmark" and the number at its end."""

    name: str
    suffix: int
    iterations: int
    units: dict[str, float]
    configuration: dict[str, str]


def parsed(text: str) -> list[Result]:
    """The results in order; ValueError names a line that the format does not have."""
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    found, configuration = [], {}
    for line in text[:-1].split("\n"):
        if re.match(r"Benchmark", line):
            found.append(_result(line, dict(configuration)))
        elif line:
            key, value = _configured(line)
            configuration[key] = value
    return found


def _configured(line: str) -> tuple[str, str]:
    match = re.fullmatch(rf"([^{SPACE}:]+):[ \t]+(.*)", line)
    if match is None:
        raise ValueError(f"neither configuration nor result: {line!r}")
    key, value = match.groups()
    if not key[0].islower() or key != key.lower():
        raise ValueError(f"a key begins with a small letter and has no capital: {line!r}")
    return key, value


def _result(line: str, configuration: dict[str, str]) -> Result:
    fields = [field for field in re.split(f"[{SPACE}]+", line) if field]
    if len(fields) < 4 or len(fields) % 2:
        raise ValueError(f"not an even number of fields: {line!r}")
    name, iterations, *pairs = fields
    match = re.fullmatch(r"Benchmark(.*)-(\d+)", name)
    if match is None or not match[1][0].isupper():
        raise ValueError(f"no capital after Benchmark: {line!r}")
    if not iterations.isascii() or not iterations.isdecimal() or int(iterations) < 1:
        raise ValueError(f"no iterations: {line!r}")
    if not all(FLOAT.fullmatch(value) for value in pairs[::2]):
        raise ValueError(f"no number: {line!r}")
    units = {unit: float(value) for value, unit in zip(pairs[::2], pairs[1::2], strict=True)}
    return Result(match[1], int(match[2]), int(iterations), units, configuration)
