"""Masks to bytes and back: exact, near the entropy or below, and safe to be given anything."""

import lzma
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aegen.core.errors import InvalidInput
from aegen.supermask.ticket.mask_codec import FILTERS, LARGEST, _checksum, decode, encode, entropy


def by_chance(shape, share, seed=0):
    rng = np.random.default_rng(seed)
    draw = rng.random(shape)
    return (draw < share / 2).astype(np.int8) - (draw > 1 - share / 2).astype(np.int8)


def from_words(shape, one_in, seed=7):
    """A mask of raw generator words, which are the same everywhere."""
    words = np.random.PCG64(np.random.SeedSequence([seed])).random_raw(int(np.prod(shape)))
    values = np.array([1, -1, *[0] * (2 * one_in - 2)], np.int8)
    return values[(words >> np.uint64(11)) % np.uint64(2 * one_in)].reshape(shape)


def steps_of(mask):
    """The bytes before LZMA, weight by weight."""
    found, gap = [], 0
    for weight in mask.reshape(-1).tolist():
        if weight:
            found.append(gap + (128 if weight < 0 else 0))
            gap = 0
        elif gap == 126:
            found.append(127)
            gap = 0
        else:
            gap += 1
    while found and found[-1] == 127:
        found.pop()
    return bytes(found)


def packed(steps):
    return lzma.compress(bytes(steps), lzma.FORMAT_RAW, filters=FILTERS)


def sealed(content, shape):
    """A coded mask whose checksum is right, whatever it holds."""
    return _checksum(content, shape) + content


@example(shape=(1, 1, 2, 4), share=1.0, seed=0)
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
    data = encode(mask)
    found = decode(data, shape)
    assert found.dtype == np.int8
    assert found.shape == mask.shape
    assert np.array_equal(found, mask)
    assert data == sealed(packed(steps_of(mask)), shape)


@pytest.mark.parametrize("share", [0.0, 0.0006, 0.006, 0.03, 0.061, 0.063, 0.2, 1.0])
def test_large_masks_come_back(share):
    mask = by_chance((61, 9001), share)
    assert np.array_equal(decode(encode(mask), mask.shape), mask)


@pytest.mark.parametrize("gap", [0, 125, 126, 127, 128, 253, 254, 255, 999_000])
@pytest.mark.parametrize("last", [True, False])
def test_gaps_of_any_length_come_back(gap, last):
    mask = np.zeros(gap + 1 if last else 1_000_000, np.int8)
    mask[gap] = -1
    assert np.array_equal(decode(encode(mask), mask.shape), mask)


@pytest.mark.parametrize(
    ("shape", "share", "most"),
    [
        ((300, 784), 0.026, 1.03),
        ((100, 300), 0.1, 1.06),
        ((64, 64, 3, 3), 0.3, 1.06),
        ((100, 9000), 0.005, 1.06),
    ],
)
def test_even_masks_take_about_their_entropy(shape, share, most):
    mask = by_chance(shape, share)
    assert 0.99 * entropy(mask) < len(encode(mask)) < most * entropy(mask)


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
    assert len(encode(mask)) < 0.92 * entropy(mask)
    even = rng.permutation(mask.ravel()).reshape(mask.shape)
    assert entropy(even) == entropy(mask)
    assert len(encode(even)) > 0.98 * entropy(mask)


def test_bytes_written_once_stay_readable():
    """Where this fails every ticket and history is unreadable: raise their versions with it."""
    data = bytes.fromhex(
        "c932cc6ae0007b005c0100406102d7fc0038ee56f6432204bef8655238373c2477b57a7f5a2c6c2d852fc619"
        "beafad62c6baed21940feceb9ca799406536c255979c918e0134d710ade2b4038ae8017b382a3e0736601ef6"
        "bbbf62150c0407f255fc7eb5d87c6c00"
    )
    mask = from_words((6, 40), 2)
    assert np.count_nonzero(mask) == 124
    assert np.array_equal(decode(data, mask.shape), mask)


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


def test_bytes_that_are_not_whole_are_refused():
    mask = by_chance((30, 100), 0.1)
    data = encode(mask)
    for end in range(len(data)):
        with pytest.raises(InvalidInput, match="not whole"):
            decode(data[:end], mask.shape)
    for longer in (data + b"\0", data + data):
        with pytest.raises(InvalidInput, match="not whole"):
            decode(longer, mask.shape)


def test_bytes_with_any_bit_flipped_are_refused():
    mask = by_chance((30, 100), 0.1)
    data = encode(mask)
    for place in range(len(data)):
        for bit in range(8):
            altered = bytearray(data)
            altered[place] ^= 1 << bit
            with pytest.raises(InvalidInput, match="not whole"):
                decode(bytes(altered), mask.shape)


@pytest.mark.parametrize("shape", [(29, 100), (100, 30), (30, 101), (3000,), (0, 0)])
def test_another_shape_is_refused(shape):
    with pytest.raises(InvalidInput):
        decode(encode(by_chance((30, 100), 0.1)), shape)


@pytest.mark.parametrize("shape", [(1 << 40, 1 << 40), (-1, 5), (LARGEST + 1,)])
def test_impossible_shapes_are_refused_before_any_memory_is_taken(shape):
    with pytest.raises(InvalidInput, match="at most"):
        decode(encode(by_chance((3, 3), 0.5)), shape)


WEIGHTS = packed([1, 130, 0])


def test_the_crafted_weights_are_some_that_can_be_read():
    assert decode(sealed(WEIGHTS, (2, 3)), (2, 3)).tolist() == [[0, 1, 0], [0, -1, 1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not whole"),
        (WEIGHTS[:-1], "not whole"),
        (WEIGHTS[:5], "not whole"),
        (WEIGHTS + b"\0", "not whole"),
        (WEIGHTS + WEIGHTS, "not whole"),
        (lzma.compress(bytes([1, 130, 0])), "not whole"),  # with a header of its own
        (packed(bytes(7)), "not whole"),
        (packed([1, 130, 1]), "outside"),
        (packed([126]), "outside"),
        (packed([5, 0]), "outside"),
        (packed([127]), "outside"),
        (packed([127, 127]), "outside"),
        (packed([255]), "outside"),
    ],
)
def test_sealed_bytes_that_hold_no_such_mask_are_refused(content, message):
    with pytest.raises(InvalidInput, match=message):
        decode(sealed(content, (2, 3)), (2, 3))


@pytest.mark.parametrize("last", [127, 255])
def test_a_mask_has_one_coding_only(last):
    """Nothing is left over after the last weight, and what skips has no sign."""
    shape = (2, 300)
    assert decode(sealed(packed([1, 127, 0]), shape), shape)[0, :2].tolist() == [0, 1]
    for steps in ([1, last], [last, 1], [1, last, 127]):
        if steps != [127, 1]:
            with pytest.raises(InvalidInput, match="outside"):
                decode(sealed(packed(steps), shape), shape)


@pytest.mark.parametrize("byte", [0, 127, 255])
def test_a_few_bytes_that_unpack_to_many_are_refused_without_unpacking_them(byte):
    content = packed(bytes([byte]) * (1 << 24))
    assert len(content) < 10_000
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput, match="not whole"):
            decode(sealed(content, (30, 100)), (30, 100))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 21  # LZMA's dictionary, of 1 MiB, and little more


@given(st.binary(max_size=60), st.sampled_from(["as it is", "sealed", "packed"]))
def test_any_bytes_give_a_mask_or_a_sentence(data, kind):
    shape = (40, 70)
    if kind != "as it is":
        data = sealed(packed(data) if kind == "packed" else data, shape)
    try:
        mask = decode(data, shape)
    except InvalidInput:
        return
    assert set(np.unique(mask)) <= {-1, 0, 1}
    assert kind == "sealed" or encode(mask) == data
