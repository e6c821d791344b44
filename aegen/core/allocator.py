"""Memory kept between equal steps of a long loop, where the C library is glibc.

glibc maps each block of some megabytes anew and gives it back when it is freed, so a loop that
needs the same blocks in each step has the kernel clear the same pages each time: a quarter of the
time of a step that trains a convolutional network on a processor.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["kept_memory"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
USUAL_MMAP, USUAL_TRIM = 32 * 2**20, 64 * 2**20
"""Bytes that glibc itself raises them to in a process that frees large blocks.

It no longer does once they were set: left as they are at the start of a process, 128 KB, every
larger block is mapped anew from then on, and arithmetic takes up to four times as long.
"""

LARGE = 2**30


@contextlib.contextmanager
def kept_memory() -> Iterator[None]:
    """Freed memory stays with the process within; after it, it goes back to the system.

    Elsewhere than on Linux with glibc it does nothing. It holds for all threads of the process.

    Source: mallopt(3) and malloc_trim(3) of the GNU C library.

    Example:
        >>> with kept_memory():
        ...     total = sum(range(3))
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(M_MMAP_THRESHOLD, LARGE)
    library.mallopt(M_TRIM_THRESHOLD, LARGE)
    try:
        yield
    finally:
        library.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP)
        library.mallopt(M_TRIM_THRESHOLD, USUAL_TRIM)
        library.malloc_trim(0)


@functools.cache
def _glibc() -> Any | None:
    """The C library of this process, if it is glibc."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    known = all(hasattr(library, name) for name in ("mallopt", "malloc_trim"))
    return library if known else None
