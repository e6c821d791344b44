"""Which files may come in: those that the visitor's page asks for, within what memory may hold."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field

from aegen.app.server.sharing import sharing

__all__ = ["FULL", "Refused", "UploadGate", "gate"]

FULL = 507
"""The status where memory is full."""

MEGABYTE = 2**20
"""As Streamlit counts them where it limits a file."""


class Refused(Exception):
    """A file that may not come in: a status of HTTP, and a sentence.

    A browser shows the status only; where memory is full, the page says the sentence (`noted`).
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass
class _Session:
    """What one session's page takes, by field in bytes, what is on its way, what it is to say."""

    visitor: str
    fields: dict[str, int] = field(default_factory=dict)
    coming: int = 0
    noted: list[str] = field(default_factory=list)


class UploadGate:
    """All sessions' fields for files.

    Example:
        >>> gate = UploadGate()
        >>> gate.accept("session", "ann", "ticket", 50)
        >>> gate.admit("session", 1000, {})
        >>> gate.admit("other", 1000, {})
        Traceback (most recent call last):
        aegen.app.server.upload_gate.Refused: this page takes no file: open the page that does
    """

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def accept(
        self, session: str, visitor: str, name: str, megabytes: int, visit: object = None
    ) -> None:
        """The page has a field ``name`` for files of so many megabytes.

        The session is forgotten when ``visit`` goes, its memory.
        """
        with self._lock:
            if session not in self._sessions and visit is not None:
                weakref.finalize(visit, self.forget, session)
            known = self._sessions.setdefault(session, _Session(visitor))
            known.visitor, known.fields[name] = visitor, megabytes * MEGABYTE

    def clear(self, session: str) -> None:
        """Another page is shown, which has no field yet."""
        with self._lock:
            if session in self._sessions:
                self._sessions[session].fields.clear()

    def forget(self, session: str) -> None:
        """The session is over."""
        with self._lock:
            self._sessions.pop(session, None)

    def admit(self, session: str, size: int, held: Mapping[str, int]) -> None:
        """Let a file of so many bytes come, for which `done` must be called.

        Args:
            session: which one sends it.
            size: of the request.
            held: bytes in memory by session.

        Raises:
            Refused: the page takes none, or none so large, or memory is full.
        """
        limits = sharing()
        with self._lock:
            known = self._sessions.get(session)
            most = max(known.fields.values(), default=0) if known else 0
            if known is None or not most:
                raise Refused(403, "this page takes no file: open the page that does")
            if size > most + MEGABYTE:  # the form around the file
                raise Refused(413, f"a file may have {most // MEGABYTE} MB here at most")
            alike = [s for s, other in self._sessions.items() if other.visitor == known.visitor]
            own = sum(held.get(s, 0) + self._sessions[s].coming for s in alike)
            everybody = sum(held.values()) + sum(s.coming for s in self._sessions.values())
            if own + size > limits.visitor_megabytes * MEGABYTE:
                most = limits.visitor_megabytes
                raise self._full(
                    known, f"your files together may have {most:,} MB: take some away first"
                )
            if everybody + size > limits.all_megabytes * MEGABYTE:
                raise self._full(
                    known, "others are bringing large files just now: try again later"
                )
            known.coming += size

    @staticmethod
    def _full(session: _Session, sentence: str) -> Refused:
        session.noted.append(sentence)
        return Refused(FULL, sentence)

    def noted(self, session: str) -> list[str]:
        """Why files were refused since the last call, for the page to say."""
        with self._lock:
            known = self._sessions.get(session)
            if known is None:
                return []
            found, known.noted = known.noted, []
            return found

    def done(self, session: str, size: int) -> None:
        """A file that was admitted has come, or will not come."""
        with self._lock:
            if session in self._sessions:
                self._sessions[session].coming -= size


gate = UploadGate()
"""The gate of this process."""
