"""Memory kept within a loop, and an allocator that works as well after it as before."""

import ctypes
import platform

import pytest

from aegen.core.allocator import kept_memory

MEGABYTE = 2**20
VAST = 900
"""Megabytes: less than are kept, and more than lie free in any process of tests; none is used."""

LIBRARY, VERSION = platform.libc_ver()

pytestmark = pytest.mark.skipif(
    LIBRARY != "glibc" or tuple(map(int, VERSION.split(".")[:2])) < (2, 35),
    reason="before 2.35 glibc maps large blocks whatever it is told, and others tell nothing",
)


class Figures(ctypes.Structure):
    """What mallinfo2(3) tells: the fourth is the number of blocks that are mapped."""

    _fields_ = [(f"figure{k}", ctypes.c_size_t) for k in range(10)]


def is_mapped(megabytes):
    """Whether a block of this size is mapped on its own, and so given back when it is freed."""
    library = ctypes.CDLL(None)
    library.mallinfo2.restype = Figures
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    before = library.mallinfo2().figure3
    block = library.malloc(megabytes * MEGABYTE)
    after = library.mallinfo2().figure3
    library.free(block)
    return after > before


def test_large_blocks_are_kept_within_and_given_back_after():
    with kept_memory():
        assert not is_mapped(VAST)
    assert is_mapped(VAST)


def test_blocks_of_a_few_megabytes_are_not_mapped_anew_for_ever_after():
    with kept_memory():
        pass
    assert not is_mapped(1)
    assert not is_mapped(8)
