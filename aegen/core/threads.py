"""One thread for the linear algebra of numpy and scipy: for equal bytes, and small matrices."""

from __future__ import annotations

import functools
from typing import Any

__all__ = ["one_blas_thread"]


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
