"""Fair turns: who has the least at work comes next, and of those who has waited longest."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable

__all__ = ["Turn", "Turns"]


class Turns:
    """So many turns at a time, given in rotation to those who wait.

    Args:
        most: turns at a time.
        each: gives how many of them one owner may have at a time; by default all.
        strangers: gives whether owners are strangers, of whom none hurries ahead of another.

    Example:
        >>> turns = Turns(1)
        >>> first, second, other = turns.queue("ann"), turns.queue("ann"), turns.queue("bob")
        >>> first.wait(0), second.wait(0), other.wait(0)
        (True, False, False)
        >>> first.leave()
        >>> second.wait(0), other.wait(0)  # since ann has just had one
        (False, True)
    """

    def __init__(
        self,
        most: int,
        each: Callable[[], int] | None = None,
        strangers: Callable[[], bool] = lambda: True,
    ) -> None:
        self._most, self._each, self._strangers = most, each or (lambda: most), strangers
        self._lock = threading.Lock()
        self._waiting: list[Turn] = []
        self._at_work: Counter[str] = Counter()
        self._last: dict[str, int] = {}
        self._count = itertools.count(1)

    def queue(self, owner: str) -> Turn:
        """A place in the queue."""
        turn = Turn(self, owner)
        with self._lock:
            self._waiting.append(turn)
            self._give()
        return turn

    def hurry(self, turn: Turn) -> None:
        """Let it come before others that wait: of its own owner, or of all where that is fair."""
        with self._lock:
            turn.hurried = next(self._count)
            self._give()

    @property
    def crowded(self) -> bool:
        """Whether more than one has a turn or waits for one."""
        with self._lock:
            return self._at_work.total() + len(self._waiting) > 1

    def leave(self, turn: Turn) -> None:
        """Give a turn back, or no longer wait for it; a second call does nothing."""
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.given.is_set() and not turn.over:
                self._at_work -= Counter([turn.owner])
            turn.over = True
            self._give()

    def _give(self) -> None:
        """Free turns to those who wait; the lock is held."""
        while self._at_work.total() < self._most:
            each = self._each()
            able = [turn for turn in self._waiting if self._at_work[turn.owner] < each]
            if not able:
                break
            turn = min(able, key=self._rank)
            self._waiting.remove(turn)
            self._at_work[turn.owner] += 1
            self._last[turn.owner] = next(self._count)
            turn.given.set()
        if not self._waiting and not self._at_work:
            self._last.clear()  # nobody to be fair to

    def _rank(self, turn: Turn) -> tuple[int, int, int, int]:
        """Who comes first; of those who hurry, the last who did."""
        fair = (self._at_work[turn.owner], self._last.get(turn.owner, 0))
        return (0 if self._strangers() else -turn.hurried, *fair, -turn.hurried)


class Turn:
    """A place in the queue of `Turns`.

    Attributes:
        owner: whose it is.
        given: set when it is this one's turn.
        over: whether it was left.
        hurried: when it was let ahead, counted; 0 for never.
    """

    def __init__(self, turns: Turns, owner: str) -> None:
        self._turns, self.owner = turns, owner
        self.given, self.over, self.hurried = threading.Event(), False, 0

    def wait(self, seconds: float) -> bool:
        """Whether the turn has come within so many seconds."""
        return self.given.wait(seconds)

    def hurry(self) -> None:
        """Come before others that wait."""
        self._turns.hurry(self)

    def leave(self) -> None:
        """Give it back, or no longer wait for it."""
        self._turns.leave(self)
