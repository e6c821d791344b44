"""The app's cache: by what was asked and by what the bundle held when it was asked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar, cast

import streamlit as st

from aegen.core.errors import UnknownName

__all__ = ["Stamp", "bundle_names", "cached", "one_look", "stamp"]

P = ParamSpec("P")
T = TypeVar("T")

Stamp = tuple[str, int, int]
"""Which folder a bundle is, and when its bundle.json was written: another one, another bundle."""


_seen: ContextVar[dict[str, Any] | None] = ContextVar("seen", default=None)
"""What the run of a page that goes on has seen of the folders of bundles."""


@contextmanager
def one_look() -> Iterator[None]:
    """The run of a page, which looks for bundles once, however often it asks for them."""
    token = _seen.set({} if _seen.get() is None else _seen.get())
    try:
        yield
    finally:
        _seen.reset(token)


def _once(key: str, look: Callable[[], T]) -> T:
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

    return list(_once("", lambda: bundles.bundles()))


def stamp(name: str) -> Stamp:
    """The stamp of the bundle of this name now.

    Raises:
        UnknownName: there is none. A path is no name: nobody learns here which folders exist.
    """
    if not name or name not in bundle_names():
        raise UnknownName("bundle", name, bundle_names())
    return _once(name, lambda: _stamp(name))


def _stamp(name: str) -> Stamp:
    from aegen.bundles import find

    folder = find(name)
    try:
        written = (folder / "bundle.json").stat()
    except OSError:  # whoever opens it says what is wrong with it
        return str(folder), 0, 0
    return str(folder), written.st_mtime_ns, written.st_size


def cached(
    max_entries: int, *, copied: bool = False, of: Callable[[str], Stamp] = stamp
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Caches what a function gives, as long as the bundle that it is asked about stays as it is.

    The function's first argument names the bundle: its name, or an object with ``bundle``. All
    arguments must be small and hashable. What is cached is shared by everyone, or ``copied`` for
    each. Things other than bundles say by ``of`` which stamp their names have.
    """

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        def make(mark: Stamp, *args: Any) -> T:
            return cast("Callable[..., T]", function)(*args)

        make.__module__, make.__name__ = function.__module__, function.__name__
        make.__qualname__ = function.__qualname__  # which Streamlit tells functions apart by
        memory: Any = st.cache_data if copied else st.cache_resource
        remembered = memory(make, max_entries=max_entries, show_spinner=False)

        @functools.wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            first: Any = args[0]
            name = first if isinstance(first, str) else first.bundle
            answer: T = remembered(of(name), *args, **kwargs)
            return answer

        return ask

    return wrap
