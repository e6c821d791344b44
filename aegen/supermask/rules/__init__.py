"""How scores become a mask, one file a rule; `rules` finds them.

Start with ``base.py`` for what one is and ``signed.py`` for the paper's own.
"""

from __future__ import annotations

from aegen.core.errors import InvalidInput
from aegen.core.family import Family
from aegen.supermask.rules.base import Rule

__all__ = ["Rule", "masking", "rules"]

rules: Family[Rule] = Family("aegen.supermask.rules", "aegen.supermask.rules.base:Rule", "rule")
"""All rules by name: ``rules.names()``, ``rules.create("signed")``."""


def masking(name: str) -> Rule:
    """The rule of this name, one that masks.

    Raises:
        InvalidInput: there is none.

    Example:
        >>> masking("signed").title
        'Signed supermask'
    """
    known = [each for each in rules if rules.get(each).masked]
    if name not in known:
        raise InvalidInput(f"rule must be one of {', '.join(known)}, got {name!r}")
    return rules.create(name)
