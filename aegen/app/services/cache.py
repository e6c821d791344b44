"""The app's cache: by what was asked and by what the bundle held when it was asked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import streamlit as st

from aegen.core.errors import UnknownName

__all__ = ["Stamp", "bundle_names", "cached", "stamp"]

P = ParamSpec("P")
T = TypeVar("T")

Stamp = tuple[str, int, int]
"""Which folder a bundle is, when its bundle.json was written, and which file it is: another one,
another bundle, also where a clock was set back in between."""


def bundle_names() -> list[str]:
    """Names of the bundles there are."""
    from aegen.bundles import bundles

    return bundles()


def stamp(name: str) -> Stamp:
    """The stamp of the bundle of this name now.

    Raises:
        UnknownName: there is none.
    """
    from aegen.bundles import find

    if not name:
        raise UnknownName("bundle", name, bundle_names())
    folder = find(name)
    try:
        written = (folder / "bundle.json").stat()
    except OSError:  # whoever opens it says what is wrong with it
        return str(folder), 0, 0
    return str(folder), written.st_mtime_ns, written.st_ino


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
