"""The edition in Traditional Chinese: its search, and the words of the theme itself."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import sphinx
from babel.messages.mofile import read_mo, write_mo
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage

from concbench.reports.files import write_whole

HAN = r"\u3400-\u9fff\uf900-\ufaff"
SPLIT = """
function splitQuery(query) {
  const words = query.match(/[A-Za-z0-9_+.-]+/g) || [];
  for (const run of query.match(/[\\u3400-\\u9fff\\uf900-\\ufaff]+/g) || []) {
    if (run.length === 1) words.push(run);
    for (let at = 0; at + 2 <= run.length; at++) words.push(run.slice(at, at + 2));
  }
  return words;
}
"""


class Pairs(SearchLanguage):
    """Words in Latin letters as they are, and of Chinese every pair of neighbours.

    Sphinx itself would need a dictionary (jieba), whose words are those of simplified Chinese.
    """

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = SPLIT
    stopwords: frozenset[str] = frozenset()

    def split(self, input: str) -> list[str]:
        """The words by which a text is found."""
        words = re.findall(r"[A-Za-z0-9_+.-]+", input)
        for run in re.findall(f"[{HAN}]+", input):
            words += [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]
        return words

    def word_filter(self, word: str) -> bool:
        return word not in self.stopwords

    def stem(self, word: str) -> str:
        return word.lower()


FURO = {
    "Next": "下一頁",
    "Previous": "上一頁",
    "On this page": "本頁內容",
    "Back to top": "回到頂端",
    "Made with ": "製作工具：",
}
"""What the theme says and Sphinx has no words for."""


def theme_words(folder: Path) -> Path:
    """A folder of catalogues with Sphinx's own words: it calls Traditional Chinese zh_TW."""
    place = folder / "zh_Hant" / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    own = Path(sphinx.__file__).parent / "locale" / "zh_TW" / "LC_MESSAGES" / "sphinx.mo"
    words, file = read_mo(BytesIO(own.read_bytes())), BytesIO()
    for english, chinese in FURO.items():
        words.add(english, chinese)
    write_mo(file, words)
    write_whole(place / "sphinx.mo", file.getvalue())  # both editions are built at once
    return folder


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the search."""
    app.add_search_language(Pairs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
