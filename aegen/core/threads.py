"""One thread for what computes: for equal bytes, and small matrices."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

__all__ = ["few_threads", "one_blas_thread", "one_thread"]

WORTH = 2**28
"""Operations from which on a second thread is worth waiting for: one takes milliseconds."""


@contextmanager
def one_thread() -> Iterator[None]:
    """A context in which numpy, scipy, scikit-learn and torch use one thread; torch keeps to it.

    Torch is not loaded for this, which takes two seconds: where the block is the first to load
    it, it reads the number from the environment.
    """
    if "torch" in sys.modules:
        import torch

        if torch.get_num_threads() != 1:
            torch.set_num_threads(1)
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        with _all_libraries(len(sys.modules)).limit(limits=1):
            yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


def one_blas_thread() -> Any:
    """A context in which BLAS uses one thread.

    As ``threadpoolctl.threadpool_limits``, which looks for the libraries at each call: that takes
    milliseconds, many times what a small matrix does.

    Example:
        >>> with one_blas_thread():
        ...     pass
    """
    return _libraries("blas").limit(limits=1)


def few_threads(operations: int, library: str = "blas") -> Any:
    """A context for so many ``operations``: few are done by one thread.

    Threads wait for each other. Where other work has the other cores, that takes milliseconds a
    call, many times what a small product does. The ``library`` is "blas", or "openmp" for
    scikit-learn's, which should be loaded by now.

    Example:
        >>> with few_threads(1000):
        ...     pass
    """
    return nullcontext() if operations >= WORTH else _libraries(library).limit(limits=1)


@functools.lru_cache(maxsize=1)
def _all_libraries(modules: int) -> Any:
    """Looked for anew, which takes milliseconds, where a module was loaded that may bring one."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@functools.cache
def _libraries(kind: str) -> Any:
    import scipy.linalg  # noqa: F401 - brings a BLAS of its own beside numpy's
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api=kind)
