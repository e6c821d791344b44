"""`aegen supermask tickets`, `show`, `check` and `export`, as a person types them."""

import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from aegen.benchmarks.supermask import made_up
from aegen.cli import app
from aegen.core.errors import AegenError, InvalidInput, TicketError, UnknownName
from aegen.core.storage import load_arrays
from aegen.supermask.ticket.discovery import VARIABLE
from aegen.supermask.ticket.ticket import Ticket


@pytest.fixture(scope="module")
def mine():
    ticket = made_up("fcn")
    about = {"data": "mnist", "title": "Mine", "accuracy": 0.5}
    return Ticket("fcn", ticket.arguments, ticket.initialiser, ticket.kappas, 0, ticket.masks,
                  about=about)  # fmt: skip


@pytest.fixture(scope="module")
def file_of_mine(mine, tmp_path_factory):
    path = tmp_path_factory.mktemp("tickets") / "mine.ticket"
    mine.write(path)
    return path


@pytest.fixture
def own(mine, file_of_mine, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    shutil.copy(file_of_mine, tmp_path)
    return mine


def told(*words):
    result = CliRunner().invoke(app, ["supermask", *map(str, words)])
    if isinstance(result.exception, AegenError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_tickets_are_listed_bad_ones_too(own, tmp_path):
    (tmp_path / "bad.ticket").write_bytes(b"nothing")
    output = told("tickets").output
    assert "Mine" in output
    assert "266,200" in output
    assert "50.00%" in output
    assert "cannot be used" in output


def test_show_tells_counts_by_layer(own):
    output = told("show", "mine").output
    for name, counts in own.counts.items():
        assert name in output
        assert f"{counts.keep:,}" in output
    assert "title           Mine" in output


def test_check_says_sound_or_what_is_wrong(own, tmp_path):
    assert "sound" in told("check", "mine").output
    path = tmp_path / "mine.ticket"
    path.write_bytes(path.read_bytes()[:-7])
    bad = told("check", path)
    assert bad.exit_code == 1
    assert "cut off" in bad.output


def test_check_measures_on_real_images(own, few_data):
    output = told("check", "mine", "--data", few_data / "mnist").output
    assert "held-out images" in output
    with pytest.raises(InvalidInput, match="trained on mnist"):
        told("check", "mine", "--data", "fashion-mnist")


@pytest.mark.parametrize("what", ["weights", "masks"])
def test_export_writes_what_the_ticket_means(own, tmp_path, what):
    out = tmp_path / "out.safetensors"
    told("export", "mine", "--out", out, "--what", what)
    arrays, _ = load_arrays(out)
    wanted = own.weights() if what == "weights" else own.masks
    assert set(arrays) == set(wanted)
    assert all(np.array_equal(arrays[name], array) for name, array in wanted.items())


def test_bad_names_and_files_are_one_sentence(own, tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'mine'"):
        told("show", "mime")
    with pytest.raises(TicketError, match="no such file"):
        told("export", "./none.ticket", "--out", tmp_path / "x.safetensors")
    with pytest.raises(InvalidInput, match="safetensors"):
        told("export", "mine", "--out", tmp_path / "x.pt")
    (tmp_path / "plain.ticket").write_text("hello")
    with pytest.raises(TicketError, match="is no ticket"):
        told("show", tmp_path / "plain.ticket")
