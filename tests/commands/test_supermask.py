"""`aegen supermask train` as a person runs it: one seed, several, going on, and bad input."""

import os
import re

import pytest

from aegen.core.storage import load_arrays
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import History


@pytest.fixture
def train(aegen, few_data):
    """A function that runs `aegen supermask train` on real images."""

    def run(*words, data="mnist"):
        if "--data" not in words:
            words += ("--data", f"{data}={few_data / data.replace('-', '_')}")
        return aegen("supermask", "train", *words)

    return run


SMALL = ("fcn:hidden=20", "--limit", 300, "--threads", 1)


def test_a_seed_gives_a_ticket_and_a_history(train, tmp_path):
    code, out, err = train(*SMALL, "--epochs", 2, "--out", tmp_path, "--seed", 3)
    assert code == 0
    assert "epoch 2: loss" in err
    assert "remaining by layer: fc1" in out
    ticket = Ticket.read(tmp_path / "seed-3.ticket")
    assert ticket.network == "fcn"
    assert ticket.seed == 3
    assert ticket.about["data"] == "mnist"
    assert ticket.about["title"] == "FCN (hidden 20) on MNIST digits, seed 3"
    history = History.read(tmp_path / "seed-3.history")
    assert [record["epoch"] for record in history.records] == [1, 2]
    assert history.masks(2)["fc1"].shape == (20, 784)
    assert (history.masks(2)["fc1"] == ticket.masks["fc1"]).all()


def test_the_same_command_goes_on_and_another_is_refused(train, tmp_path):
    train(*SMALL, "--epochs", 1, "--out", tmp_path)
    first, _ = load_arrays(tmp_path / "seed-0.safetensors")
    code, _, err = train(*SMALL, "--epochs", 2, "--out", tmp_path)
    assert code == 0
    assert "epoch 1:" not in err
    assert "epoch 2:" in err
    assert len(load_arrays(tmp_path / "seed-0.safetensors")[0]["flips"]) == len(first["flips"]) + 1
    code, _, err = train(*SMALL, "--epochs", 2, "--decay", 0.01, "--out", tmp_path)
    assert code == 2
    assert "was begun with decay 0.0005, not with decay 0.01" in err


def test_several_seeds_are_tasks_with_an_interval(train, aegen, few_data, tmp_path):
    words = (*SMALL, "--epochs", 1, "--runs", 3, "--jobs", 1, "--out", tmp_path)
    code, out, _ = train(*words)
    assert code == 0
    assert sorted(p.name for p in tmp_path.glob("*.ticket")) == [
        f"seed-{k}.ticket" for k in range(3)
    ]
    assert "accuracy over 3 seeds: mean" in out
    assert "95 % interval" in out
    again, out_again, _ = train(*words)
    assert (again, out_again) == (0, out)
    mean = re.search(r"accuracy over 3 seeds: mean (\S+)%", out)[1]
    data = f"mnist={few_data / 'mnist'}"
    code, table, err = aegen(
        "supermask", "compare", tmp_path, tmp_path, "--data", data, "--markdown"
    )
    assert code == 0, err
    _, _, first, second = (line.split(" | ") for line in table.splitlines())
    assert first[1:5] == ["signed", "1", "3", second[4]]
    assert first[4].startswith(f"{mean} [")
    assert 2 < float(first[6].split()[0]) < 20  # shuffled masks guess
    assert second[7].startswith("+0.00 [+0.00, +0.00]")
    code, _, err = aegen("supermask", "compare", tmp_path / "nowhere")
    assert code == 2
    assert "is not a folder of trainings" in err


def test_several_networks_are_trained_one_after_another_until_the_time_is_up(train, tmp_path):
    words = ("--recipe", "tuned", "--limit", 300, "--threads", 1, "--epochs", 2)
    networks = ("fcn:hidden=20", "conv2:width=0.0625")
    code, out, err = train(*networks, *words, "--out", tmp_path)
    assert code == 0, err
    assert out.count("seed 0: accuracy") == 2
    for name in ("fcn-hidden-20", "conv2-width-0.0625"):
        ticket = Ticket.read(tmp_path / name / "seed-0.ticket")
        assert ticket.about["epochs"] == 2
        assert ticket.about["recipe"]["schedule"] == "cosine"
    code, out, _ = train(*networks, *words, "--minutes", 0, "--out", tmp_path / "late")
    assert code == 2
    assert out.count("the time was up after epoch 0 of 2; the same command goes on") == 2


def test_process_that_dies_is_told_in_a_line(train, tmp_path, monkeypatch):
    monkeypatch.setattr("aegen.commands.supermask.perform", lambda run, until: os._exit(1))
    code, _, err = train(*SMALL, "--epochs", 1, "--runs", 2, "--jobs", 1, "--out", tmp_path)
    assert code == 2
    assert "the process of a run was ended from outside" in err
    assert "Traceback" not in err


def test_run_that_ends_early_says_why_and_fails(train, tmp_path):
    code, out, _ = train(
        *SMALL, "--epochs", 30, "--decay", 0.3, "--learning-rate", 1e-6, "--out", tmp_path
    )
    assert code == 2
    assert "nothing remains of layer fc1" in out
    assert "lower the decay" in out


def test_dense_training_leaves_no_ticket(train, tmp_path):
    code, _, _ = train(*SMALL, "--rule", "dense", "--epochs", 1, "--out", tmp_path)
    assert code == 0
    assert not list(tmp_path.glob("*.ticket"))
    assert list(tmp_path.glob("*.history"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fnc",), "did you mean 'fcn'"),
        (("fcn:hiden=20",), "did you mean 'hidden'"),
        (("fcn:20",), "name:field=value"),
        (("conv2:width=99",), "width must be a number from 0.0625 to 8"),
        (("fcn", "--data", "mnst"), "did you mean 'mnist'"),
        (("fcn", "--data", "sprites"), "several attributes"),
        (("fcn", "--data", "mnist=/nowhere"), "/nowhere"),
        (
            ("fcn", "--rule", "sign"),
            "rule must be 'signed', 'binary', 'top-k' or 'dense'",
        ),
        (("fcn", "--kappa", "big"), "kappa must be a number above 0 or auto, got 'big'"),
        (("fcn", "--kappa", "0"), "kappa must be a number above 0 or auto, got 0.0"),
        (
            ("fcn", "--schedule", "stairs"),
            "schedule must be 'exponential', 'plateau', ",
        ),
        (("fcn", "--decay", "1"), "decay must be a number from 0 to 0.999, got 1.0"),
        (("fcn", "--batch", "0"), "batch must be a whole number of 1 or more, got 0"),
        (("fcn", "--device", "tpu"), "cpu or cuda"),
        (("fcn", "--recipe", "tunned"), "did you mean 'tuned'"),
        (("fcn", "fcn"), "each network is trained once"),
        (("fcn", "--backend", "moon"), "backend must be one of"),
        (("fcn", "--address", "a:1"), "add --backend ray"),
        (("fcn", "--initialiser", "signed-hee"), "signed-he"),
    ],
)
def test_bad_input_is_one_line(train, tmp_path, words, said):
    code, out, err = train(*words, "--limit", 60, "--epochs", 1, "--out", tmp_path)
    assert code == 2
    assert said in out + err
    assert "Traceback" not in err
