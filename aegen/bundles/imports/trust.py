"""What may run code is read only where a person says so."""

from __future__ import annotations

from pathlib import Path

from aegen.core.errors import StorageError

__all__ = ["require_trust"]


def require_trust(path: Path | str, trust_code: bool, why: str) -> None:
    """Refuse what may run code, unless it is trusted.

    Args:
        path: the file or the module.
        trust_code: whether a person trusts it.
        why: what it is, such as "is a pickle, which may run code when it is read".

    Raises:
        StorageError: it is not trusted.

    Example:
        >>> require_trust("net.pt", True, "is a pickle")
    """
    if not trust_code:
        raise StorageError(
            path, f"{why}: if you trust it, say trust_code=True (in a command --trust-code)"
        )
