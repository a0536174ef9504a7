"""What `concbench list` says: to a reader, a machine and a document."""

from __future__ import annotations

import json
from importlib.metadata import metadata
from pathlib import Path

import pytest
import typer

from concbench.cli.listing import list_
from concbench.plan import plugins
from concbench.plan.plugins import Description, describe, names


def output(capsys, **options: bool) -> str:
    with pytest.raises(typer.Exit) as end:
        list_(**options)
    assert end.value.exit_code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", ["workloads", "strategies"])
def test_a_machine_reads_every_plugin(capsys, kind):
    told = json.loads(output(capsys, as_json=True))[kind]
    assert [one["name"] for one in told] == names(kind)
    assert all(one["summary"] and one["about"].startswith(one["summary"]) for one in told)


def test_a_reader_is_told_why_one_cannot_run(capsys, monkeypatch):
    needy = Description("needy", "a:b", {"workers": None, "start": "fork"}, reason="needs more")
    monkeypatch.setattr(plugins, "describe", lambda kind: [needy])
    said = output(capsys)
    assert "workers, start=fork\n" in said
    assert "cannot run here: needs more" in said


def test_a_document_says_the_same_on_every_machine(capsys, monkeypatch):
    needy = Description(
        "needy", "a:b", {"workers": None, "start": "fork"}, reason="needs more", extra="more"
    )
    elsewhere = Description("needy", "a:b", {"workers": None, "start": "spawn"}, extra="more")
    said = []
    for one in (needy, elsewhere):
        one = Description(**{**vars(one), "of_machine": ("start",), "about": "this | that."})
        monkeypatch.setattr(plugins, "describe", lambda kind, one=one: [one])
        said.append(output(capsys, markdown=True))
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
    odd = Description("odd", "a:b", {"where": Path("there")})
    monkeypatch.setattr(plugins, "describe", lambda kind: [odd])
    assert 'where="there"' in output(capsys)
    assert '"where": "there"' in output(capsys, as_json=True)
