"""The memory that the process may have, and what it has.

It may have the least of what the machine, its control groups (of either version: containers, services of systemd) and
``ulimit -v`` leave it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PART_OF_MACHINE = 1 / 2
"""The part of the machine's memory that is used where nothing else is set; other programs share the machine."""
PART_OF_LIMIT = 3 / 4
"""The part of a limit that is the process's own; what is left makes up for needs that were predicted too low."""
_ARENAS = -8  # M_ARENA_MAX of glibc's mallopt.
_LARGE = -3  # M_MMAP_THRESHOLD


def default_budget() -> int:
    """Bytes that the process is to use at most where no setting says so."""
    limits = [*control_group_limits(), address_space() or sys.maxsize]
    return int(min(PART_OF_MACHINE * machine_bytes(), PART_OF_LIMIT * min(limits)))


def machine_bytes() -> int:
    """The memory of the machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def address_space() -> int | None:
    """The limit of the process's address space (``ulimit -v``), in bytes; None where there is none."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def control_group_limits(process: Path = Path("/proc/self"), root: Path = Path("/sys/fs/cgroup")) -> Iterator[int]:
    """The limits of the control groups that the process is in, and of those around them."""
    with suppress(OSError):
        for line in (process / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                yield from _limits(root, path, "memory.max")
            elif "memory" in controllers.split(","):
                yield from _limits(root / "memory", path, "memory.limit_in_bytes")


def _limits(root: Path, path: str, name: str) -> Iterator[int]:
    """The limits that stand in the folder ``path`` and in those above it, of which a container may see a few only."""
    group = root / path.lstrip("/")
    for folder in (group, *group.parents):
        if folder.is_relative_to(root):
            with suppress(OSError, ValueError):  # "max" is no limit.
                yield int((folder / name).read_text())


def process_bytes() -> int:
    """The memory that the process has: its address space where that is what is limited, else what is resident."""
    try:
        size, resident = Path("/proc/self/statm").read_text().split()[:2]
    except OSError:
        import resource

        # The most so far, in kilobytes, on macOS in bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return int(size if address_space() is not None else resident) * os.sysconf("SC_PAGE_SIZE")


def ensure(nbytes: int) -> None:
    """Raise MemoryError where so many bytes are not to be had.

    Asked before JSON is parsed or written: where memory runs out within, orjson ends the process with a segmentation
    fault, and jiter, as Rust does, by aborting it. Both hold the interpreter's lock meanwhile.
    """
    bytearray(nbytes)  # Of the system's zeros, so nothing is written.


def return_freed_memory() -> None:
    """Make the allocator, where it is glibc's, give large blocks back to the system once they are freed.

    By default it keeps a heap of 64 MB of address space for almost every thread, and learns not to give back what is
    often asked for.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENAS, 2)
        library.mallopt(_LARGE, 2**20)
