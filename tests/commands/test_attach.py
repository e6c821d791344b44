"""`aegen supermask attach` on a person's own file: trusted or not, and bad input in a line."""

import pickle
import re

import pytest

from aegen.commands.attach import builder
from aegen.supermask.ticket.ticket import Ticket

SOURCE = """
from pathlib import Path
from torch import nn

Path(__file__).with_name("it-ran").touch()

class Net(nn.Module):
    def __init__(self, hidden=8, gate=False):
        super().__init__()
        self.flat, self.gate = nn.Flatten(), gate
        self.one, self.two = nn.Linear(784, hidden), nn.Linear(hidden, 10)

    def forward(self, x):
        x = self.one(self.flat(x))
        return self.two(x * x.sigmoid() if self.gate else x.relu())

def number():
    return 3
"""


@pytest.fixture
def attach(aegen, few_data, tmp_path, monkeypatch):
    """A function that runs `aegen supermask attach` beside the person's file."""
    (tmp_path / "my_net.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)

    def run(network, *words):
        data = ("--data", f"mnist={few_data / 'mnist'}", "--limit", 100, "--epochs", 1)
        settings = ("--threads", 1, "--out", tmp_path / "out")
        return aegen("supermask", "attach", network, *data, *settings, *words)

    return run


def test_a_class_is_trained_and_its_ticket_is_shown_without_it(attach, aegen, tmp_path):
    code, _, err = attach("my_net.py:Net")
    assert (code, (tmp_path / "it-ran").exists()) == (2, False)
    assert "--trust-code" in err
    words = ("my_net.py:Net", "--trust-code", "--arg", "hidden=12", "--decay", 0.002)
    code, out, err = attach(*words)
    assert code == 0
    assert "epoch 1: loss" in err
    assert "remaining by layer: one" in out
    ticket = Ticket.read(tmp_path / "out" / "seed-0.ticket")
    assert ticket.plan.layers == {"one": (12, 784), "two": (10, 12)}
    assert ticket.about["recipe"]["decay"] == 0.002
    (tmp_path / "my_net.py").unlink()
    _, out, _ = aegen("supermask", "show", tmp_path / "out" / "seed-0.ticket")
    assert "Net, described in the ticket" in out


def test_a_class_without_a_plan_says_what_its_ticket_needs(attach, tmp_path):
    code, out, _ = attach("my_net.py:Net", "--trust-code", "--arg", "gate=true")
    assert code == 0
    assert "Net is no chain of steps that a ticket describes: it has the step mul" in out
    assert Ticket.read(tmp_path / "out" / "seed-0.ticket").about["module"] == "Net"


def test_what_builds_it_reaches_other_processes(attach, monkeypatch):
    sent = pickle.dumps(builder("my_net.py:Net", ["hidden=5"], trust_code=True))
    monkeypatch.chdir("/")
    assert pickle.loads(sent)().one.out_features == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("my_net.py:Nets",), "has no Nets"),
        (("my_net.py:Net", "--arg", "width=3"), "it takes hidden"),
        (("my_net.py:number",), "gives a int, which has no layers for masks"),
        (("my_net.py",), "is of no kind that is read"),
        (("none.pt",), "there is no such file"),
        (("my_net.py:Net", "--rule", "sign"), "rule must be 'signed'"),
        (("my_net.py:Net", "--arg", "hidden=0"), "cannot|has no"),
    ],
)
def test_bad_input_is_one_line(attach, words, said):
    code, out, err = attach(*words, "--trust-code")
    assert code == 2
    assert re.search(said, out + err)
    assert "Traceback" not in err
