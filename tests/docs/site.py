"""The documentation's own modules for tests, and the site, built once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.append(str(DOCS / "ext"))


def pages() -> list[Path]:
    """What a reader reads: the README and every page, in English."""
    there = (path for path in DOCS.rglob("*.md") if "runs" not in path.parts)
    return [ROOT / "README.md", *sorted(there)]


def built(target: Path) -> Path:
    """Build the site in both languages, as `nox -s docs` does, and its templates; the folder."""
    code = (
        f"import sys; sys.path.insert(0, {str(DOCS)!r}); from pathlib import Path; import build\n"
        f"build.build(Path({str(target)!r}))\n"
        f"build.templates(Path({str(target.parent / 'gettext')!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    return target
