"""Takes away what macOS or Windows lacks: on PYTHONPATH, from a process and its children."""

import os
import signal
import subprocess
import sys

import psutil  # it rests on what Linux has, and elsewhere has other sources

subprocess.Popen.kill = lambda process: process.send_signal(9)  # Windows has a way of its own
subprocess._CAN_USE_PIDFD_OPEN = False  # Python 3.15 looks once, when it is imported
if hasattr(os, "process_cpu_count"):
    os.process_cpu_count = os.cpu_count  # as it is without affinity
for module, names in {
    os: ("fork", "forkpty", "pidfd_open", "sched_getaffinity", "sched_setaffinity"),
    signal: ("SIGKILL", "pidfd_send_signal"),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
sys.modules["resource"] = None


def without_proc(event, given):
    if event not in ("open", "os.listdir", "os.scandir") or not str(given[0]).startswith("/proc"):
        return
    if not sys._getframe(1).f_globals.get("__name__", "").startswith(psutil.__name__):
        raise FileNotFoundError(2, "there is no /proc here", given[0])


sys.addaudithook(without_proc)
