"""What the system lets a process have: CPUs and open files."""

from __future__ import annotations

import pytest

from concbench.machine import process


class Cgroups:
    """A made-up /proc/self and what is mounted."""

    def __init__(self, folder, cgroup, mounts):
        self.proc = folder / "proc"
        self.proc.mkdir()
        (self.proc / "cgroup").write_text(cgroup)
        lines = [
            f"31 23 0:28 {root} {folder / place} rw,relatime shared:1 - {kind}\n"
            for root, place, kind in mounts
        ]
        others = "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        (self.proc / "mountinfo").write_text(others + "".join(lines))

    def cpus(self):
        return process.cgroup_cpus(str(self.proc))


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


V2 = "cgroup2 cgroup2 rw"
V1 = "cgroup cgroup rw,cpu,cpuacct"


@pytest.mark.parametrize(
    ("own", "above", "cpus"),
    [
        ("150000 100000", "max 100000", 1.5),
        ("max 100000", "50000 100000", 0.5),
        ("200000 100000", "100000 50000", 2.0),
        ("max 100000", "max 100000", None),
        ("200000 100000", "50000 100000", 0.5),
        ("?", "50000 100000", None),
    ],
)
def test_the_quota_is_the_least_of_its_cgroup_and_those_above(tmp_path, own, above, cpus):
    put(tmp_path / "cg/slice/job/cpu.max", f"{own}\n")
    put(tmp_path / "cg/slice/cpu.max", f"{above}\n")
    assert Cgroups(tmp_path, "0::/slice/job\n", [("/", "cg", V2)]).cpus() == cpus


@pytest.mark.parametrize(("told", "cpus"), [("150000", 1.5), ("-1", None)])
def test_the_quota_of_version_1_is_found(tmp_path, told, cpus):
    put(tmp_path / "cpu/job/cpu.cfs_quota_us", f"{told}\n")
    put(tmp_path / "cpu/job/cpu.cfs_period_us", "100000\n")
    cgroup = "3:cpuset:/\n2:cpu,cpuacct:/job\n0::/\n"
    mounts = [("/", "set", "cgroup cgroup rw,cpuset"), ("/", "cpu", V1), ("/", "unified", V2)]
    assert Cgroups(tmp_path, cgroup, mounts).cpus() == cpus


@pytest.mark.parametrize("path", ["/docker/abc/job", "/job"])
def test_a_container_sees_its_own_cgroup_as_the_root(tmp_path, path):
    put(tmp_path / "cg/job/cpu.max", "50000 100000\n")
    assert Cgroups(tmp_path, f"0::{path}\n", [("/docker/abc", "cg", V2)]).cpus() == 0.5


def test_without_cgroups_there_is_no_quota(tmp_path):
    assert process.cgroup_cpus(str(tmp_path)) is None


def test_open_files_without_a_limit_are_not_a_number(monkeypatch):
    monkeypatch.setattr(
        process.resource, "getrlimit", lambda _: (process.resource.RLIM_INFINITY, 0)
    )
    assert process.open_files() is None
    monkeypatch.setattr(process, "resource", None)
    assert process.open_files() is None
