"""Conventions: both ways, against the arithmetic written out here, and told by evidence."""

from dataclasses import replace

import numpy as np
import pytest

from aegen.bundles.convention import IMAGENET, Convention, convention_of, layouts_of
from aegen.bundles.evidence import Trial, best_trial, table, trials
from aegen.core.errors import InvalidInput

OWN = (0.4, 0.5, 0.6, 0.7), (0.2, 0.25, 0.3, 0.35)


def convention(scale, layout, c, *, reverse=False):
    if scale not in ("standardised", "imagenet"):
        return Convention(scale, layout, reverse)
    mean, deviation = IMAGENET if scale == "imagenet" else OWN
    return Convention("standardised", layout, reverse, mean[:c], deviation[:c])


def stands(x, scale, layout, *, reverse=False, own=OWN):
    """Pictures (n, h, w, c) in [0, 1] as a network has them: the arithmetic of the field."""
    n, c = len(x), x.shape[3]
    mean, deviation = IMAGENET if scale == "imagenet" else own
    y = {
        "unit": lambda v, k: v,
        "signed": lambda v, k: (v - 0.5) / 0.5,
        "bytes": lambda v, k: v * 255,
        "standardised": lambda v, k: (v - mean[k]) / deviation[k],
        "imagenet": lambda v, k: (v - mean[k]) / deviation[k],
        "logits": lambda v, k: np.log(v / (1 - v)),
    }[scale]
    planes = [y(x[..., k].astype(np.float64), k) for k in range(c)]
    planes = planes[::-1] if reverse else planes
    first = np.stack(planes, axis=1)
    last = np.stack(planes, axis=3)
    return {
        "channels first": first,
        "channels last": last,
        "flat": first.reshape(n, -1),
        "flat, channels last": last.reshape(n, -1),
        "no channels": planes[0],
    }[layout].astype(np.float32)


def pictures(n, shape, seed=0):
    """Smooth coloured pictures in (0, 1) that differ, of few degrees of freedom."""
    h, w, c = shape
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[:h, :w]
    waves = [
        np.sin(down * a / h + across * b / w + phase)
        for a, b, phase in ((3, 0, 0), (0, 5, 1), (4, 4, 2), (7, 1, 3))
    ]
    mix = rng.normal(size=(n, c, 4)) * np.array([1.0, 0.8, 0.6, 0.5])
    x = np.einsum("nck,khw->nhwc", mix, np.stack(waves))
    tints = np.array([0.35, 0.5, 0.2, 0.6])[:c]  # channels that are not alike
    return np.clip(tints + 0.12 * x, 0.03, 0.97).astype(np.float32)


SCALES = ["unit", "signed", "bytes", "standardised", "imagenet", "logits"]
LAYOUTS = ["channels first", "channels last", "flat", "flat, channels last", "no channels"]


EVERY = [
    (scale, shape, layout)
    for scale in SCALES
    for shape in [(5, 7, 1), (5, 7, 3), (7, 5, 4), (4, 4, 3)]
    for layout in LAYOUTS
    if (layout != "no channels" or shape[2] == 1) and (scale != "imagenet" or shape[2] == 3)
]


@pytest.mark.parametrize(("scale", "shape", "layout"), EVERY)
def test_each_convention_is_what_the_field_means_by_it_both_ways(scale, shape, layout):
    c = shape[2]
    x = pictures(3, shape)
    for reverse in (False, True) if c == 3 else (False,):
        end = convention(scale, layout, c, reverse=reverse)
        y = stands(x, scale, layout, reverse=reverse)
        back = end.undo(y, shape)
        assert back.dtype == np.float32
        assert back.flags.c_contiguous  # a view breaks networks that call view()
        assert np.allclose(back, x, atol=1e-5)
        if scale == "logits":
            with pytest.raises(InvalidInput, match="takes pixels, no logits"):
                end.apply(x)
            continue
        entering = end.apply(x)
        assert entering.dtype == np.float32
        assert entering.flags.c_contiguous
        assert np.allclose(entering, y, rtol=1e-5, atol=1e-5)
        assert end.apply(x[:0]).shape == (0, *y.shape[1:])
        assert end.undo(y[:0], shape).shape == (0, *shape)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"scale": "percent"}, "scale must be one of unit, signed"),
        ({"layout": "sideways"}, "layout must be one of channels first; channels last"),
        ({"scale": "standardised"}, "needs a mean and a deviation"),
        ({"mean": (0.5,), "deviation": (0.5,)}, "a standardised range, and no other"),
        ({"scale": "standardised", "mean": (0.5,), "deviation": ()}, "of each channel"),
        ({"scale": "standardised", "mean": (0.5,), "deviation": (0.0,)}, "must be above 0"),
        ({"scale": "standardised", "mean": (np.nan,), "deviation": (1.0,)}, "of each channel"),
        ({"scale": "standardised", "mean": (0.5,), "deviation": (np.inf,)}, "must be above 0"),
    ],
)
def test_conventions_that_are_none(fields, said):
    with pytest.raises(InvalidInput, match=said):
        Convention(**fields)


def test_conventions_of_other_pictures():
    x = pictures(2, (4, 5, 3))
    one = Convention("standardised", mean=(0.5,), deviation=(0.5,))
    with pytest.raises(InvalidInput, match="mean: has 1 numbers for pictures of 3 channels"):
        one.apply(x)
    with pytest.raises(InvalidInput, match="mean: has 1 numbers for pictures of 3 channels"):
        one.undo(x.transpose(0, 3, 1, 2), (4, 5, 3))
    with pytest.raises(InvalidInput, match="has no channels, and the pictures have 3 channels"):
        Convention("unit", "no channels").apply(x)
    with pytest.raises(InvalidInput, match="which are not 4 x 4 pixels of 3 channels"):
        Convention().undo(x.transpose(0, 3, 1, 2), (4, 4, 3))


@pytest.mark.parametrize(
    ("shape", "picture", "layouts"),
    [
        (None, (8, 9, 1), ["channels first", "channels last", "flat", "no channels"]),
        (None, (8, 9, 3), ["channels first", "channels last", "flat", "flat, channels last"]),
        ((None, 3, 8, 9), (8, 9, 3), ["channels first"]),
        ((16, 8, 9, 3), (8, 9, 3), ["channels last"]),
        ((None, 3, None, None), (8, 9, 3), ["channels first"]),
        ((None, None, None, None), (3, 3, 3), ["channels first", "channels last"]),
        ((None, 216), (8, 9, 3), ["flat", "flat, channels last"]),
        ((None, None), (8, 9, 1), ["flat"]),
        ((None, 8, 9), (8, 9, 1), ["no channels"]),
        ((None, 8, 9), (8, 9, 3), []),
        ((None, 3, 9, 8), (8, 9, 3), []),  # height and width the wrong way round
        ((None, 1, 8, 9, 1), (8, 9, 1), []),
    ],
)
def test_layouts_that_fit_a_shape(shape, picture, layouts):
    assert list(layouts_of(shape, picture)) == layouts


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("unit", Convention()),
        ("Signed, BGR", Convention("signed", reverse=True)),
        ("bytes,channels last", Convention("bytes", "channels last")),
        ("imagenet", Convention("standardised", "channels first", False, *IMAGENET)),
        ("logits,rgb", Convention("logits")),
        ("unit, flat", Convention("unit", "flat")),
        ("unit, flat, channels last, bgr", Convention("unit", "flat, channels last", True)),
    ],
)
def test_conventions_by_word(word, meant):
    assert convention_of(word) == meant


@pytest.mark.parametrize("word", ["", "standardised", "percent", "unit,grb", "unit signed"])
def test_words_that_are_no_convention(word):
    with pytest.raises(InvalidInput, match="a convention is one of unit, signed, bytes, logits"):
        convention_of(word)


# Evidence


class Linear:
    """An autoencoder of principal components, which was made for one convention at each end.

    It learns from more pictures than are shown to the evidence, and takes only its own shape.
    """

    def __init__(self, shape, taken, given, *, d=12, layouts=("channels first",) * 2, bgr=False):
        train = pictures(200, shape, seed=1)
        flat = train.reshape(-1, shape[2])
        self.own = tuple(flat.mean(axis=0)), tuple(flat.std(axis=0))
        self.parts = [
            {"scale": scale, "layout": layout, "reverse": bgr, "own": self.own}
            for scale, layout in zip((taken, given), layouts, strict=True)
        ]
        u, y = (stands(train, **part).astype(np.float64) for part in self.parts)
        self.takes, self.gives = u.shape[1:], y.shape[1:]
        u, y = u.reshape(200, -1), y.reshape(200, -1)
        self.mean = u.mean(axis=0)
        self.axes = np.linalg.svd(u - self.mean, full_matrices=False)[2][:d]
        z = (u - self.mean) @ self.axes.T
        self.back = np.linalg.lstsq(np.column_stack([z, np.ones(200)]), y, rcond=None)[0]

    def encode(self, u):
        if u.shape[1:] != self.takes:
            raise InvalidInput(f"takes {self.takes}, got {u.shape[1:]}")
        return ((u.reshape(len(u), -1) - self.mean) @ self.axes.T).astype(np.float32)

    def decode(self, z):
        y = (z @ self.back[:-1] + self.back[-1]).reshape(len(z), *self.gives)
        # bytes and pictures in [0, 1] cannot leave their range; tanh's likewise
        return y.astype(np.float32)


def told(net, x, **known):
    return best_trial(trials(net.encode, net.decode, x, **known))


def kind_of(end):
    """The scale, with ImageNet's statistics apart from the data's own."""
    return "imagenet" if (end.mean, end.deviation) == IMAGENET else end.scale


@pytest.mark.parametrize("given", SCALES)
@pytest.mark.parametrize("taken", SCALES[:-1])
def test_the_right_range_of_both_ends_is_told(taken, given):
    shape = (6, 8, 3)
    net = Linear(shape, taken, given)
    found = told(net, pictures(16, shape))
    assert (kind_of(found.taken), kind_of(found.given)) == (taken, given)
    assert not found.taken.reverse
    assert not found.given.reverse
    assert found.taken.layout == found.given.layout == "channels first"


@pytest.mark.parametrize("shape", [(6, 8, 1), (6, 8, 4)])
@pytest.mark.parametrize(("taken", "given"), [("signed", "unit"), ("standardised", "signed")])
def test_ranges_of_grey_and_transparent_pictures(shape, taken, given):
    found = told(Linear(shape, taken, given), pictures(16, shape))
    assert (found.taken.scale, found.given.scale) == (taken, given)


@pytest.mark.parametrize(
    "layouts",
    [
        ("channels last", "channels last"),
        ("flat", "flat"),
        ("flat, channels last", "channels first"),
        ("channels first", "flat, channels last"),
        ("channels last", "flat"),
    ],
)
def test_the_right_layout_of_both_ends_is_told(layouts):
    shape = (6, 8, 3)
    found = told(Linear(shape, "signed", "unit", layouts=layouts), pictures(16, shape))
    assert (found.taken.layout, found.given.layout) == layouts
    assert (found.taken.scale, found.given.scale) == ("signed", "unit")


def test_a_network_that_takes_no_channels():
    shape = (6, 8, 1)
    net = Linear(shape, "bytes", "unit", layouts=("no channels", "flat"))
    found = told(net, pictures(16, shape))
    assert found.taken == Convention("bytes", "no channels")
    assert found.given == Convention("unit", "flat")


@pytest.mark.parametrize("scale", ["bytes", "signed", "imagenet"])
def test_blue_before_red_is_told(scale):
    shape = (6, 8, 3)
    net = Linear(shape, scale, scale, bgr=True)
    found = told(net, pictures(16, shape))
    if scale == "imagenet":  # its numbers stay with their colours
        assert kind_of(found.taken) == "imagenet"
    assert found.taken.reverse
    assert found.given.reverse
    assert found.taken.scale == found.given.scale == convention(scale, "flat", 3).scale


def test_an_end_that_is_known_is_not_tried():
    shape = (6, 8, 3)
    net, x = Linear(shape, "signed", "unit"), pictures(16, shape)
    wrong = Convention("bytes")
    found = trials(net.encode, net.decode, x, taken=wrong)
    assert {trial.taken for trial in found} == {wrong}
    found = trials(net.encode, net.decode, x, given=wrong)
    assert {trial.given for trial in found if np.isfinite(trial.error)} == {wrong}
    [only] = trials(net.encode, net.decode, x, taken=Convention("signed"), given=Convention())
    assert only.error == told(net, x).error
    turned = Convention("signed", reverse=True)
    assert {t.taken for t in trials(net.encode, net.decode, x, taken=turned)} == {turned}


def test_stated_shapes_spare_trials():
    shape = (6, 8, 3)
    net, x = Linear(shape, "unit", "unit"), pictures(16, shape)
    seen = []

    def encode(u):
        seen.append(u.shape[1:])
        return net.encode(u)

    trials(encode, net.decode, x, takes=(None, 3, 6, 8), gives=(None, 3, 6, 8))
    assert set(seen) == {(3, 6, 8)}


def test_the_error_is_a_pixels_mean_square():
    shape = (6, 8, 3)
    net, x = Linear(shape, "unit", "unit", d=2), pictures(16, shape)
    best = told(net, x)
    y = net.decode(net.encode(Convention().apply(x))).transpose(0, 2, 3, 1)
    assert best.error == pytest.approx(((np.clip(y, 0, 1) - x) ** 2).mean(), rel=1e-6)
    assert best.error > 0


def test_what_never_comes_back_is_refused_with_each_reason_once():
    x = pictures(16, (6, 8, 3))
    small = Linear((6, 6, 3), "unit", "unit")
    with pytest.raises(InvalidInput, match="no picture comes back") as error:
        trials(small.encode, small.decode, x)
    assert str(error.value).count("got (3, 6, 8)") == 1
    with pytest.raises(InvalidInput, match=r"encoder takes \(None, 1, 6, 8\), the pictures are"):
        trials(small.encode, small.decode, x, takes=(None, 1, 6, 8))
    net = Linear((6, 8, 3), "unit", "unit")
    with pytest.raises(InvalidInput, match="codes that are NaN"):
        trials(lambda u: net.encode(u) * np.float32(np.nan), net.decode, x)
    with pytest.raises(InvalidInput, match=r"the decoder gives \(4, 4\) for a picture"):
        trials(net.encode, lambda z: np.zeros((len(z), 4, 4), np.float32), x)
    with pytest.raises(InvalidInput, match="not finite"):
        trials(net.encode, lambda z: net.decode(z) * np.float32(np.inf), x)


def test_alike_conventions_give_way_to_the_plainest():
    unit, signed = Convention(), Convention("signed")
    turned = replace(unit, reverse=True)
    found = [Trial(turned, turned, 0.0100), Trial(signed, unit, 0.0101), Trial(unit, unit, 0.0101)]
    assert best_trial(found).taken == unit
    assert best_trial([*found[:2], Trial(unit, unit, 0.02)]) == found[0]


def test_a_network_that_forgets_all_is_no_evidence_of_anything_odd():
    """A decoder that always gives the mean: the plainest convention is taken."""
    x = pictures(16, (6, 8, 3))
    mean = x.mean(axis=0).transpose(2, 0, 1)
    found = trials(
        lambda u: np.zeros((len(u), 2), np.float32), lambda z: np.tile(mean, (len(z), 1, 1, 1)), x
    )
    assert best_trial(found).taken == Convention()
    assert best_trial(found).given == Convention()


def test_the_table_marks_the_choice():
    shape = (6, 8, 3)
    net = Linear(shape, "signed", "bytes")
    found = trials(net.encode, net.decode, pictures(16, shape))
    lines = table(found, most=5).splitlines()
    assert len(lines) == 6
    assert [line[0] for line in lines[1:]] == ["*", " ", " ", " ", " "]
    assert "[-1, 1]" in lines[1]
    assert "0 to 255" in lines[1]
    assert f"{found[0].error:.5f}" in lines[1]


def test_conventions_say_themselves():
    own = Convention("standardised", "flat", True, (0.5,) * 3, (0.2,) * 3)
    assert str(own) == "the data's mean and deviation, flat, blue first"
    assert str(Convention("standardised", "channels first", False, *IMAGENET)).startswith("ImageN")
    assert str(Convention("signed", "channels last")) == "[-1, 1], channels last"
