"""What the pages tell the live channel, and the walks that they give to keep."""

import io
import json

import numpy as np
import pytest
from PIL import Image

import aegen
from aegen.app import services
from aegen.app.live.messages import request
from aegen.app.services.places import Place
from aegen.app.services.samplers import SamplerSpec
from aegen.app.services.targets import Edit
from aegen.app.widgets import moving_picture, share_bar
from aegen.core.images import grid, quantize
from aegen.traversal import attribute_directions, latent_axes
from tests.app.conftest import link_of


def shown(test, component):
    """What a component of the page was given last."""
    assert not test.exception
    found = [
        json.loads(element.proto.json)
        for element in test.get("bidi_component")
        if element.proto.component_name == f"aegen.{component}"
    ]
    return found[-1]


def asked(show):
    """What the channel understands of a request that a page's component sends."""
    found = request(json.dumps({"id": 1, "lane": "a", "show": show}))
    assert not found.problem
    return found.ask


def test_traverse_s_picture_asks_for_the_place_that_is_shown(opened):
    test = opened("traverse", row="5", **{"move-principal": "1:2,3:-1"})
    live = shown(test, "live_picture")["live"]
    assert asked(live["request"]).place == Place("bars", 5, moves=((0, 2.0), (2, -1.0)))
    keys = {element.key for element in test.slider}
    classes = {
        "st-key-" + "".join(c if c.isalnum() or c in "_-" else "-" for c in k) for k in keys
    }
    assert {slider["key"] for slider in live["sliders"]} <= classes
    assert len(live["sliders"]) == 3


@pytest.mark.parametrize("fields", [{}, {"empirical-beta-copula.degree": "12"}])
def test_sample_s_pictures_ask_for_the_draw_that_is_shown(opened, fields):
    fields = {"sampler": "empirical-beta-copula"} | fields
    test = opened(
        "sample", n="9", seed="4", **{k.replace(".", "__"): v for k, v in fields.items()}
    )
    live = shown(test, "image_grid")["live"]
    draw = asked(live["request"])
    assert draw.spec.sampler == "empirical-beta-copula"
    assert (draw.n, draw.seed) == (9, 4)
    [degree] = [slider for slider in live["sliders"] if slider["path"] == ["fields", "degree"]]
    options = test.select_slider[0].options
    assert len(degree["values"]) == len(options)
    assert degree["values"][0] == "n"
    codes = services.draws.varied(draw.spec, 9, 4)
    assert np.array_equal(codes, services.draws.draw(draw.spec, 9, 4).codes)


def test_pictures_do_not_follow_where_they_could_not_keep_up(opened):
    assert shown(opened("sample", n="65"), "image_grid")["live"] is None
    assert shown(opened("sample", n="4", nearest="yes"), "image_grid")["live"] is None


def test_an_edit_s_strip_asks_for_the_edit_that_is_shown(opened):
    test = opened("target", mode="edit", row="3", edit="class=lying", reach="2")
    live = shown(test, "image_grid")["live"]
    edit = asked(live["request"])
    assert edit.edit == Edit("bars", 3, "class=lying", "effects", None, 2.0)
    assert (edit.to, edit.steps) == (2.0, 9)


def test_the_pad_shows_what_lies_around_and_the_picture_at_its_point(opened):
    bundle = aegen.load("bars")
    names, towards = attribute_directions(bundle.codes, bundle.attributes)
    axes, k = latent_axes(bundle.codes), names.index("class lying")
    link = {"row": "5", "across": "axes:1", "up": f"attributes:{k}", "at": "3,-1.5"}
    test = opened("traverse", **link)
    pad = shown(test, "pad")
    right, up = axes.sd[1] * axes.vectors[1], towards.sd[k] * towards.vectors[k]
    codes = [bundle.codes[5] + x * right + y * up for y in range(3, -4, -1) for x in range(-3, 4)]
    sheet = grid(quantize(bundle.decode(np.array(codes))), columns=7, gap=0)
    assert pad["sheet"] == share_bar.source(sheet)
    point = bundle.codes[5] + 3 * right - 1.5 * up
    assert pad["picture"] == share_bar.source(bundle.decode(point[None])[0])
    assert pad["names"] == ["Axis 2", "Towards class lying"]
    between = asked({**pad["request"], "points": [[3, -1.5]]})
    assert between.directions == (("axes", 1), ("attributes", k))
    assert link_of(test)["traverse.at"] == "3,-1.5"


@pytest.mark.parametrize(
    ("projection", "says"),
    [("pca", "from the plane through row 5"), ("umap", "of the ten nearest rows")],
)
def test_a_path_of_the_link_is_drawn_on_its_map_only(opened, projection, says):
    link = {"projection": projection, "row": "5", "path": f"{projection}~0,0~1,1"}
    test = opened("latent-map", **link)
    assert not test.exception
    assert any(says in caption.value for caption in test.caption)
    assert link_of(test)["path"] == f"{projection}~0,0~1,1"
    other = opened("latent-map", **{**link, "path": "axes-0-1~0,0~1,1"})
    assert not any(says in caption.value for caption in other.caption)


def test_every_walk_can_be_kept():
    place, other = Place("bars", 5, moves=((0, 1.0),)), Place("bars", 9)
    spec = SamplerSpec("bars", "empirical-beta-copula")
    walks = {
        services.walks.between: (place, other, "dense"),
        services.walks.over_map: ("bars", "umap", ((0.0, 0.0), (3.0, 1.0)), None),
        services.walks.edited: (Edit("bars", 5, "class=lying"),),
        services.walks.smoothed: (spec, 4, 0),
    }
    for make, arguments in walks.items():
        content = moving_picture._file("webp", make, arguments, 6, 10, False)
        with Image.open(io.BytesIO(content)) as moving:
            assert moving.is_animated
            assert min(moving.size) >= 240
    smooth = services.walks.smoothed(spec, 4, 0, 6).codes
    assert np.array_equal(smooth[0], services.draws.draw(spec, 4, 0).codes)
