"""The epoch that a mask map shows, followed by another part of the page while it is moved."""

from __future__ import annotations

from collections.abc import Callable

from aegen.app.components.mount import callback, component

__all__ = ["follow_epoch"]

_component = component("epoch")


def follow_epoch(
    of: str, epoch: int | None, *, key: str, on_epoch: Callable[[int], None] | None = None
) -> None:
    """Listens to the mask map with the key ``of``; in a part of a page of its own.

    ``on_epoch`` gets its epoch before a run of that part, where it is not ``epoch``, which the
    part shows.
    """
    _component(
        key=key, data={"of": of, "epoch": epoch}, on_epoch_change=callback(key, "epoch", on_epoch)
    )
