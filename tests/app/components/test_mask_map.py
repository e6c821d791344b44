"""The mask map's own parts: what travels, and where each weight lies."""

import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aegen.app.components.mask_map import (
    SCRIPTS,
    matrix,
    pack,
    packing,
    slice_of,
    some_tiles,
    tiles,
)
from aegen.app.components.mask_map.packing import unpack
from aegen.app.widgets.mask_layer import MaskedLayer
from aegen.core.errors import InvalidInput

FOLDER = Path(packing.__file__).parent


def random_mask(shape, remaining=0.3, seed=0):
    probability = np.random.default_rng(seed).random(shape)
    mask = (probability < remaining / 2).astype(np.int8)
    mask[probability > 1 - remaining / 2] = -1
    return mask


# packing


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (5, 4, 3, 3), (2, 2, 2)])
def test_a_mask_comes_back_as_it_was(shape):
    mask = random_mask(shape)
    again = unpack(pack(mask))
    assert again.dtype == np.int8
    np.testing.assert_array_equal(again, mask)


def test_another_mask_has_another_mark():
    mask = random_mask((8, 9))
    other = mask.copy()
    other[4, 4] = 1 - other[4, 4] % 2
    assert pack(mask).mark == pack(mask.copy()).mark
    assert pack(mask).mark != pack(other).mark
    assert pack(mask).mark != pack(mask.reshape(9, 8)).mark


@pytest.mark.parametrize("mask", [np.array([[2, 0]]), np.array([[0.5]]), np.zeros((0, 3), int)])
def test_what_is_no_mask_is_refused(mask):
    with pytest.raises(InvalidInput, match="-1, 0 and 1"):
        pack(mask)


def test_four_million_weights_at_a_percent_travel_in_a_tenth_of_a_megabyte():
    packed = pack(random_mask((256, 16384), 0.01))
    assert len(packed.data) < 100_000
    assert len(zlib.decompress(packed.data)) == 256 * 16384 // 4  # 2 bits each


# sheets

LAYERS = [
    MaskedLayer("dense", (6, 5)),
    MaskedLayer("first", (7, 16), (1, 4, 4)),
    MaskedLayer("after", (5, 48), (3, 4, 4)),
    MaskedLayer("conv", (8, 3, 3, 3)),
    MaskedLayer("deep", (16, 12, 3, 3)),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_every_weight_lies_at_one_place(layer):
    for layout in layer.layouts():
        if layout == "slice":
            continue
        found = layer.sheet(layout).indices()
        cells = np.sort(found[found >= 0])
        np.testing.assert_array_equal(cells, np.arange(np.prod(layer.shape)))


def test_a_wrong_sheet_would_be_seen():
    sheet = matrix((6, 5))
    wrong = type(sheet)(sheet.counts, (0, 0, 5, 2))
    cells = np.sort(wrong.indices().reshape(-1))
    assert not np.array_equal(cells, np.arange(30))


def test_a_tile_is_a_kernel():
    layer = MaskedLayer("conv", (8, 3, 3, 3))
    values = np.arange(8 * 3 * 9).reshape(8, 3, 3, 3)
    sheet = layer.sheet("tiles")
    found = sheet.indices()
    block, _ = sheet.block
    for unit in (0, 5, 7):
        top = unit // sheet.blocks_across * block
        left = unit % sheet.blocks_across * sheet.block[1]
        np.testing.assert_array_equal(found[top : top + 3, left : left + 3], values[unit, 0])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_units_in_another_order_are_the_layer_with_its_units_in_that_order(layer):
    rng = np.random.default_rng(0)
    order = tuple(rng.permutation(layer.shape[0]).tolist())
    values = np.arange(np.prod(layer.shape)).reshape(layer.shape)
    for layout in layer.layouts():
        if layout == "slice":
            continue
        plain = layer.sheet(layout).indices()
        wanted = np.where(plain < 0, -1, values[list(order)].reshape(-1)[plain])
        found = replace(layer.sheet(layout), order=order).indices()
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("shape", [(16, 12, 3, 3), (5, 3, 4, 4)])
def test_some_tiles_are_those_of_the_layer_in_their_order(shape):
    rng = np.random.default_rng(1)
    units = tuple(rng.permutation(shape[0])[:4].tolist())
    channels = tuple(tuple(rng.permutation(shape[1])[:2].tolist()) for _ in units)
    values = np.arange(np.prod(shape)).reshape(shape)
    chosen = np.stack(
        [values[unit, list(each)] for unit, each in zip(units, channels, strict=True)]
    )
    plain = tiles(chosen.shape).indices()
    wanted = np.where(plain < 0, -1, chosen.reshape(-1)[plain])
    np.testing.assert_array_equal(some_tiles(shape, units, channels).indices(), wanted)


def test_a_slice_opens_where_most_weights_remain():
    mask = np.zeros((4, 3, 5, 2), np.int8)
    mask[2, 1, 1], mask[1, 1, 1, 1], mask[0, 0, 0, 0] = [1, -1], 1, 1
    assert MaskedLayer("x", mask.shape).fullest(mask, (0, 1)) == (0, 0, 1, 1)
    assert MaskedLayer("x", mask.shape).fullest(mask, (2, 3)) == (2, 1, 0, 0)


@pytest.mark.parametrize(("down", "across"), [(0, 1), (1, 0), (2, 3), (0, 3)])
def test_a_slice_is_what_numpy_cuts(down, across):
    shape, still = (4, 3, 5, 2), (1, 2, 3, 1)
    values = np.arange(np.prod(shape)).reshape(shape)
    cut = [slice(None) if k in (down, across) else still[k] for k in range(4)]
    wanted = values[tuple(cut)]
    wanted = wanted if down < across else wanted.T
    found = slice_of(shape, down, across, dict(enumerate(still)))
    np.testing.assert_array_equal(found.indices(), wanted)


@pytest.mark.parametrize(
    ("down", "across", "still"), [(1, 1, {}), (0, 1, {2: 5}), (0, 1, {2: -1})]
)
def test_a_slice_that_is_none_is_refused(down, across, still):
    with pytest.raises(InvalidInput, match=r"axis|axes"):
        slice_of((4, 3, 5), down, across, still)


@pytest.mark.parametrize(
    "shape", [(64, 3, 3, 3), (64, 64, 3, 3), (300, 1, 28, 28), (256, 64, 16, 16), (512, 512, 3, 3)]
)
def test_tiles_fit_a_screen(shape):
    height, width = tiles(shape).size
    assert 0.6 < width / height < 3.2


def test_what_the_browser_gets_has_the_names_that_it_reads():
    script = (FOLDER / "sheet.js").read_text()
    words = tiles((4, 2, 3, 3)).specification()
    read = set(re.findall(r"this\.(\w+Across|gap|blockGap|counts|strides|offset)\b", script))
    read |= set(re.findall(r"this\.(tilesAcross|blocksAcross)\b", script))
    assert read | {"gap", "blockGap", "counts"} <= set(words)
    assert "".join((FOLDER / part).read_text() for part in SCRIPTS).count("export default") == 1


# layers


def test_layers_say_what_their_axes_are():
    assert LAYERS[0].axes == (("unit", 6), ("input", 5))
    assert LAYERS[2].axes == (("unit", 5), ("channel", 3), ("row", 4), ("column", 4))
    assert LAYERS[3].axes[0] == ("filter", 8)
    assert LAYERS[0].layouts() == ("matrix",)
    assert MaskedLayer("fc1", (256, 16384), (64, 16, 16)).layouts()[0] == "tiles"
    assert MaskedLayer("fc1", (300, 784), (1, 28, 28)).layouts()[0] == "matrix"
