"""Text that came from elsewhere, as words: its signs are kept from meaning markup."""

from __future__ import annotations

__all__ = ["duration", "plain", "sentence"]


def plain(text: str) -> str:
    r"""``text`` for a place where Streamlit reads Markdown, so that it shows as it is.

    Example:
        >>> print(plain("a_b"))
        a\_b
    """
    return "".join("\\" + sign if sign in "\\`*_[]$#~:<>" else sign for sign in text)


def sentence(text: str) -> str:
    """``text`` as `plain` words, begun with a capital."""
    found = plain(text)
    return found[:1].upper() + found[1:]


def duration(seconds: float) -> str:
    """A duration in words.

    Example:
        >>> duration(0.0023), duration(0.0997), duration(1.23), duration(75)
        ('2.3 ms', '100 ms', '1.2 s', '1 min 15 s')
    """
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.01 else f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return f"{int(seconds + 0.5) // 60} min {int(seconds + 0.5) % 60} s"
