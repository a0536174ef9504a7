"""Every built-in workload, small, with the answers that it must give, got by another route."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from concbench.driver.fixtures import running
from concbench.lanes import Lanes
from concbench.plan.cells import plan
from concbench.plan.plugins import find
from concbench.plan.settings import resolve
from concbench.processes.children import Children
from concbench.spec import Spec


@dataclass(frozen=True)
class Case:
    """A workload, as one writes it, and the answer of its task i."""

    text: str
    answer: Callable[[int], Any] = field(repr=False)
    tasks: int = 6

    def __str__(self) -> str:
        return self.text

    @property
    def spec(self) -> Spec:
        return planned(self.text)

    @property
    def answers(self) -> list[Any]:
        return [self.answer(i) for i in range(self.tasks)]


REPEATED = (bytes(range(251)) * 40)[:9000]
CASES = [
    Case("io_sleep[seconds=0.001]", lambda i: i),
    Case("cpu_sum[size=10]", lambda i: sum(n * n for n in range(i, i + 10))),
    Case("noop", lambda i: i),
    Case("file_io[size=5000]", lambda i: zlib.crc32(b"%05000d" % i)),
    Case("sqlite[rows=50]", lambda i: sum(n * (n + i) for n in range(50))),
    Case("cpu_native[size=9000]", lambda i: sha256(b"%d" % i + REPEATED).hexdigest()),
    Case("cpu_native[kind=zlib,size=9000]", lambda i: zlib.crc32(REPEATED, i)),
    Case("cpu_numpy[size=1000]", lambda i: sum(n * n for n in range(i, i + 1000))),
    # 15 of 30 million steps a second for half a millisecond.
    Case("mixed[seconds=0.001,ratio=0.5]", lambda i: sum(n * n for n in range(i, i + 15_000)) + i),
    Case("payload[size=5000]", lambda i: f"{i:05000d}"),
    Case("tcp_echo[size=3000]", lambda i: zlib.crc32(b"%03000d" % i)),
    Case("tcp_echo[size=3000,tls=true]", lambda i: zlib.crc32(b"%03000d" % i)),
    Case("pipeline[items=7,seconds=0]", lambda i: [i + n * n for n in range(7)]),
    Case("pipeline[items=3,consumers=5,room=1]", lambda i: [i, i + 1, i + 4]),
    Case("stream[items=4,seconds=0]", lambda i: [i, i + 1, i + 4, i + 9]),
    Case("timers[seconds=0.001,ticks=3]", lambda i: [i, i + 1, i + 2]),
    Case("timers[by=call_at,seconds=0.001,ticks=3]", lambda i: [i, i + 1, i + 2]),
    Case("http_get[delay=0]", lambda i: [200, 1, str(i)]),
    Case("http_get[delay=0,size=5000]", lambda i: [200, 5000, f"{i:020d}"]),
    Case("http_get[delay=0,client=httpx]", lambda i: [200, 1, str(i)]),
]


def planned(text: str) -> Spec:
    """The workload that the text means, as a run would take it."""
    (one,) = plan(resolve({"workload": (text,), "strategy": ("sequential",)}))
    return one.cell.workload


@contextmanager
def ready(specs: Iterable[Spec]) -> Iterator[dict[str, Spec]]:
    """The workloads with what their fixtures give, by label."""
    specs = list(specs)
    with Children() as children, running(children, specs) as fixtures:
        yield {one.label: replace(one, given=fixtures.given.get(one.label, {})) for one in specs}
    assert not fixtures.trouble


def batches(
    workload: Spec, strategy: str, tasks: int, **params: object
) -> tuple[list[Any], list[Any], Lanes]:
    """The results of two batches, and the lanes that ran them."""
    lanes = Lanes(workload)
    with Spec(strategy, find("strategies", strategy).target, params).build().open(lanes) as batch:
        numbers = lanes.tasks(tasks)
        return batch(numbers), batch(numbers), lanes
