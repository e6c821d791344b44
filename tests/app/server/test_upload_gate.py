"""The gate for files: only what a page asks for, within what one and all may hold."""

import gc

import pytest

from aegen.app.server import upload_gate
from aegen.app.server.sharing import Sharing
from aegen.app.server.upload_gate import FULL, MEGABYTE, Refused, UploadGate


@pytest.fixture
def gate(monkeypatch):
    limits = Sharing(visitor_megabytes=100, all_megabytes=150)
    monkeypatch.setattr(upload_gate, "sharing", lambda: limits)
    gate = UploadGate()
    for session, visitor in (("a1", "ann"), ("a2", "ann"), ("b", "bob")):
        gate.accept(session, visitor, "data", 60)
    return gate


def refused(gate, session, megabytes, held=None):
    with pytest.raises(Refused) as refusal:
        gate.admit(session, megabytes * MEGABYTE, held or {})
    return refusal.value.status


def test_a_page_without_a_field_takes_no_file(gate):
    gate.admit("b", MEGABYTE, {})
    assert refused(gate, "nobody", 1) == 403
    gate.clear("b")
    assert refused(gate, "b", 1) == 403


def test_a_file_is_as_large_as_its_field_allows(gate):
    gate.admit("b", 60 * MEGABYTE + 1000, {})
    assert refused(gate, "a1", 62) == 413


def test_all_tabs_of_a_visitor_count_together(gate):
    held = {"a1": 50 * MEGABYTE}
    gate.admit("a2", 50 * MEGABYTE, held)
    assert refused(gate, "a2", 1, held) == FULL  # what is on its way counts
    gate.admit("b", 50 * MEGABYTE, held)
    gate.done("a2", 50 * MEGABYTE)
    gate.admit("a2", MEGABYTE, held)


def test_all_visitors_count_together(gate):
    held = {"a1": 90 * MEGABYTE, "b": 30 * MEGABYTE}
    assert refused(gate, "b", 40, held) == FULL
    gate.admit("b", 20 * MEGABYTE, held)


def test_what_is_refused_for_memory_is_said_once_by_the_page(gate):
    refused(gate, "b", 1, {"b": 100 * MEGABYTE})
    assert gate.noted("a1") == []
    assert gate.noted("b") == ["your files together may have 100 MB: take some away first"]
    assert gate.noted("b") == []


def test_a_session_is_forgotten_with_its_visit(gate):
    class Visit:
        pass

    visit = Visit()
    for _ in range(2):
        gate.accept("new", "eve", "data", 60, visit)
    gate.admit("new", 1, {})
    del visit
    gc.collect()
    assert refused(gate, "new", 1) == 403
