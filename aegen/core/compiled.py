"""Loops compiled by numba on first call, kept on disk where that can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """``function`` as machine code, without the interpreter's lock while it runs.

    Nothing is compiled before the first call. No fast-math: the same input gives the same bits on
    every x86-64 processor.
    """
    try:
        return cast("F", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # neither beside the package nor in the home may anything be written
        return cast("F", numba.njit(nogil=True, error_model="numpy")(function))
