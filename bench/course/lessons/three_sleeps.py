"""Three sleeps, awaited in turn and gathered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import SCALE, Claim, Ratio, Ways, Words

SECOND = 0.05


async def in_turn(*seconds):
    for each in seconds:
        await asyncio.sleep(each * SECOND)


async def gathered(*seconds):
    await asyncio.gather(*[asyncio.sleep(each * SECOND) for each in seconds])


@dataclass(frozen=True)
class ThreeSleeps:
    number: ClassVar = 3
    title: ClassVar = Words(
        en="Three sleeps, awaited in turn and gathered",
        zh="三次 sleep：依序 await 與用 gather 一起等",
    )
    why: ClassVar = Words(
        en="await waits for one thing to end before the next line runs. gather makes a task of "
        "each, so they wait at the same time, and the longest decides.",
        zh="await 會等一件事結束，才執行下一行。gather 把每一件都變成任務，讓它們同時等待，"
        "總時間由最久的那一個決定。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "gathered": Claim(
            Ratio("in_turn", "gathered", least=2.4, limit=3.0),
            Words(
                en="Gathered, three equal sleeps take as long as one.",
                zh="用 gather，三次一樣久的 sleep 只花一次的時間。",
            ),
            claimed="3.0 s, 1.0 s; 6 s, 2 s: 3x",
        ),
        "longest": Claim(
            Ratio("uneven_in_turn", "uneven_gathered", least=1.6, limit=2.0),
            Words(
                en="Sleeps of 1, 2 and 3 s take as long as the longest.",
                zh="1、2、3 秒的 sleep，只花最久那一次的時間。",
            ),
            claimed="6 s, 3 s: 2x",
        ),
    }

    def ways(self) -> Ways:
        return {
            "in_turn": partial(in_turn, 1, 1, 1),
            "gathered": partial(gathered, 1, 1, 1),
            "uneven_in_turn": partial(in_turn, 0.5, 1, 1.5),
            "uneven_gathered": partial(gathered, 0.5, 1, 1.5),
        }
