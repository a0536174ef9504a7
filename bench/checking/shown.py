"""What a check leaves: answers on the terminal, in the run's folder, and where CI wants them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..command_line.reporting import (
    check_file,
    console,
    read,
    short,
    summaries,
    written,
    written_report,
)
from ..errors import UsageError

if TYPE_CHECKING:
    from reports.gate.checked import Checked

FORMATS = ("junit", "md", "json", "github")


def targets(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Format and file of each `FORMAT:FILE`, and of the summary of GitHub's step.

    Raises UsageError for a format that there is not and a file that cannot be written.
    """
    found = []
    for text in texts:
        form, _, file = text.partition(":")
        if form not in FORMATS:
            raise UsageError(f"no format '{form}' of a check (there are: {', '.join(FORMATS)})")
        found.append((form, file or "-"))
    found += [("github", file) for file in summaries()]
    for _, file in found:
        check_file(file)
    return found


def finished(
    checked: Checked, folder: Path, wanted: Sequence[tuple[str, str]], *, report: bool
) -> None:
    """Store it first, then print it, then write the page and the targets that are wanted."""
    from reports.gate import checked as stored
    from reports.gate import github, terminal

    try:
        (folder / stored.FILE).write_text(stored.document(checked), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {folder / stored.FILE}: {error.strerror}") from None
    for line in terminal.lines(checked, console().width):
        print(line)
    print(f"\nsaved: {short(folder)}")
    if report:
        written_report([read(folder)])
    for form, file in wanted:
        written(rendered(checked, form), form, file)
    if os.environ.get("GITHUB_ACTIONS"):
        for line in github.annotations(checked):
            print(line)


def rendered(checked: Checked, form: str) -> str:
    """The check in another format."""
    from reports.gate import checked as stored
    from reports.gate import junit, markdown

    if form == "junit":
        return junit.document(checked)
    if form == "json":
        return stored.document(checked)
    # Another step may have left the summary without an end of line.
    gap = "\n" if form == "github" else ""
    return f"{gap}{markdown.document(checked)}"
