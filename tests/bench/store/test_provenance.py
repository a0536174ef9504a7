"""What two records of runs must share, and what a message says where they do not."""

from __future__ import annotations

import pytest

from bench.store.provenance import MACHINE, ONE_RUN, VARIABLES, differences

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
    return [str(one) for one in differences(before, now, kinds)]


def test_a_record_is_what_it_is():
    assert told(RECORD, RECORD) == []
    assert told({}, RECORD) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (changed("concbench", to="1.1"), "concbench 1.0, now 1.1"),
        (changed("environment", "python", to="3.13.0"), "python 3.12.1, now 3.13.0"),
        (changed("environment", "cgroup_cpus", to=1.5), "cgroup_cpus None, now 1.5"),
        (changed("environment", "packages", to={"requests": "3"}), "requests 2.32.0, now 3"),
        (
            changed("environment", "variables", to={"PYTHON_JIT": "0"}),
            "the variable PYTHON_JIT '1', now '0'",
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
        "the variable PYTHON_JIT '1', now not set",
        "the variable OMP_NUM_THREADS not set, now '2'",
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
    assert told(RECORD, now, [MACHINE]) == []
    assert told(RECORD, now, [VARIABLES]) == ["the variable PYTHON_JIT '1', now not set"]
