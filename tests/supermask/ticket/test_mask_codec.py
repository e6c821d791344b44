"""Masks to bytes and back: exact, near the entropy or below, and safe to be given anything."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aegen.core.errors import InvalidInput
from aegen.supermask.ticket import mask_codec
from aegen.supermask.ticket.mask_codec import LARGEST, decode, encode, entropy


def by_chance(shape, share, seed=0):
    rng = np.random.default_rng(seed)
    draw = rng.random(shape)
    return (draw < share / 2).astype(np.int8) - (draw > 1 - share / 2).astype(np.int8)


def from_words(shape, one_in, seed=7):
    """A mask of raw generator words, which are the same everywhere."""
    words = np.random.PCG64(np.random.SeedSequence([seed])).random_raw(int(np.prod(shape)))
    values = np.array([1, -1, *[0] * (2 * one_in - 2)], np.int8)
    return values[(words >> np.uint64(11)) % np.uint64(2 * one_in)].reshape(shape)


@example(shape=(1, 1, 2, 4), share=1.0, seed=0)  # a kernel longer than any distance looked at
@given(
    shape=st.one_of(
        st.tuples(st.integers(0, 30), st.integers(0, 60)),
        st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4), st.integers(1, 4)),
        st.tuples(st.integers(0, 200)),
    ),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_any_mask_comes_back(shape, share, seed):
    mask = by_chance(shape, share, seed)
    found = decode(encode(mask), shape)
    assert found.dtype == np.int8
    assert found.shape == mask.shape
    assert np.array_equal(found, mask)


@pytest.mark.parametrize("share", [0.0, 0.0006, 0.006, 0.03, 0.061, 0.063, 0.2, 1.0])
def test_large_masks_come_back_whatever_the_groups_they_are_asked_in(share):
    mask = by_chance((61, 9001), share)
    assert np.array_equal(decode(encode(mask), mask.shape), mask)


@pytest.mark.parametrize(
    ("shape", "share"),
    [((300, 784), 0.026), ((100, 300), 0.1), ((64, 64, 3, 3), 0.3), ((100, 9000), 0.005)],
)
def test_even_masks_take_about_their_entropy(shape, share):
    mask = by_chance(shape, share)
    assert 0.99 * entropy(mask) < len(encode(mask)) < 1.02 * entropy(mask)


def uneven(rng, rows=300, side=28):
    """Inputs near the middle of a picture are used more often, with like signs side by side."""
    down, across = np.mgrid[:side, :side] - side / 2
    draw = np.exp(-(down**2 + across**2) / 40).ravel()
    there = rng.random((rows, side * side)) < 0.12 * draw * rng.gamma(1, 1, (rows, 1))
    signs = np.where(rng.random((rows, 1)) < 0.5, 1, -1) * np.sign(across).ravel()
    return (there * signs).astype(np.int8)


def test_uneven_masks_take_less_than_their_entropy_and_shuffled_ones_do_not():
    rng = np.random.default_rng(1)
    mask = uneven(rng)
    assert len(encode(mask)) < 0.8 * entropy(mask)
    even = rng.permutation(mask.ravel()).reshape(mask.shape)
    assert entropy(even) == entropy(mask)
    assert len(encode(even)) > 0.98 * entropy(mask)


def test_the_bytes_are_the_same_everywhere():
    """A change of these digests makes every ticket and history unreadable."""
    cases = [((20, 300), 8), ((8, 4, 3, 3), 2), ((70, 9000), 8), ((70, 9000), 40)]
    coded = [encode(from_words(shape, one_in)) for shape, one_in in cases]
    assert [data[1] for data in coded] == [1, 1, 0, 4]  # asked alone, not modelled, in groups
    assert [hashlib.sha256(data).hexdigest()[:16] for data in coded] == GOLDEN


GOLDEN = ["4fe000c89e4e027b", "a4d1550f1ce232f0", "905d75b3e3e0f384", "e89a0af0ad578176"]


def test_the_bytes_are_those_of_plain_python(monkeypatch):
    """The same loops without the compiler, number by number."""
    program = (
        "import numpy as np\n"
        "from aegen.supermask.ticket import mask_codec as coding\n"
        "words = np.random.PCG64(np.random.SeedSequence([3])).random_raw(1200)\n"
        "mask = np.array([1, -1, *[0] * 62], np.int8)[words >> np.uint64(58)].reshape(12, 100)\n"
        "for coding.GROUPED in (0, 100_000):\n"
        "    data = coding.encode(mask)\n"
        "    assert np.array_equal(coding.decode(data, mask.shape), mask)\n"
        "    print(data.hex())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    words = np.random.PCG64(np.random.SeedSequence([3])).random_raw(1200)
    mask = np.array([1, -1, *[0] * 62], np.int8)[words >> np.uint64(58)].reshape(12, 100)
    compiled = [encode(mask).hex()]
    monkeypatch.setattr(mask_codec, "GROUPED", 0)
    compiled.insert(0, encode(mask).hex())
    assert run.stdout.split() == compiled
    assert compiled[0] != compiled[1]


def test_entropy_is_that_of_the_counts():
    assert entropy(np.array([[1, -1, 0, 0]], np.int8)) == pytest.approx(4 * 1.5 / 8)
    assert entropy(np.zeros((5, 5), np.int8)) == 0


def test_the_mask_is_left_as_it_was():
    mask = by_chance((40, 50), 0.3)
    mask.setflags(write=False)
    assert encode(mask) == encode(np.asfortranarray(mask)) == encode(mask[:, ::-1][:, ::-1])
    assert decode(encode(mask), mask.shape).flags.writeable


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((2, 2)), "int8"),
        (np.full((2, 2), 2, np.int8), "-1, 0 and 1"),
        (np.full((2, 2), -128, np.int8), "-1, 0 and 1"),
        (np.broadcast_to(np.int8(0), (LARGEST, 2)), "at most"),
    ],
)
def test_other_arrays_are_refused(mask, message):
    with pytest.raises(InvalidInput, match=message):
        encode(mask)


@pytest.mark.parametrize("evenly", [False, True])
def test_bytes_that_are_not_whole_are_refused(evenly, monkeypatch):
    mask = by_chance((30, 100), 0.1)
    if evenly:
        monkeypatch.setattr(mask_codec, "GROUPED", 0)
    data = encode(mask)
    assert data[1] == (0 if evenly else 1)
    for end in range(len(data)):
        with pytest.raises(InvalidInput):
            decode(data[:end], mask.shape)
    for longer in (data + b"\0", data + data):
        with pytest.raises(InvalidInput):
            decode(longer, mask.shape)


@pytest.mark.parametrize("shape", [(29, 100), (100, 30), (30, 101), (3000,), (0, 0)])
def test_another_shape_is_refused(shape):
    with pytest.raises(InvalidInput):
        decode(encode(by_chance((30, 100), 0.1)), shape)


@pytest.mark.parametrize("shape", [(1 << 40, 1 << 40), (-1, 5), (LARGEST + 1,)])
def test_impossible_shapes_are_refused_before_any_memory_is_taken(shape):
    with pytest.raises(InvalidInput, match="at most"):
        decode(encode(by_chance((3, 3), 0.5)), shape)


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_give_a_mask_or_a_sentence(data, head):
    data = bytes([1, len(data) % 65]) + data if head else data
    try:
        mask = decode(data, (40, 70))
    except InvalidInput:
        return
    assert set(np.unique(mask)) <= {-1, 0, 1}
    assert encode(mask) is not None
