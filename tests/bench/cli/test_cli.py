"""The command as a user meets it: messages, exit codes, signals, pipes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import typer

from concbench.cli.commands import _with_default
from concbench.cli.exit import Outcome, ending
from concbench.errors import Exit, Interrupted, NotComparable, UsageError

THIRD = Path(__file__).parents[2] / "third_party.py"
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
TINY = ["-w", f"{THIRD}:Both", "-s", "sequential", "-s", "threading", "--rounds", "2"]


@pytest.fixture
def concbench(tmp_path):
    def call(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: value for key, value in os.environ.items() if key != "CI"}
        return subprocess.run(
            [*COMMAND, *words],
            cwd=tmp_path,
            env=inherited | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return call


def test_a_run_answers_in_words_and_stores_everything(concbench, tmp_path):
    done = concbench("run", *TINY, "--save-baseline", "main")
    assert done.returncode == 0, done.stderr
    assert "concbench: baseline 'main': 2 of its 2 cells have fewer than 8 rounds" in done.stderr
    assert "Both: " in done.stdout
    assert "saved: .concbench/runs/0001-" in done.stdout
    latest = tmp_path / ".concbench" / "latest"
    assert sorted(path.name for path in latest.iterdir()) == [
        "cells.csv", "journal.jsonl", "probes.json", "rounds.csv", "run.json", "samples.json",
    ]  # fmt: skip
    assert (tmp_path / ".concbench" / "baselines" / "main" / "samples.json").exists()
    again = concbench("show")
    assert again.returncode == 0
    assert done.stdout.startswith(again.stdout)


def test_the_last_line_in_ci_is_for_a_machine(concbench):
    done = concbench("run", *TINY, CI="true")
    assert done.stdout.splitlines()[-1] == (
        "concbench: exit=0 regressions=0 failed=0 inconclusive=0 notcompared=0 run=0001 "
        "suspected=0 exceeded=0"
    )


def test_a_failed_cell_is_exit_code_3_and_the_rest_is_shown(concbench):
    done = concbench("run", *TINY, "-w", f"{THIRD}:Misbehaving[how=exit]")
    assert done.returncode == Exit.FAILED
    assert "crashed: exit code 7" in done.stdout
    assert "Both: " in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "-w", "io_slep"], "no workload 'io_slep': did you mean io_sleep?"),
        (["run", "-s", "nothing like it"], "there are anyio, asyncio, "),
        (["run", "--tasks", "0"], "--tasks must be between 1 and 10,000,000, not 0"),
        (["run", "--quick", "--rigorous"], "--quick and --rigorous both set the budget"),
        (["run", "--save-baseline", "../x"], "a baseline's name may have letters"),
        (["run", "--save-baseline", "latest"], "a baseline cannot be called 'latest', which names"),
        (["run", "--save-baseline", "2"], "a baseline cannot be called '2', which names a run"),
        (["run", "--resume"], "there are no runs in .concbench"),
        (["show", "7"], "there are no runs in .concbench"),
        (["run", "--frobnicate"], "No such option"),
    ],
)
def test_a_mistake_is_exit_code_2_and_one_message(concbench, words, message):
    done = concbench(*words)
    assert done.returncode == Exit.USAGE
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--columns", "batch,memry"], "no column 'memry': did you mean memory? (there are: rank,"),
        (["--sort", "-memry"], "no column 'memry': did you mean memory?"),
        (["--group-by", "strateg"], "cannot group by 'strateg': did you mean strategy?"),
        (["--group-by", "delay"], "cannot group by 'delay' (there are: workload, strategy, tasks,"),
    ],
)
def test_what_cannot_be_shown_is_said_before_anything_is_measured(
    concbench, tmp_path, words, message
):
    done = concbench("run", *TINY, *words)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert message in done.stderr
    assert not (tmp_path / ".concbench").exists()


def test_how_a_run_is_shown_is_no_setting_of_it(concbench, tmp_path):
    words = ["--columns", "SPEED_UP,batch", "--sort", "-batch", "--group-by", "strategy"]
    done = concbench("run", *TINY, *words, "-q")
    assert done.returncode == 0, done.stderr
    assert "Both: " not in done.stdout
    lines = done.stdout.splitlines()
    assert [line.split()[:3] for line in lines if line.startswith("workload")] == [
        ["workload", "speed-up", "batch"]
    ] * 2
    assert concbench("show", *words).stdout in done.stdout
    assert re.search(r"^rank +strategy +batch ", concbench("show").stdout, re.MULTILINE)
    stored = json.loads((tmp_path / ".concbench/latest/run.json").read_text())
    assert not {"columns", "sort", "group_by"} & {*stored, *stored.get("settings", {})}


def test_nothing_selected_is_exit_code_5(concbench):
    assert concbench("run", "-w", "zzz*").returncode == Exit.NOTHING


def test_a_damaged_run_is_named_without_a_traceback(concbench, tmp_path):
    assert concbench("run", *TINY, "-q").returncode == 0
    (tmp_path / ".concbench/latest/samples.json").write_text('{"half": ')
    done = concbench("show")
    assert done.returncode == Exit.USAGE
    assert "samples.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_names_every_cell_and_the_time(concbench, tmp_path):
    done = concbench("run", *TINY, "-n")
    assert done.returncode == 0
    assert done.stdout.count("ran once") == 2
    assert "2 rounds about " in done.stdout
    assert "then probes for up to " in done.stdout
    assert "probes" not in concbench("run", *TINY, "-n", "--probe", "none").stdout
    assert not (tmp_path / ".concbench").exists()


def test_list_shows_parameters_and_reasons(concbench):
    assert "asyncio+processpool" in concbench("list").stdout
    found = json.loads(concbench("list", "--json").stdout)
    sleep = next(one for one in found["workloads"] if one["name"] == "io_sleep")
    assert (sleep["params"], sleep["tasks"], sleep["workers"]) == ({"seconds": 0.01}, 64, 16)


def test_a_list_is_for_a_machine_or_for_a_document(concbench):
    done = concbench("list", "--json", "--markdown")
    assert done.returncode == Exit.USAGE
    assert "--json or --markdown, not both" in done.stderr


def test_what_init_wrote_is_listed_and_stands_in_the_way_of_another(concbench, tmp_path):
    done = concbench("init")
    assert done.returncode == 0, done.stderr
    assert "concbench run" in done.stdout
    assert concbench("run", "-n", "-s", "sequential").stdout.count("ran once") == 2
    again = concbench("init", str(tmp_path))
    assert again.returncode == Exit.USAGE
    assert "work.py already exists" in again.stderr


def test_ascii_terminals_and_narrow_ones_are_served(concbench):
    done = concbench(
        "run", *TINY, LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii", COLUMNS="80"
    )
    assert done.returncode == 0, done.stderr
    table = [line for line in done.stdout.partition("saved: ")[0].splitlines() if "sequ" in line]
    assert max(len(line) for line in table) <= 80


def test_a_closed_pipe_is_no_error(concbench, tmp_path):
    assert concbench("run", *TINY, "-q").returncode == 0
    show = subprocess.Popen(
        [*COMMAND, "show"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    show.stdout.close()
    assert show.stderr.read() == b""
    assert show.wait(60) == 0
    show.stderr.close()


def test_a_reader_that_hangs_up_costs_neither_the_baseline_nor_the_exit_code(tmp_path):
    words = ["-w", f"{THIRD}:Misbehaving[how=exit]", "--save-baseline", "main"]
    run = subprocess.Popen(
        [*COMMAND, "run", *TINY, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    run.stdout.close()
    assert "Traceback" not in run.stderr.read()
    run.stderr.close()
    assert run.wait(60) == Exit.FAILED
    assert (tmp_path / ".concbench/baselines/main/run.json").exists()


def test_progress_that_nobody_reads_does_not_end_the_run(tmp_path):
    run = subprocess.Popen([*COMMAND, "run", *TINY], cwd=tmp_path, stderr=subprocess.PIPE)
    run.stderr.close()
    assert run.wait(60) == 0
    assert json.loads((tmp_path / ".concbench/latest/run.json").read_text())["state"] == "finished"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_every_process_and_keeps_every_finished_round(tmp_path, number):
    slow = ["-w", "io_sleep", "-s", "sequential", "-s", "multiprocessing", "--rounds", "99", "-v"]
    driver = subprocess.Popen(
        [*COMMAND, "run", *slow], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    for line in driver.stderr:
        if line.startswith("round 2"):
            break
    ours = psutil.Process(driver.pid).children(recursive=True)
    driver.send_signal(number)
    rest = driver.stderr.read()
    driver.stderr.close()
    code = driver.wait(60)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else Exit.INTERRUPTED), rest
    _, alive = psutil.wait_procs(ours, timeout=20)
    assert not alive
    journal = (tmp_path / ".concbench/latest/journal.jsonl").read_text().splitlines()
    measured = [entry for entry in map(json.loads, journal) if entry["event"] == "measured"]
    assert {entry["cell"] for entry in measured if entry["round"] == 0} == {0, 1}
    if number != signal.SIGKILL:
        assert "the results so far are saved in" in rest
        assert "concbench run --resume" in rest


def test_a_killed_run_goes_on_with_the_options_it_had(concbench, tmp_path):
    driver = subprocess.Popen(
        [*COMMAND, "run", *TINY, "-v"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    for line in driver.stderr:
        if line.startswith("round 2"):
            break
    driver.kill()
    driver.stderr.close()
    driver.wait()
    done = concbench("run", "--resume")
    assert done.returncode == 0, done.stderr
    stored = json.loads((tmp_path / ".concbench/latest/run.json").read_text())
    assert (stored["state"], len(stored["order"])) == ("finished", 2)


def test_two_runs_at_once_are_refused_with_the_holders_name(concbench, tmp_path):
    slow = ["-w", "io_sleep", "-s", "sequential", "--rounds", "99", "-v"]
    first = subprocess.Popen(
        [*COMMAND, "run", *slow], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    first.stderr.readline()
    second = concbench("run", *TINY)
    first.terminate()
    first.stderr.close()
    first.wait(60)
    assert second.returncode == Exit.USAGE
    assert f"pid {first.pid}" in second.stderr


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        (set(), 0),
        ({Exit.FAILED, Exit.REGRESSION}, 3),
        ({Exit.INTERRUPTED, Exit.INTERNAL}, 130),
        ({Exit.INTERNAL, Exit.USAGE}, 70),
        ({Exit.USAGE, Exit.FAILED}, 2),
        ({Exit.NOT_COMPARABLE, Exit.REGRESSION}, 4),
        ({Exit.REGRESSION, Exit.INCONCLUSIVE}, 1),
        ({Exit.INCONCLUSIVE, Exit.NOTHING}, 6),
        ({Exit.NOTHING}, 5),
    ],
)
def test_of_several_outcomes_the_worst_is_the_exit_code(codes, code):
    assert Outcome(codes).code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (NotComparable("x"), 4),
        (Interrupted(Path("0007-x")), 130),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("x"), 70),
    ],
)
def test_every_error_has_its_exit_code(error, code, capsys):
    with pytest.raises(typer.Exit) as end, ending():
        raise error
    assert end.value.exit_code == code
    assert ("Traceback" in capsys.readouterr().err) == (code == 70)


def test_resume_alone_means_the_latest_run():
    assert _with_default(["run", "--resume", "-q"], "--resume", "latest") == [
        "run", "--resume", "latest", "-q",
    ]  # fmt: skip
    assert _with_default(["run", "--resume", "7"], "--resume", "latest")[-1] == "7"


def test_a_full_disk_is_named_and_loses_no_finished_round(tmp_path):
    """A limit on the size of files stands for a disk that fills up."""
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, 16_000));"
        "from concbench.cli import main; main()"
    )
    words = ["run", "-w", f"{THIRD}:Both", "-s", "sequential", "--rounds", "50", "-q"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", limited, *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == Exit.USAGE
    assert "journal.jsonl: File too large" in done.stderr
    assert "go on with --resume" in done.stderr
    stored = json.loads((tmp_path / ".concbench/latest/run.json").read_text())
    assert stored["state"] == "interrupted"
    lines = (tmp_path / ".concbench/latest/journal.jsonl").read_text().splitlines()
    measured = [entry for entry in map(json.loads, lines) if entry["event"] == "measured"]
    suite = json.loads((tmp_path / ".concbench/latest/samples.json").read_text())
    assert len(suite["benchmarks"][0]["runs"]) == len(measured) > 1


def test_a_run_goes_to_page_charts_exports_and_comparison(concbench, tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("what an earlier step said\n")
    csv = tmp_path / "cells.csv"
    done = concbench(
        "run", *TINY, "--report", "--export", f"csv:{csv}", GITHUB_STEP_SUMMARY=str(summary)
    )
    assert done.returncode == 0, done.stderr
    latest = tmp_path / ".concbench" / "latest"
    assert f"page: .concbench/runs/{latest.resolve().name}/report.html" in done.stdout
    assert (latest / "report.html").read_text().lower().startswith("<!doctype html>")
    assert list((latest / "charts").glob("speedup-*.png"))
    assert csv.read_text() == (latest / "cells.csv").read_text()
    told = summary.read_text()
    assert told.startswith("what an earlier step said\n\n## concbench 0001-")
    exported = concbench("export", "--to", "benchstat").stdout
    assert exported.count("ns/op") == 4
    assert "2 no difference" in concbench("compare", "1", "1").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["export", "--to", "word"], "no format 'word' (there are: csv, md, json"),
        (["run", *TINY, "--export", "word:x"], "no format 'word'"),
        (["export", "--to", "md:no/such/folder/x.md"], "cannot write no/such/folder/x.md"),
        (["compare", "1"], "compare needs at least two runs"),
        (["report", "-o", "no/such/folder/x.html"], "cannot write no/such/folder/x.html"),
        (["report", "cells.txt"], "there is no run 'cells.txt'"),
    ],
)
def test_a_mistake_in_a_report_is_exit_code_2_and_one_message(concbench, words, message):
    assert concbench("run", *TINY, "-q").returncode == 0
    done = concbench(*words)
    assert done.returncode == Exit.USAGE
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--export", "parquet"], "parquet needs pyarrow: install it with: pip install "),
        (["--export", "md:no/such/x.md"], "cannot write no/such/x.md: there is no folder no/such"),
        (["--export", "csv", "--export", "json:kept"], "cannot write kept: it is a folder"),
        (["--save-baseline", "main"], "cannot write .concbench/baselines/main/run.json: "),
        (["--save-baseline", "a/b"], "a baseline's name may have letters"),
        (["--columns", "batch,nothing"], "no column 'nothing'"),
        (["--sort", "-nothing"], "no column 'nothing'"),
        (["--group-by", "nothing"], "cannot group by 'nothing'"),
        ([], "cannot write summaries/of/github: there is no folder"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_measured(tmp_path, words, message):
    (tmp_path / "kept").mkdir()
    (tmp_path / ".concbench").mkdir()
    (tmp_path / ".concbench/baselines").write_text("a file")
    summary = {} if words else {"GITHUB_STEP_SUMMARY": "summaries/of/github"}
    without = "import sys; sys.modules['pyarrow'] = None; from concbench.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", without, "run", *TINY, "-q", *words],
        cwd=tmp_path,
        env=os.environ | summary,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == Exit.USAGE, done.stdout
    assert done.stderr.startswith(f"concbench: {message}")
    assert not (tmp_path / ".concbench/runs").exists()


def test_a_run_that_measured_nothing_has_no_suite_to_export(concbench):
    bad = ["-w", f"{THIRD}:Misbehaving[how=exit]", "-s", "sequential", "--rounds", "2"]
    assert concbench("run", *bad, "-q").returncode == Exit.FAILED
    done = concbench("export", "--to", "pyperf")
    assert done.returncode == Exit.USAGE
    assert "nothing was measured" in done.stderr
    assert concbench("report").returncode == 0
