"""What `concbench list` says: to a reader, a machine and a document."""

from __future__ import annotations

import json
from importlib.metadata import metadata
from pathlib import Path

import pytest

from bench.cli import listing
from bench.plan import plugins
from bench.plan.plugins import Described, describe, names


@pytest.mark.parametrize("kind", ["workloads", "strategies"])
def test_a_machine_reads_every_plugin(capsys, kind):
    listing.listing("json")
    told = json.loads(capsys.readouterr().out)[kind]
    assert [one["name"] for one in told] == names(kind)
    assert all(one["summary"] and one["about"].startswith(one["summary"]) for one in told)


def test_a_reader_is_told_why_one_cannot_run(capsys, monkeypatch):
    needy = Described("needy", "a:b", {"workers": None, "start": "fork"}, reason="needs more")
    monkeypatch.setattr(listing, "describe", lambda kind: [needy])
    listing.listing("table")
    said = capsys.readouterr().out
    assert "workers, start=fork\n" in said
    assert "cannot run here: needs more" in said


def test_a_document_says_the_same_on_every_machine(capsys, monkeypatch):
    needy = Described(
        "needy", "a:b", {"workers": None, "start": "fork"}, reason="needs more", extra="more"
    )
    elsewhere = Described("needy", "a:b", {"workers": None, "start": "spawn"}, extra="more")
    said = []
    for one in (needy, elsewhere):
        one = Described(**{**vars(one), "of_machine": ("start",), "about": "this | that."})
        monkeypatch.setattr(listing, "describe", lambda kind, one=one: [one])
        listing.listing("markdown")
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    told = r"| `workers`, `start` | this \| that. (`pip install 'concbench[more]'`) |"
    assert f"| `needy` {told}" in said[0]


def test_defaults_that_a_machine_chooses_are_known():
    found = {one.name: one.of_machine for one in describe("strategies")}
    assert found["multiprocessing"] == found["asyncio+processpool"] == ("start",)
    assert found["threading"] == ()


def test_an_extra_is_one_of_the_distribution():
    described = plugins.describe("strategies") + plugins.describe("workloads")
    named = {one.extra for one in described if one.extra}
    assert named
    assert named <= set(metadata("concbench").get_all("Provides-Extra"))


def test_a_default_that_is_no_json_is_shown_as_text(capsys, monkeypatch):
    odd = Described("odd", "a:b", {"where": Path("there")})
    monkeypatch.setattr(listing, "describe", lambda kind: [odd])
    for form, said in (("table", 'where="there"'), ("json", '"where": "there"')):
        listing.listing(form)
        assert said in capsys.readouterr().out
