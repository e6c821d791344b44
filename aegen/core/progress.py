"""How far a long computation is, told without threading a callback through every function.

Whoever starts the work says where reports go (``with reporting(print)``); the work calls `report`
as it goes. Nobody listening costs nothing. A listener that raises stops the work, which is how a
job is cancelled between two steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["listener", "portion", "report", "reporting"]

Listener = Callable[[float, str], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def listener() -> Listener:
    """Where reports go from here; what is said to it does nothing where nobody listens."""
    return _listener.get() or (lambda share, text: None)


def report(share: float, text: str = "") -> None:
    """Say that ``share`` (0 to 1) of the work is done, and in ``text`` how it stands."""
    to = _listener.get()
    if to is not None:
        to(min(max(share, 0.0), 1.0), text)


@contextmanager
def reporting(to: Listener) -> Iterator[None]:
    """Send what is reported inside the block to ``to(share, text)``.

    Example:
        >>> with reporting(lambda share, text: print(f"{share:.0%} {text}")):
        ...     report(0.5, "half way")
        50% half way
    """
    token = _listener.set(to)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def portion(start: float, end: float) -> Iterator[None]:
    """What is reported inside the block, 0 to 1, is the whole work's ``start`` to ``end``.

    Example:
        >>> with reporting(lambda share, text: print(f"{share:.0%} {text}")):
        ...     with portion(0.2, 0.4):
        ...         report(0.5, "half of a fifth")
        30% half of a fifth
    """
    whole = _listener.get()
    if whole is None:
        yield
        return
    with reporting(lambda share, text: whole(start + (end - start) * share, text)):
        yield
