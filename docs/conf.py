"""The documentation, in two languages: `nox -s docs` builds it, `nox -s docs -- serve` shows it."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "ext"))

import lessons
from chinese import theme_words

lessons.write_stubs()

project = "concbench"
author = copyright = "The concbench authors"
version = release = installed("concbench")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    *("program", "outputs", "pages", "chinese"),
]
exclude_patterns = ["ext", "runs", "ci", "_*"]
nitpicky = False
default_role = "literal"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]
highlight_language = "text"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

locale_dirs = ["locale", str(theme_words(Path(__file__).parents[1] / "build" / "words"))]
gettext_compact = False
gettext_uuid = False
gettext_location = False

html_domain_indices = False
html_theme = "furo"
html_title = "concbench"
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_copy_source = html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
