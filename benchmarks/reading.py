"""What it costs to read the worst that a file may hold: 10 s of CPU and 500 MB, with exit 0 or 2.

Each file has just less than the limit of reports/files.py; the contents are what takes most memory
for its size, or the most work.  A benchmark measures: the exit code is 0 whether it is met or not,
but for an exit code that is an error of ours.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import madeup
from figures import show_rows

from concbench.processes.variables import environment
from concbench.reports import files

SECONDS, MEGABYTES = 10.0, 500.0
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
ROOM = 0.95
"""Of the limit."""
# A process counts what the one that started it had until then: this one has next to nothing.
PEAK = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
took = used.ru_utime + used.ru_stime
peak = used.ru_maxrss * 1024 / 1e6
print(json.dumps([code.returncode, took, peak, code.stderr.decode(errors="replace")[-200:]]))
"""
FILLINGS = {
    "empty lists": "[],",
    "empty objects": "{},",
    "small objects": '{"":0},',
    "numbers": "1e1,",
    "texts": '"\u00e9a",',
    "nested": "[[[[[[[[1]]]]]]]],",
}
"""What takes the most memory for its size."""


def filled(size: float, filling: str) -> str:
    """A list of so much as the limit has it."""
    data = filling.encode()
    counted = len(data) + sum(each * data.count(sign) for sign, each in files.WEIGHTS.items())
    return "[" + filling * int(size / counted) + "0]"


def run_of(results: Path, number: int = 1) -> Path:
    size = madeup.Size(cells=6, together=6, rounds=3, values=1)
    return madeup.write(results / "runs" / f"000{number}-20260101T00000{number}Z", size)


def within(path: Path, text: str) -> None:
    """Put a text into the object of a file, as one more key."""
    document = path.read_text()
    path.write_text(f'{document.rstrip()[:-1]}, "more": {text}}}')


def cases(bytes_: float) -> Iterator[tuple[str, Callable[[Path], list[str]]]]:
    """A name, and what makes the file in a folder and gives the words of a command."""
    for what, filling in FILLINGS.items():
        text, half = filled(bytes_, filling), filled(0.4 * bytes_, filling)
        for name, reader, filler in (
            ("run.json", ["show", "1"], half),
            ("samples.json", ["show", "1"], text),
            ("probes.json", ["show", "1"], half),
            ("samples.json", ["history"], text),
        ):

            def stuffed(
                folder: Path, name: str = name, reader: list[str] = reader, filler: str = filler
            ) -> list[str]:
                within(run_of(folder) / name, filler)
                return reader

            yield f"{name} of {what}, {reader[0]}", stuffed

        def alone(folder: Path, text: str = text) -> list[str]:
            (folder / "other.json").write_text(f'{{"results": {text}, "command": 1}}')
            return ["show", str(folder / "other.json")]

        yield f"another tool's of {what}", alone

        def asked(folder: Path, half: str = half) -> list[str]:
            run_of(folder)
            (folder / "behaviour.json").write_text(f'{{"schema": 1, "more": {half}}}')
            return ["report", "1"]

        yield f"behaviour.json of {what}", asked


def real(size: madeup.Size) -> Callable[[Path], list[str]]:
    def made(folder: Path) -> list[str]:
        path = madeup.write(folder / "runs" / "0001-20260101T000001Z", size)
        print(f"  samples.json: {(path / 'samples.json').stat().st_size / 1e6:.0f} MB")
        return ["show", "1"]

    return made


def many(count: int) -> Callable[[Path], list[str]]:
    """A file of so many benchmarks."""

    def made(folder: Path) -> list[str]:
        one = {"user": 0.1, "system": 0.1, "median": 0.3, "times": [0.3, 0.4]}
        results = [{"command": f"sleep {n}", **one} for n in range(count)]
        (folder / "other.json").write_text(json.dumps({"results": results}))
        return ["show", str(folder / "other.json")]

    return made


def measured(words: list[str], folder: Path) -> tuple[int, float, float, str]:
    command = [sys.executable, "-P", "-c", PEAK, *COMMAND, *words, "--results", str(folder)]
    done = subprocess.run(command, env=environment(), cwd=folder, capture_output=True, check=True)
    code, seconds, peak, said = json.loads(done.stdout)
    return code, seconds, peak, said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="", help="only those with this in their names")
    given = parser.parse_args()
    chosen = [*cases(ROOM * files.megabytes() * 1e6)]
    chosen += [(f"a run of {r} rounds", real(madeup.Size(100, 10, r, 1))) for r in (100, 500)]
    chosen += [(f"{count} benchmarks", many(count)) for count in (1000, 5000)]
    rows, broken = [], 0
    for name, make in chosen:
        if given.k not in name:
            continue
        with tempfile.TemporaryDirectory() as place:
            words = make(Path(place))
            code, seconds, peak, said = measured(words, Path(place))
        broken += code not in (0, 2)
        verdict = [f"exit {code}"] * (code not in (0, 2))
        verdict += [f"{seconds:.0f} s"] * (seconds > SECONDS) + [f"{peak:.0f} MB"] * (
            peak > MEGABYTES
        )
        rows.append((name, str(code), f"{seconds:.1f}", f"{peak:.0f}", ", ".join(verdict) or "met"))
        print(*rows[-1], said.strip().replace("\n", " ")[:100], sep=" | ", flush=True)
    show_rows("the worst files", ("file", "exit", "s", "MB", "10 s and 500 MB"), rows)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
