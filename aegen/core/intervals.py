"""Intervals by counting: of a median, and of a share.

SciPy's statistics have both and take half a second to load, so these are from its functions.
"""

from __future__ import annotations

import math

__all__ = ["median_interval", "wilson_interval"]


def median_interval(n: int, level: float = 0.95) -> tuple[int, int]:
    """Places, from 0, of two of ``n`` sorted draws between which their law's median lies.

    It does so with probability ``level`` at least: how many draws lie below it is binomial. The
    interval is the narrowest that is symmetric; of few draws it is all of them, which may hold the
    median less often.

    Reference: W. R. Thompson, On Confidence Ranges for the Median, 1936.

    Example:
        >>> median_interval(31)
        (9, 21)
    """
    from scipy.special import bdtr, bdtrik

    tail = (1 - level) / 2
    below = math.ceil(bdtrik(tail, n, 0.5))
    if below and bdtr(below - 1, n, 0.5) >= tail:  # the inverse is rounded
        below -= 1
    low = max(0, below - 1)
    return low, n - 1 - low


def wilson_interval(found: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a share of which ``found`` of ``n`` were seen, within 0 and 1.

    Reference: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference,
    1927.

    Example:
        >>> [round(end, 3) for end in wilson_interval(50, 100)]
        [0.404, 0.596]
    """
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    found, n = int(found), int(n)
    centre = (2 * found + z**2) / (2 * (n + z**2))
    half = z / (2 * (n + z**2)) * math.sqrt(4 * found * (1 - found / n) + z**2)
    return 0.0 if found == 0 else centre - half, 1.0 if found == n else centre + half
