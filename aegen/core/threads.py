"""One thread for what computes: for equal bytes, and small matrices."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["one_blas_thread", "one_thread"]


@contextmanager
def one_thread() -> Iterator[None]:
    """A context in which numpy, scipy, scikit-learn and torch use one thread; torch keeps to it.

    Torch is not loaded for this, which takes two seconds: where the block is the first to load
    it, it reads the number from the environment.
    """
    from threadpoolctl import threadpool_limits

    if "torch" in sys.modules:
        import torch

        if torch.get_num_threads() != 1:
            torch.set_num_threads(1)
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        with threadpool_limits(limits=1):
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
    return _libraries().limit(limits=1)


@functools.cache
def _libraries() -> Any:
    import scipy.linalg  # noqa: F401 - brings a BLAS of its own beside numpy's
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
