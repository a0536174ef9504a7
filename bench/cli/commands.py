"""The commands: they read options, print, exit; everything else is done elsewhere.

Each command is a module, which imports at its top only what help and completion need: they must
answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

# Modules, never the commands in them: a function `run` here would hide the module `run`.
from . import behaviour, check, doctor, lessons, listing, options, stored, trace
from . import run as running
from .exit import ending


class Measuring(TyperCommand):
    """A command of options alone, which says what was meant by a word that stands by itself."""

    allow_extra_args = True

    def invoke(self, ctx: Any) -> Any:
        if ctx.args:
            with ending():
                options.refuse(ctx.info_name, ctx.args[0])
        return super().invoke(ctx)


app = typer.Typer(
    name="concbench",
    help="Threads, processes or asyncio? Measure the same work under every concurrency model.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def run(words: Sequence[str]) -> None:
    """Run the command of a command line; SystemExit has its code."""
    app(args=_with_default(list(words), "--resume", "latest"))


def _with_default(words: list[str], option: str, value: str) -> list[str]:
    """`--resume` alone means the latest run: Typer knows no option whose value may be left out."""
    where = [at for at, word in enumerate(words) if word == option]
    for at in reversed(where):
        if at + 1 == len(words) or words[at + 1].startswith("-"):
            words = [*words[: at + 1], value, *words[at + 1 :]]
    return words


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"concbench {version('concbench')}")
        raise typer.Exit


@app.callback()
def concbench(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command(cls=Measuring)(running.run)
app.command(name="list")(listing.list_)
app.command()(listing.init)
app.command()(listing.explain)
for reader in (stored.show, stored.report, stored.export, stored.compare, stored.history):
    app.command()(reader)
for measuring in (check.check, doctor.doctor):
    app.command(cls=Measuring)(measuring)
for command in (trace.trace, behaviour.behaviour, lessons.lessons):
    app.command()(command)
