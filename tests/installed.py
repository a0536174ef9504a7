"""The distribution of a third party, installed as pip installs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DISTRIBUTION = Path(__file__).parent / "distribution"
ALONE = ["--no-index", "--no-deps", "--no-build-isolation", "--no-compile"]
"""Nothing comes from a network: what builds it is installed here."""


def installed(site: Path) -> Path:
    """Install it into a folder of its own."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    words = [*pip, *ALONE, "--target", str(site), str(DISTRIBUTION)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return site
