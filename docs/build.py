"""Build the site in both languages: `nox -s docs`.

`serve` shows it on 127.0.0.1, `update` brings the Chinese catalogues and what is made of them, the
words of lessons and the README's outputs up to date, `missing` says what is not translated.  Every
warning is an error, and so is a link that leads nowhere inside; links outside are listed in
links.txt and not fetched.
"""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "ext"))

import catalogues
import links

BUILT = DOCS.parent / "build" / "docs"
PORT = 8000


def build(target: Path) -> None:
    """English into the folder, Chinese below it; SystemExit if anything is wrong."""
    editions = {"en": target, catalogues.LANGUAGE: target / catalogues.LANGUAGE}
    started = {language: _sphinx("html", folder, language) for language, folder in editions.items()}
    failed = [language for language, one in started.items() if one.wait()]
    if failed:
        raise SystemExit(f"the site has warnings: {', '.join(failed)}")
    broken, outside = links.check(target)
    (target / "links.txt").write_text("".join(f"{one}\n" for one in outside), encoding="utf-8")
    if broken:
        raise SystemExit("links that lead nowhere:\n" + "\n".join(broken))


def templates(target: Path) -> Path:
    """The sentences of all pages, a file of templates for each."""
    if _sphinx("gettext", target, "en").wait():
        raise SystemExit("the site has warnings")
    return target


def _sphinx(builder: str, target: Path, language: str) -> subprocess.Popen[bytes]:
    doctrees = target.parent / f".doctrees-{builder}-{language}"
    # Anew (-E): pages have what the program says now, and their files do not change with that.
    command = ["-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", builder, "-d", str(doctrees)]
    return subprocess.Popen(
        [sys.executable, *command, "-D", f"language={language}", str(DOCS), str(target)]
    )


def serve(folder: Path) -> None:
    """Show the site until Ctrl-C."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", PORT), handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main(words: list[str]) -> None:
    """Do what a word says; without one, build."""
    verb = words[0] if words else "build"
    if verb == "update":
        import explained
        import lessons
        import readme

        lessons.update()
        catalogues.update(templates(BUILT.parent / "gettext"))
        explained.update()
        readme.update()
    elif verb == "missing":
        lines = list(catalogues.missing(templates(BUILT.parent / "gettext")))
        print("\n".join(lines) or "nothing is missing")
        raise SystemExit(bool(lines))
    elif verb in ("build", "serve"):
        began = time.monotonic()
        build(BUILT)
        print(f"{BUILT / 'index.html'}: built in {time.monotonic() - began:.0f} s")
        if verb == "serve":
            serve(BUILT)
    else:
        raise SystemExit(f"docs does build, serve, update or missing, not {verb!r}")


if __name__ == "__main__":
    main(sys.argv[1:])
