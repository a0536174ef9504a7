from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import concbench
from concbench import reports
from concbench.reports.run import notes
from concbench.reports.run.notes import FIGURES, WORDS, Note

_COUNTS = ("tasks", "workers", "measured", "bound", "low", "rounds", "times", "comparisons")
VALUES = {
    **dict.fromkeys(_COUNTS, 1600),
    "achieved": 6.2,
    "seconds": 0.233,
    "hosts": "a, b",
    "text": "own words",
    "inputs": 3,
    "cpus": 1.9,
    "first": "726 ms",
    "later": "9.0 us",
    "client": "sqlite3",
    "module": "numpy._core",
    "usual": "requests 2.32.3",
    "things": "1 thread: Thread-3\n(work)",
}
PAGE = (Path(reports.__file__).parent / "SCHEMA.md").read_text()


@pytest.mark.parametrize("code", WORDS)
def test_each_code_has_words_and_a_sentence_with_all_values_filled_in(code: str) -> None:
    note = Note(code, VALUES)
    assert note.text and not re.search(r"[{}]", note.text + note.sentence)
    assert bool(note.sentence) == (code != notes.TEXT)


def test_words_are_no_other_codes_words() -> None:
    assert len({Note(code, VALUES).text for code in WORDS}) == len(WORDS)
    assert len({Note(code, VALUES).sentence for code in WORDS}) == len(WORDS)


@pytest.mark.parametrize("code", FIGURES)
def test_a_number_can_stand_by_itself(code: str) -> None:
    _, text = FIGURES[code]
    figure = Note(code, VALUES).figure
    assert figure and figure in Note(code, VALUES).text.replace("1,600 tasks", "1,600")
    assert not re.search(r"[{}]", figure + text) and not re.search(r"[{}]", WORDS[code][1])
    assert Note("blocks-loop").figure == ""


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (Note("late-loop", {"seconds": 0.233}), "blocked the event loop for up to 233 ms"),
        (Note("in-flight", {"tasks": 10_000, "workers": 16}), "10,000 in flight, not 16"),
        (Note("dask-workers", {"workers": 1, "hosts": "a"}), "1 Dask worker on a"),
        (Note("dask-workers", {"workers": 2, "hosts": "a"}), "2 Dask workers on a"),
        (
            Note("idle-workers", {"achieved": 3.26, "workers": 16}),
            "3.3 of 16 workers busy on average",
        ),
        (
            Note("idle-workers", {"achieved": 12.4, "workers": 16}),
            "12 of 16 workers busy on average",
        ),
        (
            Note("idle-workers", {"achieved": 6.02, "workers": 16}),
            "6 of 16 workers busy on average",
        ),
        (
            Note("idle-workers", {"achieved": float("nan"), "workers": 2}),
            "nan of 2 workers busy on average",
        ),
        (notes.own("{seconds} {0}"), "{seconds} {0}"),
    ],
)
def test_values_read_as_numbers_do_elsewhere(note: Note, text: str) -> None:
    assert note.text == text


@pytest.mark.parametrize(
    "note", [Note("mine", {"a": 1, "b": "c"}), Note("sampled", {"a": 1, "b": "c"})]
)
def test_an_unknown_code_or_one_without_its_values_is_shown_as_it_is(note: Note) -> None:
    assert (note.text, note.sentence) == (f"{note.code} a=1 b=c", "")


def test_notes_are_read_as_they_are_stored() -> None:
    stored = [{"code": "dask-workers", "workers": 2, "hosts": "a | b"}, "my own | words", 7]
    assert notes.parse(json.dumps(stored)) == (
        Note("dask-workers", {"workers": 2, "hosts": "a | b"}),
        notes.own("my own | words"),
        notes.own("7"),
    )
    assert notes.parse("") == ()


def test_the_english_notes_of_runs_of_before_become_codes() -> None:
    """As every version before the codes wrote them."""
    texts = {
        "blocks the loop": "blocks-loop",
        "own loop per lane": "own-loop-per-lane",
        "blocking calls in coroutines": "blocking-calls",
        "opens lanes within the batch": "lanes-within-batch",
        "own GIL per lane": "own-gil-per-lane",
        "all in one thread": "one-thread",
    }
    found = notes.parse(" | ".join([*texts, "2 Dask workers on 127.0.0.1", "[bold] {"]))
    assert [note.code for note in found] == [*texts.values(), "text", "text"]
    assert all(note.explained for note in found[:6]) and not found[7].explained


def test_the_codes_that_lanes_and_strategies_store_are_known_and_documented() -> None:
    folder = Path(concbench.__file__).parent
    places = ("worker/*.py", "lanes/*.py", "strategies/*.py")
    sources = [path for place in places for path in folder.glob(place)]
    stored = {
        code
        for path in sources
        for code in re.findall(r'\{"code": "([\w-]+)"', re.sub("`.*`", "", path.read_text()))
    }
    assert len(stored) == 17
    section = PAGE.split("## Notes\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)
    assert {*documented} == stored <= {*WORDS}
