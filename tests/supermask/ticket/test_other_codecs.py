"""Other formats can be read back, and are as long as they say."""

import numpy as np
import pytest

from aegen.benchmarks.supermask import made_up
from aegen.supermask.ticket import other_codecs


@pytest.mark.parametrize("way", ["two_bits", "trits", "gaps", "gaps_with_lzma"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (3, 2, 3, 3), (40, 700)])
def test_a_packed_mask_comes_back(way, share, shape):
    rng = np.random.default_rng(0)
    mask = (rng.random(shape) < share).astype(np.int8) * rng.choice([-1, 1], shape).astype(np.int8)
    packed = getattr(other_codecs, way)(mask)
    found = getattr(other_codecs, f"unpacked_{way}")(packed, shape)
    assert found.dtype == np.int8
    assert np.array_equal(found, mask)


def test_a_gap_longer_than_two_bytes_comes_back():
    mask = np.zeros(1_000_000, np.int8)
    mask[[5, 999_999]] = 1, -1
    assert np.array_equal(other_codecs.unpacked_gaps(other_codecs.gaps(mask), mask.shape), mask)


def test_sizes_are_those_of_the_files():
    ticket = made_up("fcn")
    found = {size.what: size.size for size in other_codecs.sizes(ticket)}
    assert found["safetensors, float32"] > 4 * 266_200
    assert found["2 bits a weight"] == 66_550
    assert found["1.6 bits a weight"] == 53_240
    assert found["ticket"] == len(ticket.to_bytes())
    assert found["ticket"] < found["gaps, lzma"] < found["gaps"] < found["1.6 bits a weight"]
