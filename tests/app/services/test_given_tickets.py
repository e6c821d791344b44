"""Tickets that were given: looked at once, and a fault told each time."""

import pytest

from aegen.app.services import tickets
from aegen.benchmarks import fuzz_tickets
from aegen.benchmarks.fuzz_bytes import safetensors_of
from aegen.core.errors import AegenError
from aegen.supermask.ticket.ticket import Ticket


@pytest.fixture
def looked_at(monkeypatch):
    """How often a ticket's bytes were parsed."""
    seen = []
    original = Ticket.from_bytes.__func__

    def parse(cls, content, path="ticket"):
        seen.append(path)
        return original(cls, content, path)

    monkeypatch.setattr(Ticket, "from_bytes", classmethod(parse))
    monkeypatch.setattr(tickets, "_given", {})
    return seen


def test_a_rerun_does_not_read_the_same_content_again(looked_at):
    content = fuzz_tickets.small_ticket().to_bytes()
    names = {tickets.add_ticket(content, file="a.ticket") for _ in range(5)}
    assert len(names) == 1
    assert len(looked_at) == 1
    (name,) = names
    tickets.ticket_file(name).unlink()
    assert tickets.add_ticket(content, file="a.ticket") == name
    assert tickets.ticket_file(name).read_bytes() == content


def test_a_fault_is_told_each_time_and_found_once(looked_at):
    content = fuzz_tickets.sealed(b'{"network": 3}', [])
    told = set()
    for _ in range(5):
        with pytest.raises(AegenError) as problem:
            tickets.add_ticket(content, file="a.ticket")
        told.add(str(problem.value))
    assert len(told) == len(looked_at) == 1


def test_a_history_that_does_not_fit_is_refused_and_nothing_is_stored(looked_at):
    content = fuzz_tickets.small_ticket().to_bytes()
    arrays, metadata = fuzz_tickets.small_history()
    history = safetensors_of(arrays, metadata)
    with pytest.raises(AegenError, match="another ticket, or of another epoch"):
        tickets.add_ticket(content, history, file="a.ticket")
    assert not list(tickets._folder().glob("*"))
    assert len(tickets._given) == 1
