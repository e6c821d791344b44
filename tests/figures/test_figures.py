"""Figures: what is drawn is what was given, escaped, in both inks, from one palette."""

import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from aegen import figures
from aegen.core.errors import InvalidInput
from aegen.figures.small_map import shade


def svg(text):
    return ET.fromstring(text)


def test_bars_are_as_long_as_their_shares_and_names_are_escaped():
    found = svg(figures.bars(["<script>", "b & c"], [0.6, 0.3], reference=[0.1, 0.2]))
    widths = [float(r.get("width")) for r in found.iter("rect")]
    assert widths[1] / widths[0] == pytest.approx(0.6, abs=0.01)
    assert widths[3] / widths[0] == pytest.approx(0.3, abs=0.01)
    assert "<script>" in [t.text for t in found.iter("text")]


def test_small_map_puts_draws_where_they_are():
    background = shade([[0.0, 0.0], [10.0, 10.0]])
    found = svg(figures.small_map(background, [[5.0, 5.0], [10.0, 0.0], [99.0, 99.0]], chosen=1))
    rings = [(float(c.get("cx")), float(c.get("cy"))) for c in found.iter("circle")]
    assert rings[0] == pytest.approx((50, 50), abs=0.1)
    assert rings[1][0] > 90
    assert rings[1][1] > 90  # low is at the bottom
    assert rings[2] == (99, 1)


def test_copying_scale_stays_on_its_scale():
    for ratio in (0.0, 1.0, 50.0):
        (dot,) = svg(figures.copying_scale(ratio, 0, 99)).iter("circle")
        assert 10 <= float(dot.get("cx")) <= 310


def test_density_follows_the_crowd_and_not_the_order():
    rng = np.random.default_rng(0)
    crowd, few = rng.normal(0, 0.1, (900, 2)), rng.normal(5, 0.1, (100, 2))
    points = np.concatenate([crowd, few])
    density = figures.row_density(points)
    assert density.max() == 1
    assert (density > 0).all()
    assert np.median(density[:900]) > 4 * np.median(density[900:])
    order = rng.permutation(1000)
    assert np.allclose(figures.row_density(points[order]), density[order])
    assert figures.row_density(np.empty((0, 2))).shape == (0,)
    assert figures.row_density([[1.0, 1.0]]).tolist() == [1.0]
    with pytest.raises(InvalidInput):
        figures.row_density([[1.0, np.nan]])


def test_map_figures_and_theme_share_one_palette():
    from aegen.app.components.latent_map.picture import picture

    points = np.arange(24.0).reshape(12, 2)
    values = picture(points, labels=points[:, 0])
    names = [f"value {k}" for k in range(10)]
    groups = picture(points, labels=np.arange(12) % 10, categories=names)
    assert (groups.palette, values.palette) == (figures.CATEGORIES[:10], figures.SCALE)
    config = Path(__file__).parents[2] / ".streamlit" / "config.toml"
    theme = tomllib.loads(config.read_text(encoding="utf-8"))["theme"]
    assert tuple(theme["chartCategoricalColors"]) == figures.CATEGORIES


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_template_takes_our_colours(paper):
    from plotly import graph_objects as go

    figure = go.Figure(layout={"template": figures.template(paper)})
    assert figure.layout.template.layout.colorway == figures.CATEGORIES


# contours


def held(contour, points):
    """The share of points inside a contour's lines, by the even-odd rule."""
    from aegen.core.polygons import inside

    within = np.zeros(len(points), bool)
    for line in contour.lines:
        within ^= inside(points, line)
    return within.mean()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_contours_hold_the_shares_that_they_say(scale):
    rng = np.random.default_rng(0)
    for points in (rng.normal(size=(4000, 2)), rng.normal(size=(4000, 2)) + 9 * rng.integers(2)):
        fresh = scale * (np.median(points, axis=0) + rng.normal(size=(20_000, 2)))
        for contour in figures.contours(scale * points):
            assert held(contour, scale * points) == pytest.approx(contour.share, abs=0.04)
            assert held(contour, fresh) == pytest.approx(contour.share, abs=0.05)


def test_contours_are_round_around_a_round_cloud_and_islands_stay_apart():
    rng = np.random.default_rng(1)
    (half,) = figures.contours(rng.normal(size=(4000, 2)), shares=(0.5,))
    radius = np.linalg.norm(np.concatenate(half.lines), axis=1)
    expected = np.sqrt(2 * np.log(2))  # half of a standard normal lies within
    assert np.abs(radius - expected).max() < 0.25 * expected
    centres = 20 * rng.integers(3, size=(2000, 1)) * [1.0, 0.3]
    (apart,) = figures.contours(rng.normal(size=(2000, 2)) + centres, shares=(0.95,))
    middles = sorted(line.mean(axis=0)[0] for line in apart.lines if len(line) > 20)
    assert middles == pytest.approx([0, 20, 40], abs=0.6)


def test_contours_of_few_points_on_top_of_each_other():
    assert len(figures.contours([[0.0, 0.0], [1.0, 0.0]])) == 4
    assert len(figures.contours(np.repeat([[0.0, 0.0], [3.0, 1.0]], 50, axis=0))) == 4
    with pytest.raises(InvalidInput, match="coincide"):
        figures.contours(np.ones((5, 2)))
    with pytest.raises(InvalidInput, match="at least 2"):
        figures.contours([[0.0, 1.0]])
    with pytest.raises(InvalidInput, match="shares"):
        figures.contours(np.eye(2), shares=(1.0,))
