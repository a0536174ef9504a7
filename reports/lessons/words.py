"""What the course says in each of its languages, beside the words of the lessons themselves.

Chinese is Traditional Chinese as it is written in Taiwan.  Standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .. import numbers
from .judgement import ABSENT, FAILS, FEWEST, HOLDS, MOST_ROUNDS, UNKNOWN, Judgement

ENGLISH, CHINESE = "en", "zh-Hant"
LANGUAGES = (ENGLISH, CHINESE)

_ENGLISH = {
    HOLDS: "holds",
    FAILS: "does not hold",
    UNKNOWN: "cannot tell",
    ABSENT: "not checked",
    "failed": "failed",
    "title": "What tutorials claim of Python's concurrency, checked on this machine",
    "claimed": "claimed: {claimed}",
    "least": "holds from {least} on",
    "most": "holds up to {most}",
    "least most": "holds from {least} to {most}",
    "limit": "limit {limit}",
    "ratio": "{above} / {below}: {ratio} in {rounds} rounds",
    "all": "seen in all {rounds} rounds",
    "some": "seen in {agreeing} of {rounds} rounds",
    "none": "seen in none of {rounds} rounds",
    "but": ", but {other}",
    "on": "on {python}",
    "reach": "the interval reaches over {edges}",
    "more": "about {needed} rounds would tell: concbench lessons {name} --rounds {needed}",
    "no more": "if more rounds are like these, {most} of them would not tell",
    "few": "too few rounds to tell: concbench lessons {name} --rounds {needed}",
    "varies": "what else happens on this machine decides it",
    "odd": "a reading is zero or less, so there is no ratio",
    "beyond": "more than theory allows: an error of measuring, or other work than was claimed",
    "not checked here": "not checked here: {why}",
    "lesson failed": "this lesson failed: {message}",
    "lessons": "{count} lessons",
    "one lesson": "1 lesson",
    "claims": "{count} claims",
    "interrupted": "interrupted: {done} of {lessons} lessons are done",
    "here": "{python}, {gil}, {cpus} CPUs",
    "GIL on": "GIL on",
    "GIL off": "GIL off",
    "code": "the code that was run: concbench lessons NAME, or --html FILE",
    "the code": "The code that was run",
    "why": "Why",
    "scale": "Scale",
    "lesson": "lesson",
    "verdict": "verdict",
    "claim": "claim",
    "here it is": "on this machine",
    "with numbers": "{says} ({claimed})",
    "figure": "Each dot is a round, the line their median, a dashed one the limit in theory.",
    "rounds": "Each row is a claim, each square a round: filled where it was seen as claimed.",
    "intervals": "Ratios are taken round by round, all ways of a lesson in turn, and have 99 % "
    "intervals. A claim holds or does not hold where its whole interval, or every round, says so; "
    "else that cannot be told.",
    "footer": "Made by concbench. This page is one file: it loads nothing and works offline.",
    "skip": "Skip to the lessons",
    "contents": "Lessons",
    "colon": ": ",
    "separator": "; ",
    "comma": ", ",
    "stop": ". ",
}
_CHINESE = {
    HOLDS: "成立",
    FAILS: "不成立",
    UNKNOWN: "無法判定",
    ABSENT: "未檢驗",
    "failed": "失敗",
    "title": "教學文章對 Python 並行的說法，在這台機器上逐一檢驗",
    "claimed": "文章的數字：{claimed}",
    "least": "{least}以上算成立",
    "most": "{most}以下算成立",
    "least most": "{least}到 {most}之間算成立",
    "limit": "理論極限 {limit}",
    "ratio": "{above} / {below}：{rounds} 回合為 {ratio}",
    "all": "{rounds} 回合都是如此",
    "some": "{rounds} 回合中有 {agreeing} 回合如此",
    "none": "{rounds} 回合都不是如此",
    "but": "，而是 {other}",
    "on": "在 {python} 上",
    "reach": "信賴區間跨過 {edges}",
    "more": "大約 {needed} 回合可以判定：concbench lessons {name} --rounds {needed}",
    "no more": "如果其他回合也像這樣，{most} 回合也無法判定",
    "few": "回合太少，無法判定：concbench lessons {name} --rounds {needed}",
    "varies": "取決於這台機器上還發生了什麼事",
    "odd": "有量測值小於或等於零，算不出比值",
    "beyond": "超過理論極限：量測有誤，或做的不是文章所說的工作",
    "not checked here": "這裡無法檢驗：{why}",
    "lesson failed": "這一課執行失敗：{message}",
    "lessons": "{count} 課",
    "one lesson": "1 課",
    "claims": "{count} 項說法",
    "interrupted": "已中斷：{lessons} 課中完成了 {done} 課",
    "here": "{python}，{gil}，{cpus} 個 CPU",
    "GIL on": "有 GIL",
    "GIL off": "沒有 GIL",
    "code": "實際執行的程式碼：concbench lessons 課名，或 --html 檔案",
    "the code": "實際執行的程式碼",
    "why": "為什麼",
    "scale": "縮放",
    "lesson": "課",
    "verdict": "結果",
    "claim": "說法",
    "here it is": "在這台機器上",
    "with numbers": "{says}（{claimed}）",
    "figure": "每一點是一個回合，實線是中位數，虛線是理論極限。",
    "rounds": "每一列是一項說法，每一格是一個回合：填滿表示與說法相符。",
    "intervals": "比值逐回合計算，同一課的各種做法輪流執行，並附 99 % 信賴區間。整個區間或每一回合"
    "都一致，才說成立或不成立；否則就是無法判定。",
    "footer": "由 concbench 產生。這一頁只有一個檔案：不從別處載入任何東西，離線也能看。",
    "skip": "跳到課程",
    "contents": "課程",
    "colon": "：",
    "separator": "；",
    "comma": "，",
    "stop": "。",
}
TEXTS = {ENGLISH: _ENGLISH, CHINESE: _CHINESE}


def of_locale(variables: Mapping[str, str]) -> str:
    """The language of these variables of the environment: Chinese where it is the traditional."""
    locale = next(filter(None, map(variables.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    traditional = re.match(r"zh[_-](tw|hk|mo|hant)\b|zh[_-]hant", locale, re.IGNORECASE)
    return CHINESE if traditional else ENGLISH


def ratio(value: float, language: str) -> str:
    """`2.98x`, `2.98 倍`."""
    text = numbers.ratio(value)
    return text.replace("x", " 倍") if language == CHINESE else text


def sentence(
    claim: Mapping[str, Any], judged: Judgement, about: Mapping[str, str], language: str
) -> str:
    """What was measured of a claim, and what follows; `about` has the `name` and the `python`."""
    say, check = TEXTS[language], claim["check"]
    parts = [_seen(judged, say) if check["kind"] == "seen" else _ratio(check, judged, language)]
    if judged.outcome == UNKNOWN:
        parts.append(_doubt(check, judged, about["name"], language))
    if judged.outcome == FAILS:
        parts[0] = say["on"].format(**about) + say["colon"] + parts[0]
    text = say["separator"].join(filter(None, parts))
    more = judged.outcome == FAILS and claim["instead"]
    return f"{text}{say['stop']}{more[language]}" if more else text


def _seen(judged: Judgement, say: Mapping[str, str]) -> str:
    key = "all" if judged.agreeing == judged.rounds else "some" if judged.agreeing else "none"
    text = say[key].format(rounds=judged.rounds, agreeing=judged.agreeing)
    if key == "all" or isinstance(judged.other, bool):  # the other of two says nothing more
        return text
    return text + say["but"].format(other=json.dumps(judged.other, ensure_ascii=False))


def _ratio(check: Mapping[str, Any], judged: Judgement, language: str) -> str:
    if judged.estimate is None:
        return ""
    say = TEXTS[language]
    measured = numbers.interval(judged.estimate, judged.low, judged.high)
    if language == CHINESE:
        measured = measured.replace("x", " 倍", 1)
    given = [key for key in ("least", "most", "limit") if check[key] is not None]
    bounds = {key: ratio(check[key], language) for key in given}
    parts = [say["ratio"].format(**{**check, "ratio": measured, "rounds": judged.rounds})]
    parts.append(say[" ".join(key for key in given if key != "limit")].format(**bounds))
    parts += [say["limit"].format(**bounds)] if "limit" in bounds else []
    return say["comma"].join(parts)


def _doubt(check: Mapping[str, Any], judged: Judgement, name: str, language: str) -> str:
    say = TEXTS[language]
    if judged.beyond:
        return say["beyond"]
    if judged.rounds < FEWEST:
        return say["few"].format(name=name, needed=FEWEST)
    if check["kind"] == "seen":
        return say["varies"]
    if judged.estimate is None:
        return say["odd"]
    edges = [one for one in (check["least"], check["most"]) if one is not None]
    reached = [ratio(one, language) for one in edges if judged.low < one < judged.high]
    more = "more" if judged.needed else "no more"
    after = say[more].format(needed=judged.needed, name=name, most=MOST_ROUNDS)
    return say["separator"].join([say["reach"].format(edges=" / ".join(reached)), after])
