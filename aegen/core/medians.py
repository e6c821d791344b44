"""Between which values of a sample the median of what it comes from lies."""

from __future__ import annotations

import math

__all__ = ["median_interval"]


def median_interval(n: int, level: float = 0.95) -> tuple[int, int]:
    """Places, from 0, of two of ``n`` sorted values that hold the median at ``level``.

    How many values lie below it is binomial; the interval is the narrowest that is symmetric, and
    of few values all there are, which may hold it less often.

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
