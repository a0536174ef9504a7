"""What two records of runs must share, and what a message says where they do not."""

from __future__ import annotations

import pytest

from concbench.reports.run.provenance import BASELINE, ENVIRONMENT, MACHINE, ONE_RUN, differences

REVISION = "1" * 40
RECORD = {
    "concbench": "1.0",
    "environment": {
        "python": "3.12.1",
        "cgroup_cpus": None,
        "packages": {"pyperf": "2.9.0", "requests": "2.32.0"},
        "variables": {"PYTHON_JIT": "1"},
    },
    "git": {"revision": REVISION, "branch": "main", "dirty": True, "changes": "a" * 64},
    "code": {"workload work": "b" * 64},
    "sides": [],
}


def changed(*path, to):
    """The record with another value at the end of the path."""
    first, *rest = path
    record = dict(RECORD)
    record[first] = {**RECORD[first], rest[0]: to} if rest else to
    return record


def without(*path):
    record = changed(*path, to=None)
    inner = record if len(path) == 1 else record[path[0]]
    del inner[path[-1]]
    return record


def told(before, now, kinds=ONE_RUN):
    return [f"{one.what} {one.before}, now {one.now}" for one in differences(before, now, kinds)]


def test_a_record_is_what_it_is():
    assert told(RECORD, RECORD) == []
    assert told({}, RECORD) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (changed("concbench", to="1.1"), "concbench 1.0, now 1.1"),
        (changed("environment", "python", to="3.13.0"), "Python 3.12.1, now 3.13.0"),
        (changed("environment", "cgroup_cpus", to=1.5), "CPU quota not set, now 1.5"),
        (changed("environment", "packages", to={"requests": "3"}), "requests 2.32.0, now 3"),
        (
            changed("environment", "variables", to={"PYTHON_JIT": "0"}),
            "the variable PYTHON_JIT 1, now 0",
        ),
        (changed("git", "revision", to="2" * 40), "git revision 111111111111, now 222222222222"),
        (changed("git", to=None), "git revision 111111111111, now none"),
        (changed("git", "changes", to=""), "uncommitted changes aaaaaaaaaaaa, now none"),
        (
            changed("code", "workload work", to="c" * 64),
            "the code of workload work bbbbbbbbbbbb, now cccccccccccc",
        ),
    ],
)
def test_each_difference_is_named_with_both_values(now, said):
    assert told(RECORD, now) == [said]


@pytest.mark.parametrize(
    "path",
    [
        *[("concbench",), ("git",), ("git", "changes"), ("code",), ("code", "workload work")],
        *[("environment", key) for key in RECORD["environment"]],
    ],
)
def test_what_one_record_lacks_is_no_difference(path):
    assert told(without(*path), RECORD) == []
    assert told(RECORD, without(*path)) == []


def test_a_variable_that_only_one_has_is_a_difference():
    now = changed("environment", "variables", to={"OMP_NUM_THREADS": "2"})
    assert told(RECORD, now) == [
        "the variable PYTHON_JIT 1, now not set",
        "the variable OMP_NUM_THREADS not set, now 2",
    ]


def test_a_tree_that_was_recorded_as_clean_is_another_than_one_with_changes():
    old = {"git": {"revision": REVISION, "branch": "main", "dirty": False}}
    assert told(old, RECORD) == ["uncommitted changes none, now aaaaaaaaaaaa"]
    assert told({"git": {**old["git"], "dirty": True}}, RECORD) == []


def test_a_run_of_revisions_alone_does_not_rest_on_the_working_tree():
    both = [{"name": "git:main"}, {"name": "git:HEAD"}]
    now = changed("git", "revision", to="2" * 40)
    assert told({**RECORD, "sides": both}, {**now, "sides": both}) == []
    mixed = [{"name": "working tree"}, {"name": "git:HEAD"}]
    assert len(told({**RECORD, "sides": mixed}, {**now, "sides": mixed})) == 1


def test_only_the_kinds_that_matter_to_the_question_are_compared():
    now = {**changed("environment", "variables", to={}), "concbench": "2"}
    assert told(RECORD, now, MACHINE) == []
    assert told(RECORD, now, ["variables"]) == ["the variable PYTHON_JIT 1, now not set"]


FACTS = {
    "cpu_model": "X",
    "cpus": 4,
    "cgroup_cpus": None,
    "cpus_of_machine": 8,
    "affinity": "0-3",
    "memory_bytes": 8_000_000_000,
    "virtualisation": "none",
    "kernel": "Linux 6.1",
    "implementation": "CPython",
    "python": "3.12.1",
    "build": "main",
    "gil": True,
    "jit": None,
    "start_method": "fork",
    "hostname": "here",
    "platform": "Linux-6.1-x86_64",
}


def baseline(then, now=FACTS):
    """What a baseline says, where what was not recorded is not taken for the same."""
    both = ({"environment": {"variables": {}, **facts}} for facts in (then, now))
    unlike = differences(*both, BASELINE, strict=True)
    return [f"{one.what} {one.before}, here {one.now}" for one in unlike]


WORDS = {key: word for kind in BASELINE for key, word in ENVIRONMENT.get(kind, {}).items()}


@pytest.mark.parametrize("key", WORDS)
def test_each_fact_that_changes_times_is_named_when_it_differs(key):
    (line,) = baseline({**FACTS, key: "something else"})
    assert line.startswith(f"{WORDS[key]} something else, here ")


def test_another_name_of_the_host_is_no_other_machine():
    assert baseline({**FACTS, "hostname": "another", "executable": "/x", "nofile": 1}) == []


def test_what_was_not_recorded_is_a_difference_where_it_must_be_the_same():
    then = {key: value for key, value in FACTS.items() if key != "memory_bytes"}
    assert baseline(then) == ["memory not recorded, here 8.0 GB"]
    assert told({"environment": then}, {"environment": FACTS}) == []


@pytest.mark.parametrize(("share", "count"), [(1.01, 0), (0.99, 0), (1.1, 1), (0.5, 1)])
def test_memory_may_differ_by_what_a_kernel_takes(share, count):
    lines = baseline({**FACTS, "memory_bytes": int(8e9 * share)})
    assert lines == [f"memory {8 * share:.1f} GB, here 8.0 GB"] * count


def test_what_is_on_or_unknown_is_said_in_words():
    lines = baseline({**FACTS, "gil": False, "jit": True})
    assert lines == ["GIL off, here on", "JIT on, here not known"]
    assert told({"environment": {"jit": True}}, {"environment": {"jit": None}}) == []


def test_each_variable_that_changes_the_speed_is_named():
    lines = baseline(FACTS, {**FACTS, "variables": {"PYTHON_JIT": "1"}})
    assert lines == ["the variable PYTHON_JIT not set, here 1"]


def test_no_quota_is_not_an_unknown_one():
    quota = {"environment": {"cgroup_cpus": 1.5}}
    assert told({"environment": {"cgroup_cpus": None}}, quota) == ["CPU quota not set, now 1.5"]
    assert told({"environment": {}}, quota) == []
