"""What fixtures of workloads leave behind: nothing."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from dataclasses import replace

import pytest

from .cases import batches, planned, ready

SERVERS = ["tcp_echo", "tcp_echo[tls=true]", "http_get"]


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where the host of a fixture makes its temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("text", [*SERVERS, "sqlite[rows=9]"])
def test_a_fixture_leaves_no_file_and_no_server(temporary, text):
    spec = planned(text)
    with ready([spec]) as found:
        batches(found[spec.label], "threading", 4, workers=2)
        given = found[spec.label].given
        files = [path.name for path in temporary.rglob("*") if path.is_file()]
        assert files == (["numbers.db"] if spec.name == "sqlite" else [])
    assert list(temporary.iterdir()) == []
    if "port" in given:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", given["port"]), timeout=5)


@pytest.mark.parametrize("text", SERVERS)
def test_a_server_hangs_up_on_clients_that_are_still_there(text):
    spec = planned(text)
    with ready([spec]) as found:
        client = socket.create_connection(("127.0.0.1", found[spec.label].given["port"]), 10)
        batches(found[spec.label], "sequential", 1)  # served in turn: the client has been let in
    with client:
        assert client.recv(1) == b""


def test_a_server_does_not_wait_for_the_answer_that_it_is_giving():
    spec = planned("http_get[delay=29]")
    with ready([spec]) as found:
        client = socket.create_connection(("127.0.0.1", found[spec.label].given["port"]), 10)
        client.sendall(b"GET /1 HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")  # it has begun
    with client:
        assert client.recv(1) == b""


@pytest.mark.parametrize("text", SERVERS)
def test_a_server_ends_while_a_lane_is_still_open(text):
    before = set(threading.enumerate())
    workload = planned(text).build()
    with ExitStack() as lane:
        with workload.fixture() as given:
            made = lane.enter_context(replace(workload, **given).open())
            call = made[0] if isinstance(made, tuple) else made
            call(1)
        assert set(threading.enumerate()) == before


def test_files_are_written_where_one_says_and_none_stays(tmp_path):
    spec = planned(f"file_io[folder={tmp_path},size=9]")
    batches(spec, "threading", 4, workers=2)
    assert list(tmp_path.iterdir()) == []
