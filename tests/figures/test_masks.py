"""Pictures of masks: they hold what they were given, and refuse what does not fit."""

import re

import numpy as np
import pytest

from aegen.core.errors import InvalidInput
from aegen.figures.confusion import confusion
from aegen.figures.fan_in_histogram import degrees
from aegen.figures.input_map import input_map, painted
from aegen.figures.mask_bars import mask_bars
from aegen.figures.mask_colours import MASK_COLOURS
from aegen.figures.mask_frontier import FrontierPoint, frontier
from aegen.figures.mask_overlap import alike
from aegen.figures.score_histogram import mask_variable
from aegen.figures.training_curves import curve


def titles(svg):
    return re.findall(r"<title>(.*?)</title>", svg)


def lightness(colour):
    """CIE L* of "#rrggbb", 0 to 100."""
    channels = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    y = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def told_apart(colours):
    found = sorted(lightness(colour) for colour in colours[:3])
    return min(np.diff(found)) > 18


def test_the_three_states_differ_in_lightness():
    assert all(told_apart(colours) for colours in MASK_COLOURS.values())
    assert not told_apart(("#e0902b", "#2aa0e0", "#ffffff"))  # blue and orange of one lightness


def test_every_unit_is_in_the_histogram():
    values = np.random.default_rng(0).poisson(20, 300)
    values[:7] = 0
    figure = degrees(values)
    (bars,) = figure.data
    assert "7 units have none" in bars.hovertext[0]
    assert sum(bars.y) == 300
    assert [int(each.split()[0]) for each in bars.hovertext] == list(bars.y)
    for k in range(1, len(bars.y)):  # each bar stands over the values that it counts
        left, right = bars.x[k] - bars.width[k] / 2, bars.x[k] + bars.width[k] / 2
        assert bars.y[k] == ((values > left) & (values < right)).sum()
    assert figure.layout.shapes[0].x0 == np.median(values)
    assert figure.layout.meta.endswith(f"median {np.median(values):g}, 7 have none")
    assert not degrees([]).data
    assert degrees([0, 0]).data[0].y == (2,)


def test_the_median_is_written_within_the_histogram():
    for values, anchor in (([0, 0, 9], "left"), ([1, 5, 9], "center"), ([1, 9, 9], "right")):
        assert degrees(values).layout.annotations[0].xanchor == anchor


def test_wide_histograms_bin_what_they_count():
    values = np.random.default_rng(1).integers(0, 1000, 5000)
    (bars,) = degrees(values).data
    assert len(bars.y) <= 30
    for y, said in list(zip(bars.y, bars.hovertext, strict=True))[1:]:
        low, high = map(int, re.search(r"have (\d+) to (\d+)$", said).groups())
        assert y == ((values >= low) & (values <= high)).sum()


def test_the_variable_is_coloured_by_its_threshold():
    edges = np.linspace(-1, 1, 9)
    counts = np.array([1, 2, 3, 4, 5, 6, 7, 8])
    figure = mask_variable(counts, edges, 0.5)
    (bars,) = figure.data
    said = bars.hovertext
    assert [each.rsplit(": ")[-1] for each in said] == ["invert"] * 2 + ["drop"] * 4 + ["keep"] * 2
    light = MASK_COLOURS["light"]
    colours = [light.invert] * 2 + [light.drop] * 4 + [light.keep] * 2
    assert list(bars.marker.color) == colours
    np.testing.assert_array_equal(bars.y, counts)
    np.testing.assert_allclose(bars.x, (edges[:-1] + edges[1:]) / 2)
    assert [line.x0 for line in figure.layout.shapes] == [-0.5, 0.5]
    dark = mask_variable(counts, edges, 0.5, paper="dark").data[0].marker.color
    assert dark[0] == MASK_COLOURS["dark"].invert
    wider = mask_variable(counts, edges, 0.0).data[0].hovertext
    assert not any(each.endswith("drop") for each in wider)
    with pytest.raises(InvalidInput, match="one edge more"):
        mask_variable(counts, edges[:-1], 0.5)


def test_the_trained_threshold_is_marked_where_another_is_tried():
    counts, edges = [1, 2, 1], [-1.5, -0.5, 0.5, 1.5]
    tried = mask_variable(counts, edges, 0.7, trained=0.2).layout
    assert sorted(line.x0 for line in tried.shapes) == [-0.7, -0.2, 0.2, 0.7]
    (said,) = [each.text for each in tried.annotations if each.text]
    assert said == "threshold ±0.7, trained ±0.2"
    same = mask_variable(counts, edges, 0.7, trained=0.7).layout
    assert [line.x0 for line in same.shapes] == [-0.7, 0.7]
    nothing = mask_variable([0, 0, 0], edges, 0.7).layout
    assert nothing.xaxis.range == pytest.approx((-1.12, 1.12))


def test_a_confusion_matrix_names_every_cell():
    counts = np.array([[8, 2], [0, 10]])
    said = titles(confusion(counts, ["cat", "dog"], before=[[10, 0], [0, 10]]))
    assert said[1] == "cat taken for dog: 2 (20.0 %), before 0"
    assert 'aria-label="confusion matrix: 18 of 20 right"' in confusion(counts, ["cat", "dog"])
    with pytest.raises(InvalidInput, match="2 classes"):
        confusion(np.ones((3, 3)), ["a", "b"])


def test_curves_leave_out_what_is_no_number():
    drawn = curve([1, 2, 3], {"Loss": [0.5, float("nan"), 0.25]}, title="Loss", log=True)
    assert (drawn.data[0].x, drawn.data[0].y) == ((1, 3), (0.5, 0.25))
    assert drawn.layout.yaxis.type == "log"
    assert not curve([1], {"Loss": [float("nan")]}, title="Loss").data
    flips = curve([1, 2], {"Flips": [0, 5]}, title="Flips", log=True).data[0]
    assert (flips.x, flips.y) == ((2,), (5,))
    assert curve([1, 2], {"Flips": [0, 5]}, title="Flips").data[0].y == (0, 5)


def test_large_numbers_fit_beside_a_curve():
    drawn = curve([1, 2, 3], {"Flips": [250_000, 500_000, 11_420]}, title="Flips", log=True)
    line, end = drawn.data
    assert (end.x, end.y, end.text) == ((3,), (11_420,), ("<b>11.42k</b>",))
    assert (drawn.layout.yaxis.tickformat, drawn.layout.yaxis.dtick) == ("~s", "D2")  # 200k
    assert "%{y:,d}" in line.hovertemplate  # all digits under the pointer
    assert drawn.layout.meta == "Flips over 3 epochs, last 11,420"
    small = curve([1, 2], {"Accuracy": [97.8, 97.8612]}, title="Accuracy", unit=" %")
    assert small.data[1].text == ("<b>97.86 %</b>",)
    assert small.layout.yaxis.tickformat == ",~r"
    assert small.layout.meta == "Accuracy over 2 epochs, last 97.86 %"


def test_curves_end_where_training_will_and_mark_an_epoch():
    drawn = curve([1, 2, 3], {"a": [3, 2, 1]}, title="Loss", now=2, last=9).layout
    assert drawn.xaxis.range == (1, 9)
    assert [line.x0 for line in drawn.shapes] == [2]
    assert not curve([1, 2, 3], {"a": [3, 2, 1]}, title="Loss", now=7).layout.shapes


def test_two_series_are_named_at_their_ends():
    losses = {"training": [90.0, 75.0], "held-out": [80.0, 73.0]}
    drawn = curve([1, 2], losses, title="Nats", colours=("#111111", "#222222"))
    ends = drawn.data[1::2]
    assert [end.text[0] for end in ends] == ["<b>training 75</b>", "<b>held-out 73</b>"]
    assert [end.textposition for end in ends] == ["top right", "bottom right"]
    assert [line.line.color for line in drawn.data[::2]] == ["#111111", "#222222"]
    assert drawn.layout.meta == "Nats over 2 epochs, last training 75, held-out 73"


def test_where_a_layer_looks_is_counted():
    mask = np.zeros((4, 2 * 9), np.int8)
    mask[:3, 4] = (1, -1, 1)
    mask[0, 9 + 4] = 1
    found = input_map(mask, (2, 3, 3))
    assert found[1, 1] == 4
    assert found.sum() == np.count_nonzero(mask)
    with pytest.raises(InvalidInput, match="does not fit"):
        input_map(mask, (1, 3, 3))
    picture = painted(found, MASK_COLOURS["light"])
    assert tuple(picture[1, 1]) == (0x1D, 0x25, 0x29)
    assert tuple(painted(0 * found, MASK_COLOURS["light"])[0, 0]) == (0xE4, 0xE8, 0xE8)


def test_bars_of_overlap_say_what_chance_gives():
    (said,) = titles(alike([("fc1", 0.2, 0.1, 0.02)]))
    assert (
        said == "fc1: 20.0 % shared, 10.0 % by chance with the same inputs, 2.0 % by chance alone"
    )


def test_a_percentage_with_a_digit_after_the_point_has_room_beside_the_bars():
    svg = alike([("fc1", 1.0, 0.1, 0.02)])
    (width,) = re.findall(r'viewBox="0 0 (\d+) ', svg)
    ends = [
        float(x) + float(w) for x, w in re.findall(r'<rect x="(\d+)" .*?width="([\d.]+)"', svg)
    ]
    assert int(width) - max(ends) >= 58


def test_names_from_files_stay_text():
    for svg in (
        alike([("<b>", 0.2, 0.1, 0.0)]),
        confusion([[1, 0], [0, 1]], ["<script>", "b"]),
        degrees([1, 2], what="<i>").to_json(),
        curve([1, 2], {"<i>": [1, 2], "b": [2, 3]}, title="<script>").to_json(),
    ):
        assert not re.search(r"<(b|script|i)>", svg)


# the frontier


def test_the_frontier_has_every_network_at_its_figures():
    points = [
        FrontierPoint("paper", "FCN", 0.0377, 0.9748, (0.037, 0.038), (0.973, 0.977), True),
        FrontierPoint("mine", "FCN", 0.013, 0.975, None, (0.972, 0.978), chosen=True, key="a"),
        FrontierPoint("narrow <b>", "Conv4", 0.07, 0.72, size="\u00d7 0.25", key="b"),
        FrontierPoint("empty", "FCN", 0.0, 0.1, key="c"),
    ]
    figure = frontier(points, "MNIST", {"FCN": "#2a84a5", "Conv4": "#db8520"})
    named = {trace.name: trace for trace in figure.data if trace.name}
    assert list(named) == ["paper", "narrow <b>", "mine"]  # nothing of what has no weights left
    for point in points[:3]:
        trace = named[point.name]
        assert (trace.x[0], trace.y[0]) == (100 * point.remaining, 100 * point.accuracy)
        low, high = (10**end for end in figure.layout.xaxis.range)
        assert low < trace.x[0] < high
        assert figure.layout.yaxis.range[0] < trace.y[0] < figure.layout.yaxis.range[1]
    paper, mine, narrow = (named[name] for name in ("paper", "mine", "narrow <b>"))
    assert paper.marker.symbol == "circle-open"
    assert paper.error_x.array[0] == pytest.approx(0.03)
    assert paper.error_y.arrayminus[0] == pytest.approx(0.18)
    assert (mine.marker.symbol, mine.customdata[0]) == ("circle", "a")
    assert not mine.error_y.visible
    assert "[97.2, 97.8]" in mine.hovertemplate
    assert (narrow.marker.symbol, narrow.text[0]) == ("diamond", "Conv4 \u00d7 0.25")
    assert "<b>narrow &lt;b&gt;</b>" in narrow.hovertemplate
    assert [paper.text[0], mine.text[0]] == ["FCN", ""]  # its name stands there once
    (ring,) = [trace for trace in figure.data if not trace.name]
    assert (ring.x, ring.y) == (mine.x, mine.y)
    assert paper.marker.color == mine.marker.color != narrow.marker.color


def test_layers_as_bars_have_the_lengths_of_their_shares():
    picture = mask_bars([("a", 1, 2, 97), ("b & c", 30, 30, 40)])
    widths = [float(w) for w in re.findall(r'width="([\d.]+)" height="14"', picture)]
    assert np.divide(widths, sum(widths[:3])) == pytest.approx(
        [0.01, 0.02, 0.97, 0.3, 0.3, 0.4], abs=1e-3
    )
    assert "b &amp; c" in picture
    assert "60.00 %" in picture
