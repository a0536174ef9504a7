"""What counts as a project to install: one rule for sides, and for what `init` writes."""

from __future__ import annotations

import pytest

from concbench import init
from concbench.errors import NotComparable
from concbench.sides import installation
from concbench.sides.installation import is_installable

from . import layouts
from .layouts import LAYOUTS, TOOL_ONLY, TOOLS
from .repositories import commit, git
from .test_proof import IN_TREE, NEW, OLD, copy_packages, lab  # noqa: F401  # fixtures

BUILT = "[build-system]\nrequires = []\n"
LAYOUT = TOOL_ONLY["only tools"]


@pytest.mark.parametrize("text", TOOLS.values(), ids=TOOLS)
def test_what_only_runs_or_has_options_is_no_project(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    assert not is_installable(tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": BUILT},
        {"pyproject.toml": f"{BUILT}[project]\nname = 'a'\n"},
        {"pyproject.toml": "[project]\nname = 'a'\n[tool.uv]\npackage = true\n"},
        {"setup.py": "from setuptools import setup; setup(name='a')"},
        {"pyproject.toml": "[tool.black]\n", "setup.cfg": "[metadata]\nname = a\n"},
        {"pyproject.toml": "not TOML", "setup.py": ""},
    ],
)
def test_what_has_a_build_system_is_a_project(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert is_installable(tmp_path)


@pytest.mark.parametrize("files", [{}, {"setup.cfg": "[flake8]\n"}, {"pyproject.toml": "[["}])
def test_nothing_is_no_project(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert not is_installable(tmp_path)


def test_what_init_writes_can_be_checked(lab):  # noqa: F811
    lab.root.mkdir()
    init.extend(lab.root)
    for values in OLD, NEW:
        files = LAYOUT.files(values, command=IN_TREE)
        del files["pyproject.toml"]
        commit(lab.root, files)
    assert "[tool.concbench]" in (lab.root / "pyproject.toml").read_text()
    lab.install(LAYOUT, layouts.beside)
    assert lab.values() == [NEW, OLD]


@pytest.mark.parametrize("before", [LAYOUT.tool, TOOLS["an application"], ""])
def test_a_project_that_became_installable_is_compared_with_what_it_was(lab, before):  # noqa: F811
    """Installed editable now; the commit before had the same packages, and nothing to install."""
    layout = LAYOUTS["src"]
    files = layout.files(OLD, command=IN_SOURCE)
    layouts.commit(lab.root, {**files, "./pyproject.toml": before, ".gitignore": "__pycache__\n"})
    layouts.commit(lab.root, layout.files(NEW, command=IN_SOURCE))
    lab.install(layout, layouts.editable)
    lab.monkeypatch.setattr(layouts, "installs", None)  # what pip would fail at
    assert lab.values() == [NEW, OLD]


IN_SOURCE = IN_TREE.replace("append(\\'.\\')", "append(\\'src\\')")


def test_an_editable_library_of_another_repository_is_ordinary(lab, tmp_path):  # noqa: F811
    """Also one that has a module of a name that the tree has, too."""
    other = tmp_path / "other"
    commit(other, {"shared.py": "VALUE = 7\n"})
    layout = LAYOUTS["src"]
    work = "def work(i):\n    import mainlib.core, shared\n"
    work += "    return [mainlib.core.VALUE, shared.VALUE]\n"
    for values in OLD, NEW:
        files = {**layout.files(values), "./work.py": work, "tools/shared.py": "VALUE = 8\n"}
        layouts.commit(lab.root, files)
    lab.install(layout, layouts.editable)
    lab.environment.record("other", {"__editable__.other.pth": str(other)}, other.as_uri(), True)
    assert lab.values() == [[2, 7], [1, 7]]


def test_another_copy_of_the_project_is_not_taken_for_it(lab, tmp_path):  # noqa: F811
    layout = LAYOUTS["src"]
    for values in OLD, NEW:
        layouts.repository(lab.root, layout, values)
    other = tmp_path / "clone"
    layouts.repository(other, layout, dict.fromkeys(OLD, 3))
    lab.install(
        layout, lambda environment, root, shape: layouts.editable(environment, other, shape)
    )
    with pytest.raises(NotComparable, match=r"imports .*clone"):
        lab.values()


def test_a_project_in_a_submodule_is_the_side_s(lab, tmp_path):  # noqa: F811
    library = tmp_path / "library"
    project = {"pyproject.toml": f"{BUILT}[project]\nname = 'one'\n"}
    commit(library, {**project, "src/one.py": "VALUE = 1\n"})
    commit(lab.root, {"work.py": "def work(i):\n    import one\n    return one.VALUE\n"})
    local = ("-c", "protocol.file.allow=always")
    git(lab.root, *local, "submodule", "--quiet", "add", str(library), "libs/one")
    commit(lab.root, {})
    inside = lab.root / "libs" / "one"
    commit(inside, {"src/one.py": "VALUE = 2\n"})
    commit(lab.root, {})
    written = {"__editable__.one.pth": str(inside / "src")}
    lab.environment.record("one", written, inside.as_uri(), True)
    lab.monkeypatch.chdir(lab.root)
    assert lab.values() == [2, 1]


def test_a_path_that_is_installed_anew_is_another_environment(lab):  # noqa: F811
    """Of a library from elsewhere, in the same version."""
    path = lab.environment.site / "__editable__.other.pth"
    states = []
    for place in ("/there", "/elsewhere"):
        path.write_text(place)
        states.append(installation.state(lab.root, (), ()))
    assert states[0] != states[1]
