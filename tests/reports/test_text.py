"""Text of others is legible, of bounded length, and the rest of it is where the text says."""

from __future__ import annotations

import json

import pytest

from concbench.reports import numbers, text
from concbench.reports.errors import DamagedRun, validate
from concbench.reports.run import notes
from concbench.reports.run.schema import Failure

HOSTILE = "caf\udce9 \x1b[31mred\x00 back\x9b"
ESCAPED = r"caf\udce9 \x1b[31mred\x00 back\x9b"


def test_control_characters_and_half_ones_are_escaped_and_lines_stay():
    assert text.legible(HOSTILE) == ESCAPED
    assert text.legible("a\tb\nc é ✓ 🐍") == "a\tb\nc é ✓ 🐍"
    assert text.all_legible({HOSTILE: [HOSTILE, 1, None, (True,)]}) == {
        ESCAPED: [ESCAPED, 1, None, [True]]
    }


@pytest.mark.parametrize("length", [1001, 5000, 10**6])
@pytest.mark.parametrize("where", ["", "messages/0123456789abcdef.txt"])
def test_a_long_text_has_its_begin_its_end_and_its_length(length, where):
    long = "b" + "x" * (length - 2) + "e"
    cut = text.shortened(long, 1000, where)
    assert len(cut) <= 1000
    assert (cut[0], cut[-1]) == ("b", "e")
    assert f"{length:,} characters" in cut
    assert where in cut
    assert text.shortened(cut, 1000, where) == cut


def test_a_text_that_fits_is_as_it_was():
    assert text.shortened("x" * 1000, 1000) == "x" * 1000


def test_what_is_drawn_is_never_long():
    assert len(numbers.printable("\x1b" * 10**6, "utf-8")) < 10_000


@pytest.mark.parametrize("sign", [chr(n) for n in (0, 7, 8, 12, 13, 27, 127, 0x9B, 0xDCE9)])
def test_no_sign_that_a_terminal_obeys_is_read_from_a_file(sign, tmp_path):
    document = {"round": 0, "cell": 0, "kind": "error", "message": f"a{sign}b"}
    message = validate(document, Failure, tmp_path).message
    assert message == f"a{ascii(sign)[1:-1]}b"
    assert message.isprintable()
    stored = json.dumps([{"code": "text", "text": f"a{sign}b"}])
    assert notes.parse(stored)[0].text == message


def test_what_is_nested_too_deep_is_damage(tmp_path):
    nested: dict = {}
    for _ in range(100_000):
        nested = {"a": nested}
    with pytest.raises(DamagedRun, match="nested too deep"):
        validate({"round": 0, "cell": 0, "kind": "error", "message": nested}, Failure, tmp_path)
