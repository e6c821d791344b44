"""Where tasks are done: processes of this machine, a Dask cluster, or a Ray cluster.

All three are joblib backends and get the same tasks; joblib's scheduling is used as it is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from aegen.core.errors import AegenError, InvalidInput

__all__ = ["BACKENDS", "Backend", "ClusterError", "connected"]

BACKENDS = ("loky", "dask", "ray")


class ClusterError(AegenError):
    """A cluster that cannot be reached, or whose library is not installed."""


@dataclass(frozen=True)
class Backend:
    """Where tasks are done.

    Attributes:
        name: "loky" for processes of this machine, "dask" or "ray" for a cluster.
        jobs: processes at a time; None for as many as there are cores, or as the cluster has.
        address: of the Dask scheduler or the Ray cluster; None starts one on this machine.
    """

    name: Literal["loky", "dask", "ray"] = "loky"
    jobs: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.name not in BACKENDS:
            raise InvalidInput(f"backend must be one of {', '.join(BACKENDS)}, got {self.name!r}")
        if self.name == "loky" and self.address is not None:
            raise InvalidInput("an address belongs to --backend dask or ray, not to loky")


@contextlib.contextmanager
def connected(backend: Backend) -> Iterator[dict[str, Any]]:
    """Arguments of ``joblib.Parallel`` for a backend, connected as long as the block lasts.

    Raises:
        ClusterError: the cluster cannot be reached, or its library is not installed.
    """
    jobs = backend.jobs or os.cpu_count() or 1
    if backend.name == "loky":
        yield {"n_jobs": jobs, "backend": "loky"}
    else:
        raise NotImplementedError
