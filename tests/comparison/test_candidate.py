"""Candidates and metric specs: one line of text each, that reads back as what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegen.comparison import DEFAULTS, HELD_OUT, PRESETS, REFERENCES, Candidate, metric_specs
from aegen.comparison.candidate import parse_all
from aegen.comparison.metric_spec import MetricSpec, preset
from aegen.core.errors import InvalidInput, UnknownName
from aegen.metrics import metrics
from aegen.samplers import samplers


@pytest.mark.parametrize("name", samplers.names())
def test_every_latent_model_reads_back(name):
    candidate = Candidate.parse(name)
    assert (candidate.text, candidate.fields) == (name, ())
    assert samplers.name_of(candidate.make()) == name
    assert candidate.title == samplers.get(name).title


@given(
    bandwidth=st.floats(1e-6, 10),
    degree=st.one_of(st.integers(1, 10**6), st.sampled_from(["n", "auto"])),
    rows=st.sampled_from(["iid", "balanced"]),
)
def test_fields_read_back_with_every_digit(bandwidth, degree, rows):
    for candidate in (
        Candidate.of("kde", {"bandwidth": bandwidth}),
        Candidate.of("empirical-beta-copula", {"rows": rows, "degree": degree}),
    ):
        assert Candidate.parse(candidate.text) == candidate


def test_a_field_at_its_default_is_no_other_candidate():
    assert Candidate.parse("kde:bandwidth=auto") == Candidate("kde")
    assert Candidate.parse("kde:bandwidth=0.5") != Candidate("kde")


def test_the_held_out_rows_are_a_candidate_without_a_model():
    assert Candidate.parse(HELD_OUT.text) == HELD_OUT
    assert HELD_OUT.title == "Real codes"
    assert not HELD_OUT.slow


def test_slow_ones_say_so():
    assert Candidate("flow-matching").slow
    assert not Candidate("gaussian").slow
    auto = Candidate.of("empirical-beta-copula", {"degree": "auto"})
    assert auto.slow
    assert not Candidate("empirical-beta-copula").slow


def test_the_defaults_are_five_and_no_references():
    assert len(DEFAULTS) == 5
    assert not set(DEFAULTS) & set(REFERENCES)
    assert parse_all([",".join(c.text for c in DEFAULTS)]) == DEFAULTS


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["gausian"], "no latent model named 'gausian'; did you mean 'gaussian'"),
        (["kde:width=1"], "no field of kde named 'width'"),
        (["kde:bandwidth"], "written name:field=value"),
        (["kde:bandwidth=-1"], "bandwidth must be a number from"),
        (["kde:bandwidth=1:bandwidth=2"], "gives bandwidth twice"),
        (["kde,gaussian", "kde"], "kde is named twice"),
        (["kde,bootstrap"], "bootstrap is in every comparison already"),
        (["", " , "], "name at least one latent model"),
        (["held-out:a=1"], "no latent model named 'held-out'"),
    ],
)
def test_what_cannot_be_compared(texts, message):
    with pytest.raises((InvalidInput, UnknownName), match=message):
        parse_all(texts)


@pytest.mark.parametrize("name", PRESETS)
def test_every_set_of_metric_specs_exists_and_reads_back(name):
    found = metric_specs([name])
    told = () if "codes/distance-ratio" in preset(name) else ("codes/distance-ratio",)
    assert tuple(spec.key for spec in found) == preset(name) + told
    assert preset(name)[: len(PRESETS[name])] == PRESETS[name]
    for metric_spec in found:
        assert MetricSpec.parse(metric_spec.key) == metric_spec
        assert metric_spec.make().title in metric_spec.title


@pytest.mark.parametrize("name", metrics.names())
def test_every_metric_is_in_a_set(name):
    measured = metric_specs(PRESETS)
    assert any(name in (spec.metric, *(d.metric for d in spec.details())) for spec in measured)


def test_copies_are_told_from_new_draws_in_every_comparison():
    found = metric_specs(["features/frechet-distance"])
    assert [spec.key for spec in found] == ["features/frechet-distance", "codes/distance-ratio"]
    assert metric_specs(["codes/distance-ratio"]) == found[1:]


def test_codes_have_a_second_reference():
    found = MetricSpec.parse("left-out/nearest-neighbour-worse-half")
    assert found.title == "1-NN worse half in left-out codes"
    assert [detail.key.rpartition("-")[2] for detail in found.details()] == [
        "real",
        "generated",
        "accuracy",
    ]
    with pytest.raises(UnknownName, match="no space of attribute-distance named 'left-out'"):
        MetricSpec.parse("left-out/attribute-distance")


def test_metric_specs_are_named_once_in_the_order_given():
    found = metric_specs(["codes/distance-ratio,quick", "codes/distance-ratio"])
    assert found[0].key == "codes/distance-ratio"
    assert len({metric_spec.key for metric_spec in found}) == len(found)


def test_what_looks_at_features_can_look_through_inception():
    found = MetricSpec.parse("inception/frechet-distance")
    assert found.title == "Fréchet distance in Inception features"
    with pytest.raises(UnknownName, match="no space of log-likelihood named 'inception'"):
        MetricSpec.parse("inception/log-likelihood")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quik", "no set of metrics named 'quik'; did you mean 'quick'"),
        ("codes/distance-ration", "no metric named 'distance-ration'"),
        ("colours/distance-ratio", "no space of distance-ratio named 'colours'"),
        ("codes/distance-ratio:k=3", "no field of distance-ratio named 'k'"),
        (",", "name at least one metric"),
    ],
)
def test_metric_specs_that_do_not_exist(text, message):
    with pytest.raises((InvalidInput, UnknownName), match=message):
        metric_specs([text])
