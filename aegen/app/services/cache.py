"""The app's cache: by what was asked and by what the bundle held when it was asked."""

from __future__ import annotations

import functools
import inspect
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
import streamlit as st

from aegen.core.errors import UnknownName

__all__ = ["EACH", "Stamp", "bundle_names", "cached", "once", "one_look", "stamp"]

EACH = 64
"""What is remembered of what visitors do, each something else, so that none has it made twice."""

# Streamlit warns of each cache that is declared before its server runs, as all of ours are.
logging.getLogger("streamlit.runtime.caching.cache_data_api").addFilter(
    lambda record: "No runtime found" not in record.getMessage()
)

P = ParamSpec("P")
T = TypeVar("T")

Stamp = tuple[str, int, int]
"""Which folder a bundle is, when its bundle.json was written, and which file it is: another one,
another bundle, also where a clock was set back in between."""


_seen: ContextVar[dict[Hashable, Any] | None] = ContextVar("seen", default=None)
"""What the run of a page that goes on has seen: folders of bundles and tickets, and answers."""


@contextmanager
def one_look() -> Iterator[None]:
    """The run of a page, which looks for files once, however often it asks for them."""
    token = _seen.set({} if _seen.get() is None else _seen.get())
    try:
        yield
    finally:
        _seen.reset(token)


def once(key: Hashable, look: Callable[[], T]) -> T:
    """What ``look`` gives, asked for once in the run of a page."""
    seen = _seen.get()
    if seen is None:
        return look()
    if key not in seen:
        seen[key] = look()
    found: T = seen[key]
    return found


def bundle_names() -> list[str]:
    """Names of the bundles there are."""
    from aegen import bundles

    return list(once("", lambda: bundles.bundles()))


def stamp(name: str) -> Stamp:
    """The stamp of the bundle of this name now.

    Raises:
        UnknownName: there is none. A path is no name: nobody learns here which folders exist.
    """
    if not name or name not in bundle_names():
        raise UnknownName("bundle", name, bundle_names())
    return once(name, lambda: _stamp(name))


def _stamp(name: str) -> Stamp:
    from aegen.bundles import discovery, find

    known = once("/", lambda: {each.name: each for each in reversed(discovery._folders())})
    folder = known.get(name) or find(name)
    try:
        written = (folder / "bundle.json").stat()
    except OSError:  # whoever opens it says what is wrong with it
        return str(folder), 0, 0
    return str(folder), written.st_mtime_ns, written.st_ino


class Budget:
    """What is kept of large things: those used last, as many as memory may hold.

    Args:
        entries: how many there are at most.
        megabytes: gives how many they may have together.
        forget: called with the arguments of what is no longer kept.
    """

    def __init__(
        self, entries: int, megabytes: Callable[[], int], forget: Callable[..., None]
    ) -> None:
        self._entries, self._megabytes, self._forget = entries, megabytes, forget
        self._sizes: OrderedDict[tuple[Any, ...], int] = OrderedDict()
        self._lock = threading.Lock()

    def used(self, key: tuple[Any, ...], value: Any) -> None:
        """Note that it is there and was asked for now."""
        with self._lock:
            if key not in self._sizes:
                self._sizes[key] = held(value)
            self._sizes.move_to_end(key)
            gone = []
            total, most = sum(self._sizes.values()), self._megabytes() * 10**6
            while len(self._sizes) > (1 if total > most else self._entries):
                old, size = self._sizes.popitem(last=False)
                total -= size
                gone.append(old)
        for old in gone:
            self._forget(*old)


def held(value: Any) -> int:
    """Bytes of the arrays and texts in a value, but for a bundle, which is shared.

    Example:
        >>> held({"a": [np.zeros(3), np.zeros(2)], "b": b"1234"})
        44
    """
    from aegen.bundles import Bundle

    total, seen, left = 0, set[int](), [value]
    while left:
        part = left.pop()
        if id(part) in seen or isinstance(part, (Bundle, type)):
            continue
        seen.add(id(part))
        if isinstance(part, np.ndarray):
            total += part.nbytes
        elif isinstance(part, (bytes, str)):
            total += len(part)
        elif isinstance(part, Mapping):
            left += part.values()
        elif isinstance(part, (list, tuple, set, frozenset)):
            left += part
        elif hasattr(part, "element_size"):  # a tensor
            total += part.element_size() * part.nelement()
        elif hasattr(part, "__dict__"):
            left += vars(part).values()
    return total


def cached(
    max_entries: int,
    *,
    copied: bool = False,
    of: Callable[[str], Stamp] = stamp,
    megabytes: Callable[[], int] | None = None,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Caches what a function gives, as long as the bundle that it is asked about stays as it is.

    The function's first argument names the bundle: its name, or an object with ``bundle``. All
    arguments must be small and hashable. What is cached is shared by everyone, or ``copied`` for
    each. Things other than bundles say by ``of`` which stamp their names have. Of what is large,
    as many as hold so many ``megabytes`` stay, and the last in any case.
    """

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        def make(mark: Stamp, *args: Any) -> T:
            return cast("Callable[..., T]", function)(*args)

        make.__module__, make.__name__ = function.__module__, function.__name__
        make.__qualname__ = function.__qualname__  # which Streamlit tells functions apart by
        # Streamlit asks for it at each call, for each argument.
        make.__signature__ = inspect.signature(make)  # type: ignore[attr-defined]
        memory: Any = st.cache_data if copied else st.cache_resource
        remembered = memory(make, max_entries=max_entries, show_spinner=False)
        budget = None if megabytes is None else Budget(max_entries, megabytes, remembered.clear)

        @functools.wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            first: Any = args[0]
            name = first if isinstance(first, str) else first.bundle
            mark = of(name)

            def answer() -> T:
                found: T = remembered(mark, *args, **kwargs)
                if budget is not None:
                    budget.used((mark, *args), found)
                return found

            # Streamlit makes texts of the arguments each time, which adds up in the run of a page.
            return answer() if copied else once((ask, mark, args, *kwargs.items()), answer)

        return ask

    return wrap
