"""Tickets and histories of others: one sentence, and work that is bounded by what they declare."""

import difflib
import json
import os

import numpy as np
import pytest

from aegen.benchmarks import fuzz_tickets
from aegen.benchmarks.fuzz_bytes import safetensors_of
from aegen.core.errors import InvalidInput, StorageError, TicketError
from aegen.supermask.ticket.ticket import LARGEST_FILE, Ticket
from aegen.supermask.training.history import History


def of(**changes):
    """The bytes of a sealed ticket with other fields; texts are JSON."""
    text = json.dumps(fuzz_tickets.description() | {name: f"@{name}" for name in changes})
    for name, value in changes.items():
        text = text.replace(f'"@{name}"', value)
    return fuzz_tickets.sealed(text.encode(), fuzz_tickets.bodies())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"about": '{"epochs": ' + "9" * 400 + "}"}, "beyond 2..53"),
        ({"about": '{"accuracy": 1e999}'}, "too large"),
        ({"about": '{"title": "\\ud800"}'}, "surrogate"),
        ({"about": '{"title": "\\u001b[2J"}'}, r"U\+001B"),
        ({"about": '{"a": ' + "[" * 40 + "]" * 40 + "}"}, "more than 32 times"),
        ({"seed": str(2**53 + 1)}, "beyond 2..53"),
        (
            {"network": json.dumps("resnet20"), "arguments": '{"size": 1000000}'},
            "none are so large",
        ),
    ],
)
def test_what_no_page_could_show_is_refused(changes, said):
    with pytest.raises(TicketError, match=said) as told:
        Ticket.from_bytes(of(**changes))
    assert len(str(told.value)) < 500


def own(steps=(["flatten"], ["dense", "fc1", 4, 6], ["elu"], ["dense", "fc2", 6, 3]), **changes):
    """The bytes of a sealed ticket that describes its network."""
    plan = {"name": "Mine", "input_shape": [1, 2, 2], "classes": 3, "steps": steps}
    return of(network="null", arguments=json.dumps(plan | changes))


def nested(depth):
    steps = [["elu"]]
    for _ in range(depth):
        steps = [["residual", steps, []]]
    return steps


def test_the_sound_described_network_is_read():
    ticket = Ticket.from_bytes(own())
    assert ticket.plan.layers == {"fc1": (6, 4), "fc2": (3, 6)}
    assert Ticket.from_bytes(ticket.to_bytes()) == ticket


CONV = ["conv", "fc1", 1, 4, 3, 1, 1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"steps": 5}, "steps must be a list"),
        ({"steps": [["exec", "rm"]]}, r"there is no step \['exec', 'rm'\]"),
        ({"steps": [["dense", "fc1", 4]]}, "there is no step"),
        ({"steps": [[["flatten"]]]}, "there is no step"),
        ({"steps": [["flatten"]] * 1001}, "at most 1000 steps"),
        ({"steps": nested(5) * 200}, "at most 1000 steps"),
        ({"steps": [["dense", "", 4, 6]]}, "cannot have the name ''"),
        ({"steps": [["dense", "a" * 300, 4, 6]]}, "cannot have the name"),
        ({"steps": [["dense", "fc1", True, 6]]}, "cannot have the inputs True"),
        ({"steps": [["conv", "fc1", 1, 4, 3, 0, 1]]}, "cannot have the stride 0"),
        ({"steps": [["max-pool", 3000, 1, 0]]}, "cannot have the kernel 3000"),
        ({"steps": [["max-pool", 2, 1, 2]]}, "does not fit what comes before"),
        ({"steps": [["activation", "eval", 0.0]]}, "cannot have the function 'eval'"),
        ({"steps": [["scale", 1e300]]}, "cannot have the factor"),
        ({"steps": [["dropout", 1.0]]}, "cannot have the chance"),
        ({"steps": [["flatten"], ["dense", "fc1", 4, 3]]}, "has the layers fc1, the masks"),
        ({"steps": [["flatten"], ["dense", "fc1", 5, 3]]}, "does not fit what comes before"),
        ({"input_shape": [1, 2]}, "three sizes"),
        ({"input_shape": [4, 2048, 2048]}, "none are so large"),
        ({"input_shape": [1, 1024, 1024], "steps": [["elu"]] * 65}, "numbers of an image"),
        ({"input_shape": [1, 1024, 1024], "steps": [[*CONV[:3], 1000, *CONV[4:]]]}, "numbers of"),
        ({"classes": 2**31}, "classes one"),
        ({"name": "n" * 300}, "short text"),
        ({"more": 1}, "nothing else"),
    ],
)
def test_networks_that_no_page_could_run_are_refused(changes, said):
    with pytest.raises(TicketError, match=said) as told:
        Ticket.from_bytes(own(**changes))
    assert len(str(told.value)) < 500


def test_a_long_unknown_name_costs_no_more_than_a_short_one(monkeypatch):
    """Names that are alike were looked for in all of its 200,000 characters."""
    compared = []
    original = difflib.get_close_matches

    def close(word, *rest, **options):
        compared.append(len(word))
        return original(word, *rest, **options)

    monkeypatch.setattr(difflib, "get_close_matches", close)
    content = of(network=json.dumps("fnc" * 66_000))
    assert len(content) < 1000
    with pytest.raises(TicketError, match="there is no network named"):
        Ticket.from_bytes(content)
    assert max(compared) <= 60


@pytest.mark.parametrize("about", [{"n": 10**400}, {"t": "\ud800"}, {"t": "\x1b"}])
def test_what_could_not_be_read_again_is_not_written(about):
    sound = fuzz_tickets.small_ticket()
    ticket = Ticket(
        sound.network, sound.arguments, sound.initialiser, {}, 0, sound.masks, {}, about
    )
    with pytest.raises(InvalidInput):
        ticket.to_bytes()


def test_a_pipe_and_a_long_file_are_no_tickets(tmp_path):
    os.mkfifo(tmp_path / "a.ticket")
    with pytest.raises(TicketError, match="no ordinary file"):
        Ticket.read(tmp_path / "a.ticket")
    with (tmp_path / "b.ticket").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(TicketError, match="longer than"):
        Ticket.read(tmp_path / "b.ticket")


def history(**changes):
    """The bytes of a history with other texts, or other arrays."""
    arrays, metadata = fuzz_tickets.small_history()
    for name, value in changes.items():
        (metadata if isinstance(value, str) else arrays)[name] = value
    return safetensors_of(arrays, metadata)


def test_the_sound_one_is_read():
    found = History.from_bytes(history())
    assert found.epochs == [2]
    assert found.variable("fc1").shape == (6, 4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"records": '[{"epoch": ' + "9" * 400 + "}]"}, "beyond 2..53"),
        ({"about": '{"title": "\\ud800"}'}, "surrogate"),
        ({"thresholds": '{"fc1": NaN, "fc2": 0.1}'}, "NaN"),
        ({"layers": '{"fc1": [8192, 4000], "fc2": [8192, 4000]}'}, "65,536,000 weights"),
        ({"counts": np.full((2, 2, 3), -1)}, "no counts"),
        ({"counts": np.ones((2, 2, 3))}, "no counts"),
        ({"histograms": np.ones((2, 2, 121), bool)}, "no counts"),
        ({"edges": np.full((2, 122), np.nan, np.float32)}, "no finite float32"),
        ({"edges": np.zeros((2, 122), np.float16)}, "no finite float32"),
    ],
)
def test_histories_that_no_page_could_show(changes, said):
    with pytest.raises(StorageError, match=said) as told:
        History.from_bytes(history(**changes))
    assert len(str(told.value)) < 500
