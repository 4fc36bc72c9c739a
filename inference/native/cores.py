"""How many threads a model should use here.

More threads than physical cores only wait for each other, and a container may have fewer than its machine shows.
"""

import os
from pathlib import Path
from typing import Final

_TOPOLOGY: Final = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/cpu.max")


def usable_cores() -> int:
    """Physical cores that this process may run on, at least 1, no more than its control group pays for."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    cores = len({_siblings(cpu) for cpu in cpus})
    return max(1, min(cores, _paid_cores(_read(_CGROUP_LIMIT)) or cores))


def _siblings(cpu: int) -> str:
    """Names the physical core: its hardware threads, as Linux lists them; the cpu itself where it does not."""
    return _read(Path(_TOPOLOGY.format(cpu))) or str(cpu)


def _paid_cores(limit: str) -> int | None:
    """From cgroup v2's cpu.max, "QUOTA PERIOD" or "max PERIOD": whole cores, None for no limit."""
    quota, _, period = limit.partition(" ")
    if not (quota.isdigit() and period.isdigit() and int(period)):
        return None
    return max(1, int(quota) // int(period))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
