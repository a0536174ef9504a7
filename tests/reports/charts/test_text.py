from __future__ import annotations

import pytest

from concbench.reports.charts import sheet, style


def test_width_is_what_matplotlib_draws() -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    for bold in (False, True):
        font = FontProperties(family=["DejaVu Sans"], size=12, weight="bold" if bold else "normal")
        for text in ("asyncio+processpool", "15.5x [15.2, 15.8]", "The limit"):
            wide, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
            assert style.width(text, 12, bold) * 72 == pytest.approx(wide, rel=0.03)


@pytest.mark.parametrize(
    "text",
    ["", "one", "a b  c", "asyncio+processpool[workers=4] and others", "x" * 300, "84 % of it"],
)
@pytest.mark.parametrize("inches", [0.1, 0.5, 1.0, 3.0])
def test_folding_loses_nothing_and_keeps_to_the_width(text: str, inches: float) -> None:
    lines = style.fold(text, inches, 10)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(style.width(line, 10) <= inches or len(line) == 1 for line in lines)


def test_a_line_ends_between_words_then_between_parts_of_a_name() -> None:
    wide = style.width("asyncio+processpool", 10) + 0.01
    assert style.fold("with asyncio+processpool here", wide, 10) == [
        "with",
        "asyncio+processpool",
        "here",
    ]
    assert style.fold("asyncio+processpool[workers=4]", wide, 10) == [
        "asyncio+processpool",
        "[workers=4]",
    ]


def test_what_stands_in_brackets_stays_together_where_it_fits() -> None:
    name = "asyncio+to_thread[chunk=2,workers=16]"
    assert style.fold(name, style.width("asyncio+to_thread[chunk=2,", 10) + 0.01, 10) == [
        "asyncio+to_thread",
        "[chunk=2,workers=16]",
    ]
    assert style.fold(name, style.width("workers=16]", 10) + 0.01, 10)[-2:] == [
        "[chunk=2,",
        "workers=16]",
    ]


def test_a_unit_stays_with_its_number() -> None:
    room = style.width("threading 10.8", 10) + 0.01
    assert style.fold("threading 10.8 ms of 12 strategies", room, 10) == [
        "threading",
        "10.8 ms of 12",
        "strategies",
    ]
    room = style.width("reaches 84", 10) + 0.01
    assert style.fold("reaches 84 % of it", room, 10)[:2] == ["reaches", "84 % of it"]


def test_labels_keep_their_order_and_lie_apart() -> None:
    heights = [0.2, 0.4, 0.2]
    places = sheet.apart([0.5, 0.5, 0.45], heights, 1.0)
    assert places[2] < places[0] < places[1]
    assert places[0] - places[2] >= 0.2 - 1e-9 and places[1] - places[0] >= 0.3 - 1e-9
    assert sheet.apart([0.1, 0.9], [0.2, 0.2], 1.0) == pytest.approx([0.1, 0.9])
    assert max(sheet.apart([0.95, 0.96, 0.97], heights, 1.0)) + 0.1 <= 1.0 + 1e-9
