"""Signals and outcomes in this process; test_cli.py has whole commands."""

from __future__ import annotations

import os
import signal

import pytest
import typer

from concbench.cli.exit import ending


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_disturb_the_clean_up(number, capfd):
    cleaned = []

    with pytest.raises(typer.Exit) as end, ending():
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            cleaned.append(True)
    assert end.value.exit_code == 130
    assert cleaned
    assert "saving" in capfd.readouterr().err


def test_handlers_are_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(typer.Exit), ending():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with pytest.raises(typer.Exit) as end, ending():
            os.kill(os.getpid(), signal.SIGHUP)
        assert end.value.exit_code == 0
    finally:
        signal.signal(signal.SIGHUP, before)
