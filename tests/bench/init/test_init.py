"""`concbench init`: what it writes runs at once, and what was there stays as it was."""

from __future__ import annotations

import errno
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import concbench
from concbench import init as project
from concbench.driver import dry_run
from concbench.errors import UsageError
from concbench.plan.settings import resolve

WRITTEN = {"benchmarks/work.py", "noxfile.py", "pyproject.toml"}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def held(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_what_init_writes_runs_at_once(root):
    project.extend(root)
    assert set(held(root)) == WRITTEN
    found = dry_run(
        resolve({"strategy": ("sequential", "threading", "asyncio")}), lambda event: None
    )
    names = [one.cell.workload.name for one in found.plan]
    assert names == ["digest"] * 3 + ["Lookup"] * 3
    assert [one.reason or found.past.reason(one.id) for one in found.plan] == [""] * 6
    assert resolve({}).gate.fail_on == ("batch>5%",)


class Session:
    """Remembers what it is told to do."""

    posargs = ("--quick",)

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def install(self, *words: str) -> None:
        self.told.append(("install", *words))

    def run(self, *words: str) -> None:
        self.told.append(words)


def sessions(path: Path, monkeypatch) -> dict[str, Session]:
    """What the sessions of a noxfile do, by name."""
    nox = ModuleType("nox")
    found = []
    nox.session, nox.Session = found.append, Session
    monkeypatch.setitem(sys.modules, "nox", nox)
    exec(compile(path.read_bytes(), path, "exec"), {})
    done = {}
    for function in found:
        done[function.__name__] = session = Session()
        function(session)
    return {name: session.told for name, session in done.items()}


def test_the_sessions_install_concbench_as_it_was_installed_here_and_pass_arguments_on(
    root, monkeypatch
):
    project.extend(root)
    installed = ("install", project.requirement())
    assert sessions(root / "noxfile.py", monkeypatch) == {
        "bench": [installed, ("concbench", "run", "--report", "--quick")],
        "check": [installed, ("concbench", "check", "--quick")],
    }


PYPROJECT = b"[build-system]\r\nrequires = []  # as I like it\r\n\r\n[tool.other]\r\nx = 1"
NOXFILE = (
    b'"""Mine."""\nimport nox\n\n@nox.session\ndef bench(session):\n    session.run("mine")\n\n\n'
)


def test_what_was_there_stays_and_sessions_of_the_same_name_are_left_alone(root, monkeypatch):
    (root / "pyproject.toml").write_bytes(PYPROJECT)
    (root / "noxfile.py").write_bytes(NOXFILE)
    project.extend(root)
    assert set(held(root)) == WRITTEN
    options, file = (root / "pyproject.toml").read_bytes(), (root / "noxfile.py").read_bytes()
    assert options.startswith(PYPROJECT)
    assert options.count(b"\n") == options.count(b"\r\n")
    assert set(tomllib.loads(options.decode())["tool"]) == {"other", "concbench"}
    assert file.startswith(NOXFILE.rstrip())
    done = sessions(root / "noxfile.py", monkeypatch)
    assert list(done) == ["bench", "concbench_bench", "concbench_check"]
    assert done["bench"] == [("mine",)]
    assert done["concbench_bench"][0] == ("install", ".", project.requirement())  # a package


def test_a_noxfile_that_names_nox_otherwise_gets_the_import_that_the_sessions_need(
    root, monkeypatch
):
    (root / "noxfile.py").write_text("from nox import session\n")
    project.extend(root)
    text = (root / "noxfile.py").read_text()
    assert text.startswith("from nox import session\n\n\nimport nox  # noqa: E402\n")


@pytest.mark.parametrize(
    ("there", "text", "said"),
    [
        ("benchmarks/work.py", "mine", "benchmarks/work.py already exists"),
        ("concbench.toml", "", "concbench.toml already has options"),
        ("pyproject.toml", "[tool.concbench]\n", r"pyproject.toml already has \[tool.concbench\]"),
        ("pyproject.toml", "tool = {x = 1}\n", "takes no further table"),
        ("pyproject.toml", "tool = 1\n", "its 'tool' is not a table"),
        ("benchmarks", "", "cannot write .*work.py"),
        ("pyproject.toml", "[tool", "pyproject.toml is not TOML"),
        ("noxfile.py", "def (", "noxfile.py is not Python"),
        (
            "noxfile.py",
            "def bench(): ...\ndef concbench_check(): ...\n",
            "noxfile.py already uses the name concbench_bench or concbench_check",
        ),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_is_changed(root, there, text, said):
    (root / there).parent.mkdir(exist_ok=True)
    (root / there).write_text(text)
    before = held(root)
    with pytest.raises(UsageError, match=said):
        project.extend(root)
    assert held(root) == before


def test_a_folder_that_is_not_there_is_named(root):
    with pytest.raises(UsageError, match="there is no folder"):
        project.extend(root / "nowhere")


@pytest.mark.parametrize(
    ("full", "at"), [("write_bytes", 3), *(("replace", at) for at in (1, 2, 3))]
)
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_full_disk_or_ctrl_c_leaves_all_as_it_was(root, monkeypatch, full, at, error):
    there = {"noxfile.py": NOXFILE, "pyproject.toml": PYPROJECT}
    for name, content in there.items():
        (root / name).write_bytes(content)
    true, calls = getattr(Path, full), []

    def until_full(path, *given):
        calls.append(path)
        if len(calls) == at:
            raise error
        return true(path, *given)

    monkeypatch.setattr(Path, full, until_full)
    with pytest.raises((UsageError, KeyboardInterrupt)):
        project.extend(root)
    monkeypatch.undo()
    assert held(root) == there
    assert {path.name for path in root.iterdir()} == set(there)


def test_a_disk_that_takes_nothing_is_named(root, monkeypatch):
    def refused(said):
        def refuse(path, *_):
            raise OSError(errno.EROFS, said)

        return refuse

    (root / "benchmarks").mkdir()
    monkeypatch.setattr(Path, "write_bytes", refused("Read-only file system"))
    monkeypatch.setattr(Path, "unlink", refused("nor this"))
    with pytest.raises(UsageError, match=r"cannot write .*work\.py: Read-only file system"):
        project.extend(root)


def test_a_link_stays_one_and_a_mode_stays_as_it_was(root):
    there = root / "shared"
    there.mkdir()
    (there / "noxfile.py").write_bytes(NOXFILE)
    (there / "noxfile.py").chmod(0o640)
    (root / "noxfile.py").symlink_to(there / "noxfile.py")
    project.extend(root)
    assert (root / "noxfile.py").is_symlink()
    assert (there / "noxfile.py").read_bytes().startswith(NOXFILE.rstrip())
    assert (there / "noxfile.py").stat().st_mode & 0o777 == 0o640
    assert set(held(there)) == {"noxfile.py"}


@pytest.mark.parametrize(
    "text",
    [
        "@nox.session(name='bench')\ndef measure(session): ...",
        "from tasks import bench",
        "from tasks import measure as check",
        "bench = nox.session(measure)",
        "if True:\n    async def check(): ...",
    ],
)
def test_whatever_has_the_name_of_a_session_keeps_it(root, text):
    (root / "noxfile.py").write_text(f"import nox\n{text}\n")
    assert project.with_sessions(root)[1] == ["concbench_bench", "concbench_check"]


@pytest.mark.parametrize(
    ("file", "text", "packaged"),
    [
        ("pyproject.toml", "[project]\nname = 'app'\n", False),
        ("pyproject.toml", "[build-system]\nrequires = []\n", True),
        ("setup.py", "", True),
    ],
)
def test_a_session_installs_the_project_where_it_can_be_installed(root, file, text, packaged):
    (root / file).write_text(text)
    assert (b'install(".", ' in project.with_sessions(root)[0]) == packaged


def test_options_leave_a_check_its_time(root):
    project.extend(root)
    assert resolve({}).budget is None
    assert resolve({}).tasks is None


@pytest.mark.parametrize(
    ("source", "required"),
    [
        (None, f"concbench>={concbench.__version__}"),
        ('{"url": "file:///there", "dir_info": {}}', "concbench @ file:///there"),
        (
            '{"url": "https://example.org/c", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}}',
            "concbench @ git+https://example.org/c@1a2b",
        ),
        (
            '{"url": "file:///there", "dir_info": {}, "subdirectory": "sub"}',
            "concbench @ file:///there#subdirectory=sub",
        ),
    ],
)
def test_what_is_required_is_where_it_came_from(monkeypatch, source, required):
    class Found:
        def read_text(self, name):
            return source if name == "direct_url.json" else None

    monkeypatch.setattr(project, "distribution", lambda name: Found())
    assert project.requirement() == required
