"""The benchmark of tickets measures what it says."""

import numpy as np
import pytest
from typer.testing import CliRunner

from aegen.benchmarks.supermask import PUBLISHED, made_up, sizes, speeds
from aegen.benchmarks.supermask_training import OURS, PLAIN, paces
from aegen.cli import app
from aegen.core.errors import InvalidInput


@pytest.mark.parametrize("network", ["fcn", "resnet20"])
def test_made_up_masks_have_the_published_density(network):
    found = made_up(network)
    assert found.remaining == pytest.approx(PUBLISHED[network], rel=0.05)
    assert found == made_up(network)
    assert found != made_up(network, rng=1)


def test_densities_that_the_paper_does_not_tell_are_refused():
    with pytest.raises(InvalidInput, match="resnet20"):
        made_up("resnet56")


def test_sizes_are_those_of_the_files():
    ticket = made_up("fcn")
    found = sizes(ticket)
    assert found["safetensors, float32"] > 4 * 266_200
    assert found["2 bits a weight"] == 66_550
    assert found["1.6 bits a weight"] == 53_240
    assert found["ticket"] == len(ticket.to_bytes())
    masks = found["gaps, LZMA"]
    assert masks < found["ticket"] < masks + 300
    assert found["entropy of the counts"] < masks < found["1.6 bits a weight"] / 4


def test_every_method_of_running_says_the_same():
    found = speeds(made_up("fcn"), (1, 5), repeats=1)
    methods = {speed.method for speed in found}
    assert methods == {"dense, torch", "dense, numpy", "CSR, torch", "CSR, scipy", "aegen"}
    assert all(speed.agrees and speed.gap < 1e-4 and speed.seconds > 0 for speed in found)
    assert len(found) == 10


def test_convolutions_run_too():
    found = speeds(made_up("resnet20"), (2,), repeats=1)
    assert {speed.method for speed in found} == {
        "dense, torch",
        "CSR, torch",
        "CSR, scipy",
        "aegen",
    }
    assert all(speed.agrees and speed.gap < 1e-4 for speed in found)


def test_the_command_prints_both_tables():
    told = (
        CliRunner()
        .invoke(app, ["bench", "supermask", "fcn", "--batch", "2", "--repeats", "1"])
        .output
    )
    for words in ("random masks", "1.6 bits a weight", "CSR, scipy", "rebuilt", "batch 2"):
        assert words in told


@pytest.mark.usefixtures("one_thread")
def test_all_ways_of_training_take_the_same_steps():
    found = paces("conv2", batch=4, repeats=1)
    assert [pace.method for pace in found] == [PLAIN, *OURS]
    plain, float32, bfloat16 = (pace.loss for pace in found)
    assert 0 < plain != np.log(10)
    assert float32 == pytest.approx(plain, rel=1e-3)
    assert bfloat16 == pytest.approx(plain, rel=0.1)
    assert bfloat16 != float32
