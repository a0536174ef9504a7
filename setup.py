"""The folders of this repository as one package: bench/ is concbench, the others are inside it."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = {"bench": "concbench", "reports": "concbench.reports", "workloads": "concbench.workloads"}


class BuildAnew(build_py):
    """Builds into an empty folder: setuptools keeps modules that are no longer there."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


def packages() -> dict[str, str]:
    """Every folder with an `__init__.py`, by the name of its package."""
    return {
        ".".join([name, *path.parent.relative_to(folder).parts]): str(path.parent)
        for folder, name in FOLDERS.items()
        for path in sorted(Path(folder).rglob("__init__.py"))
    }


setup(packages=list(packages()), package_dir=packages(), cmdclass={"build_py": BuildAnew})
