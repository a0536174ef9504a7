"""What parameters may not be, and what cannot run here."""

from __future__ import annotations

import importlib.util

import pytest

from concbench.errors import UsageError
from concbench.plan.plugins import reason

from .cases import planned

WRONG = [
    ("file_io[size=0]", "size must be between 1 and 100,000,000 bytes, not 0"),
    ("file_io[folder=/nowhere/at/all]", "there is no folder /nowhere/at/all"),
    ("sqlite[rows=0]", "rows must be between 1 and 1,000,000, not 0"),
    ("cpu_native[kind=md5]", "kind must be sha256 or zlib, not 'md5'"),
    ("cpu_native[size=2047]", "between 8192 bytes, below which the GIL is not released"),
    ("cpu_numpy[size=500]", "size must be between 1000 and 2,000,000, not 500"),
    ("mixed[ratio=1.5]", "ratio must be between 0 (all computing) and 1 (all waiting), not 1.5"),
    ("mixed[seconds=-1]", "seconds must be between 0 and 3600, not -1.0"),
    ("payload[size=0]", "size must be between 1 and 100,000,000 bytes, not 0"),
    ("tcp_echo[size=0]", "size must be between 1 and 100,000,000 bytes, not 0"),
    ("tcp_echo[tls=yes]", "'tls' must be true or false, not 'yes'"),
    ("pipeline[items=0]", "items must be between 1 and 10,000, not 0"),
    ("pipeline[consumers=0]", "consumers must be between 1 and 10,000, not 0"),
    ("pipeline[room=0]", "room must be between 1 and 10,000, not 0"),
    ("pipeline[seconds=-1]", "seconds must be between 0 and 60, not -1.0"),
    ("stream[items=-1]", "items must be between 0 and 1,000,000, not -1"),
    ("stream[seconds=61]", "seconds must be between 0 and 60, not 61.0"),
    ("timers[by=sleep]", "by must be call_later or call_at, not 'sleep'"),
    ("timers[seconds=-1]", "seconds must be between 0 and 60, not -1.0"),
    ("timers[ticks=0]", "ticks must be between 1 and 1,000,000, not 0"),
    ("http_get[client=curl]", "client must be default or httpx, not 'curl'"),
    ("http_get[size=-1]", "size must be between 0 and 100,000,000 bytes, not -1"),
    ("http_get[url=http://host/,size=9]", "size is that of our own server's answers"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_parameter_that_cannot_be_is_refused_and_said(text, said):
    with pytest.raises(UsageError) as caught:
        planned(text)
    assert str(caught.value).startswith(f"{text.partition('[')[0]}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cpu_numpy", "numpy is not installed: pip install 'concbench[numpy]'"),
        ("http_get[client=httpx]", "httpx is not installed: pip install 'concbench[httpx]'"),
        ("http_get", ""),
        ("tcp_echo[tls=true]", "tls=true needs the command openssl, for a certificate"),
        ("tcp_echo", ""),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(monkeypatch, text, why):
    spec = planned(text)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    assert reason(spec.build()) == why
