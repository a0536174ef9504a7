"""Where options come from, and what is said of bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.plan.settings import Settings, resolve, resumed


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_default_budget_is_a_minute_and_rounds_alone_have_no_budget(tmp_path):
    assert resolve({}, tmp_path).seconds == 60
    assert resolve({"rounds": 3}, tmp_path).seconds > 86_400
    assert resolve({"rounds": 3, "budget": "5s"}, tmp_path).seconds == 5


def test_command_line_over_environment_over_file_over_default(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.concbench]\nbudget = "20s"\nseed = 1\ntasks = 7\nworkload = ["io_sleep"]\n'
    )
    monkeypatch.setenv("CONCBENCH_SEED", "2")
    monkeypatch.setenv("CONCBENCH_BUDGET", "30s")
    found = resolve({"budget": "40s", "workload": ()}, tmp_path)
    assert (found.budget, found.seed, found.tasks) == (40, 2, 7)
    assert found.workload == ("io_sleep",)


def test_the_nearest_file_upwards_counts(tmp_path):
    (tmp_path / "concbench.toml").write_text("seed = 1\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert resolve({}, inner).seed == 1
    (inner / "concbench.toml").write_text("seed = 2\n")
    assert resolve({}, inner).seed == 2


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("10m", 600), ("1h", 3600), ("90", 90), ("1500ms", 1.5)]
)
def test_durations_have_units(tmp_path, text, seconds):
    assert resolve({"budget": text}, tmp_path).budget == seconds


@pytest.mark.parametrize(("text", "margin"), [("5%", 0.05), ("0.1 %", 0.001), ("0.02", 0.02)])
def test_a_margin_is_a_share(tmp_path, text, margin):
    assert resolve({"margin": text}, tmp_path).margin == pytest.approx(margin)


@pytest.mark.parametrize("text", ["5", "0%", "51%", "x", "5 per cent"])
def test_a_margin_that_is_none_is_refused_with_what_one_is(tmp_path, text):
    with pytest.raises(UsageError, match=r"--margin must be between 0.1% and 50%, not "):
        resolve({"margin": text}, tmp_path)


def test_a_list_in_the_environment_is_separated_by_spaces(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCBENCH_WORKLOAD", "io_sleep !http_get")
    assert resolve({}, tmp_path).workload == ("io_sleep", "!http_get")
    monkeypatch.setenv("CONCBENCH_WORKLOAD", "'my work.py:f' io_sleep")
    assert resolve({}, tmp_path).workload == ("my work.py:f", "io_sleep")


def test_a_quote_that_is_not_closed_is_found_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCBENCH_PARAM", "'size=1")
    with pytest.raises(UsageError, match="CONCBENCH_PARAM in the environment: No closing"):
        resolve({}, tmp_path)


def test_a_variable_that_is_set_to_nothing_is_not_set(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCBENCH_TASKS", "")
    assert resolve({}, tmp_path).tasks is None


def test_paths_in_a_file_are_relative_to_it_wherever_one_calls_from(tmp_path):
    (tmp_path / "concbench.toml").write_text(
        'workload = ["a b.py:f[x=1]", "!c.py:g", "io_*", "/d.py:h", "module:i"]\nresults = "out"\n'
    )
    (tmp_path / "inner").mkdir()
    found = resolve({}, tmp_path / "inner")
    assert found.results == tmp_path / "out"
    assert found.workload == (
        f"{tmp_path}/a b.py:f[x=1]", f"!{tmp_path}/c.py:g", "io_*", "/d.py:h", "module:i",
    )  # fmt: skip


@pytest.mark.parametrize("line", ["tasks = true", "budget = true", "workload = [1]", "seed = 1.5"])
def test_a_value_of_another_kind_is_named_with_its_file(tmp_path, line):
    (tmp_path / "concbench.toml").write_text(line)
    with pytest.raises(UsageError, match=rf"'{line.split()[0]}' in .*concbench.toml must be "):
        resolve({}, tmp_path)


BAD = [
    ({"budget": "soon"}, "--budget must be a duration such as 60s, 10m or 1h, not 'soon'"),
    ({"budget": "0s"}, "--budget must be between 1s and 24h, not '0s'"),
    ({"budget": "100h"}, "--budget must be between 1s and 24h"),
    ({"timeout": "0"}, "--timeout must be above 0 and at most 24h"),
    ({"tasks": 0}, "--tasks must be between 1 and 10,000,000, not 0"),
    ({"tasks": 10**8}, "--tasks must be between 1 and 10,000,000"),
    ({"workers": -1}, "--workers must be between 1 and 100,000, not -1"),
    ({"rounds": 0}, "--rounds must be between 1 and 100,000, not 0"),
    ({"start": "spwan"}, "--start must be fork, spawn or forkserver, not 'spwan'"),
    ({"seed": -1}, "--seed must be between 0 and"),
    ({"raw": "perhaps"}, "--raw must be true or false, not 'perhaps'"),
    ({"probe": ["memry"]}, r"--probe must be some of memory, latency, lag, trace, or all, or none"),
    ({"probe": ["none,lag"]}, r"--probe must be some of .* not \['none,lag'\]"),
    ({"probe": ["", ","]}, "--probe must be some of memory"),
    ({"raw": True, "probe": ["lag"]}, "--raw stores what the probe latency measures"),
    ({"probe": 1}, "--probe must be some of memory"),
    ({"bugdet": "1s"}, "--bugdet is not an option: did you mean budget?"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_a_bad_option_is_named_with_what_is_accepted(tmp_path, given, message):
    with pytest.raises(UsageError, match=message):
        resolve(given, tmp_path)


def test_a_bad_value_in_the_environment_is_found_there(tmp_path, monkeypatch):
    monkeypatch.setenv("CONCBENCH_TASKS", "many")
    expected = "CONCBENCH_TASKS in the environment must be a whole number, not 'many'"
    with pytest.raises(UsageError, match=expected):
        resolve({}, tmp_path)


def test_an_unknown_key_names_its_file_and_what_was_meant(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.concbench]\nworklaod = 1\n")
    with pytest.raises(UsageError, match=r"'worklaod' in \[tool.concbench\] of .*pyproject.toml"):
        resolve({}, tmp_path)
    with pytest.raises(UsageError, match="did you mean workload"):
        resolve({}, tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('fial_on = ["batch>5%"]', "'fial_on' in {} is not an option: did you mean fail_on?"),
        ("fail_on = 5", "'fail_on' in {} must be a list of texts, not 5"),
        ("relative = 5", "'relative' in {} must be true or false, not 5"),
        ('fail_on = "batsh>5%"', "'fail_on' in {}: 'batsh>5%': no metric 'batsh': did you mean"),
        ('fail_on = ["cpu>5%", "cpu>6%"]', "'fail_on' in {}: 'cpu>5%' and 'cpu>6%' are for"),
        ('require = ["p99<5"]', "'require' in {}: 'p99<5': a bound of p99 is in ns, "),
    ],
)
@pytest.mark.parametrize(
    ("file", "table"), [("pyproject.toml", "tool.concbench.gate"), ("concbench.toml", "gate")]
)
def test_a_mistake_in_the_gate_s_options_names_the_key_and_the_file(
    tmp_path, file, table, line, said
):
    (tmp_path / file).write_text(f"[{table}]\n{line}\n")
    with pytest.raises(UsageError) as raised:
        resolve({}, tmp_path)
    assert str(raised.value).startswith(said.format(f"[{table}] of {tmp_path / file}"))


def test_options_of_the_gate_that_are_no_table_are_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.concbench]\ngate = 5\n")
    with pytest.raises(UsageError, match=r"'gate' in \[tool.concbench\] of .* a table, not 5"):
        resolve({}, tmp_path)


def test_two_files_in_one_folder_are_an_error_that_names_both(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.concbench]\nseed = 1\n")
    (tmp_path / "concbench.toml").write_text("seed = 2\n")
    with pytest.raises(UsageError, match=r"both .*concbench.toml and .*pyproject.toml"):
        resolve({}, tmp_path)


def test_options_that_are_no_table_are_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool]\nconcbench = 1\n")
    with pytest.raises(
        UsageError, match=r"'concbench' in \[tool\] of .*toml must be a table, not 1"
    ):
        resolve({}, tmp_path)
    (tmp_path / "pyproject.toml").write_text("tool = 1\n")  # no options of ours
    assert resolve({}, tmp_path).budget is None


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "concbench.toml").write_text("seed = = 2\n")
    with pytest.raises(UsageError, match=r"concbench.toml is not TOML: .*line 1"):
        resolve({}, tmp_path)


@pytest.mark.parametrize(
    ("given", "probes"),
    [
        ((), ["memory", "latency", "lag"]),
        (["trace,memory"], ["memory", "trace"]),
        (["lag", " trace, lag "], ["lag", "trace"]),
        ("all", ["memory", "latency", "lag", "trace"]),
        (["none"], []),
    ],
)
def test_probes_are_names_with_commas_or_repeated(tmp_path, given, probes):
    assert resolve({"probe": given}, tmp_path).probes == probes


def test_no_probes_stay_none_when_a_run_goes_on_with_its_stored_settings(tmp_path):
    stored = resolve({"probe": "none"}, tmp_path).model_dump(mode="json", exclude_defaults=True)
    assert resolve(stored, tmp_path).probes == []


def test_probes_come_from_a_file_and_the_environment_too(tmp_path, monkeypatch):
    (tmp_path / "concbench.toml").write_text('probe = "latency,trace"\nraw = true\n')
    assert resolve({}, tmp_path).probes == ["latency", "trace"]
    assert resolve({}, tmp_path).raw
    monkeypatch.setenv("CONCBENCH_PROBE", "memory,lag latency")
    monkeypatch.setenv("CONCBENCH_STRICT", "1")
    assert resolve({}, tmp_path).probes == ["memory", "latency", "lag"]
    assert resolve({}, tmp_path).strict


STARTED = {"workload": ["work.py:work"], "tasks": 4, "rounds": 2, "side": ["a", "b"]}


def test_a_run_that_goes_on_keeps_its_settings_whatever_files_and_variables_say(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("concbench.toml").write_text("tasks = 9\nworkers = 3\n")
    monkeypatch.setenv("CONCBENCH_STRATEGY", "threading")
    now = resumed("0001", STARTED, {"rounds": 5, "strict": True, "tasks": 4}, Path("results"))
    assert now == Settings(
        **{**STARTED, "rounds": 5, "strict": True, "results": "results"}  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tasks": 5}, r"not --tasks 5 \(it has 4\)"),
        ({"workers": 2}, r"--workers 2 \(it has none\)"),
        ({"side": ["a"], "seed": 1}, r"--side 'a' \(it has 'a' 'b'\), --seed 1 \(it has none\)"),
    ],
)
def test_what_a_run_that_goes_on_cannot_take_is_named_with_what_it_has(given, said):
    with pytest.raises(UsageError, match=f"0001 resumes with the options it was .*{said}"):
        resumed("0001", STARTED, given, Path("results"))


def test_a_bad_value_for_a_run_that_goes_on_is_named():
    with pytest.raises(UsageError, match="--budget must be"):
        resumed("0001", STARTED, {"budget": "soon"}, Path("results"))
