from __future__ import annotations

import pytest

from reports.charts import words


def test_width_is_what_matplotlib_draws() -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    for bold in (False, True):
        font = FontProperties(family=["DejaVu Sans"], size=12, weight="bold" if bold else "normal")
        for text in ("asyncio+processpool", "15.5x [15.2, 15.8]", "The limit"):
            wide, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
            assert words.width(text, 12, bold) * 72 == pytest.approx(wide, rel=0.03)


@pytest.mark.parametrize(
    "text",
    ["", "one", "a b  c", "asyncio+processpool[workers=4] and others", "x" * 300, "84 % of it"],
)
@pytest.mark.parametrize("inches", [0.1, 0.5, 1.0, 3.0])
def test_folding_loses_nothing_and_keeps_to_the_width(text: str, inches: float) -> None:
    lines = words.folded(text, inches, 10)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(words.width(line, 10) <= inches or len(line) == 1 for line in lines)


def test_a_line_ends_between_words_then_between_parts_of_a_name() -> None:
    wide = words.width("asyncio+processpool", 10) + 0.01
    assert words.folded("with asyncio+processpool here", wide, 10) == [
        "with",
        "asyncio+processpool",
        "here",
    ]
    assert words.folded("asyncio+processpool[workers=4]", wide, 10) == [
        "asyncio+processpool",
        "[workers=4]",
    ]


def test_a_per_cent_sign_stays_with_its_number() -> None:
    room = words.width("reaches 84", 10) + 0.01
    assert words.folded("reaches 84 % of it", room, 10)[:2] == ["reaches", "84 % of it"]


def test_signs_without_a_glyph_get_stand_ins_that_lead_back() -> None:
    text = "a \N{ROCKET} \N{BRAILLE PATTERN DOTS-1} \N{SNAKE}\N{ROCKET}"
    signs = words.stand_ins([text])
    assert {*signs} == {"\N{ROCKET}", "\N{SNAKE}"}
    assert "\N{BRAILLE PATTERN DOTS-1}" not in signs.values()
    drawn = words.translated(text, signs)
    back = {stand_in: sign for sign, stand_in in signs.items()}
    assert words.translated(drawn, back) == text


def test_more_such_signs_than_stand_ins_are_shown_as_absent() -> None:
    signs = words.stand_ins(map(chr, range(0x4E00, 0x4E00 + 400)))
    assert len({*signs.values()} - {words.ABSENT}) == 255
    assert signs[chr(0x4E00 + 399)] == words.ABSENT


def test_labels_keep_their_order_and_lie_apart() -> None:
    heights = [0.2, 0.4, 0.2]
    found = words.apart([0.5, 0.5, 0.45], heights, 1.0)
    assert found[2] < found[0] < found[1]
    assert found[0] - found[2] >= 0.2 - 1e-9 and found[1] - found[0] >= 0.3 - 1e-9
    assert words.apart([0.1, 0.9], [0.2, 0.2], 1.0) == pytest.approx([0.1, 0.9])
    assert max(words.apart([0.95, 0.96, 0.97], heights, 1.0)) + 0.1 <= 1.0 + 1e-9
