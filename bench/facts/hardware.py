"""What a machine is beneath its name: memory, kernel, who runs it; None where nothing tells."""

from __future__ import annotations

import os
import platform
from pathlib import Path

ROOT = Path("/")
CONTAINERS = {".dockerenv": "docker", "run/.containerenv": "podman"}
"""Files that a container has."""


def memory_bytes() -> int | None:
    """All there is; not what a control group may use."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, others lack a name
        return None


def kernel() -> str:
    """`Linux 6.1.0-18-amd64`."""
    return f"{platform.system()} {platform.release()}".strip()


def virtualisation(root: Path = ROOT) -> str | None:
    """`none`, or what it runs in as far as it tells: `Amazon EC2 t3.large, docker`."""
    told = _text(root, "proc/cpuinfo")
    if told is None:
        return None
    flags = next((line for line in told.splitlines() if line.startswith("flags")), "")
    found = [_product(root)] if "hypervisor" in flags.split() else []
    found += [name for file, name in CONTAINERS.items() if (root / file).exists()]
    return ", ".join(found) or "none"


def _product(root: Path) -> str:
    parts = (_text(root, f"sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name"))
    return " ".join(filter(None, parts)) or "hypervisor"


def _text(root: Path, path: str) -> str | None:
    try:
        return (root / path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
