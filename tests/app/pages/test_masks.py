"""Masks: figures equal the library's report, links, what-if, other tickets, files, errors."""

import io
import json
import re
import shutil
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from aegen.app import services
from aegen.app.components.mask_map.packing import unpack
from aegen.app.jobs.job import Jobs
from aegen.app.pages.masks import frontier, layer_map, paper, snippets, state
from aegen.app.pages.train import paper as train_paper
from aegen.app.services.interventions import MaskChange
from aegen.app.state.visit import KEY
from aegen.app.widgets import for_paper
from aegen.core.errors import AegenError, TicketError, UnknownName
from aegen.core.images import quantize
from aegen.supermask import Report, interventions
from aegen.supermask.inference.evaluation import evaluate
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import History
from tests.app.conftest import link_of
from tests.app.jobs.test_process import until
from tests.app.test_pages import text, titles
from tests.app.tiny_masks import EPOCHS, tiny_tickets


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masks")
    tiny_tickets(folder)
    return folder


@pytest.fixture(autouse=True)
def ticket_folder(made, tmp_path, monkeypatch):
    """A copy of the tickets that a test may spoil, and no others."""
    folder = tmp_path / "masks"
    shutil.copytree(made, folder)
    monkeypatch.setattr("aegen.supermask.ticket.discovery._roots", lambda: [folder])
    monkeypatch.setattr("aegen.app.pages.masks.interventions.PATIENCE", 60)
    monkeypatch.delenv("AEGEN_DATA", raising=False)
    return folder


def test_all_figures_of_the_page_are_files():
    layers = layer_map.layers_of("bars")
    whole = for_paper.archive(paper.material("bars", layers[0]), 85, 8)
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        names = packed.namelist()
        assert "left-out.txt" not in names
        assert "tables/layers.tex" in names
        for figure in (
            *("map-fc1", "fan-in-fc1", "fan-out-fc1", "mask-variable-fc1", "confusion"),
            *("training-accuracy", "training-remaining", "training-flips"),
            *("layer-bars", "looks-fc1", "frontier-bars", "frontier-mnist", "frontier-cifar10"),
        ):
            assert f"figures/{figure}.svg" in names
            assert packed.read(f"figures/{figure}.pdf").startswith(b"%PDF-")
        ticket = services.tickets.ticket("bars")
        with np.load(io.BytesIO(packed.read("masks.npz"))) as masks:
            assert {k: m.tolist() for k, m in masks.items()} == {
                k: m.tolist() for k, m in ticket.masks.items()
            }
        lines = packed.read("tables/layers.csv").decode().splitlines()
        assert len(lines) == len(layers) + 2
        kept, inverted = (int(cell) for cell in lines[1].split(",")[2:4])
        counts = ticket.counts["fc1"]
        assert (kept, inverted) == (counts.keep, counts.invert)
        assert f"keep {counts.keep:,}" in packed.read("figures/map-fc1.svg").decode()
        with np.load(io.BytesIO(packed.read("mask-variable.npz"))) as variables:
            assert (np.abs(variables["fc1"]) > ticket.thresholds["fc1"]).sum() == (
                counts.keep + counts.invert
            )
        looks = packed.read("figures/looks-fc1.csv").decode().splitlines()[1:]
        assert sum(int(line.split(",")[2]) for line in looks) == counts.keep + counts.invert
        tested = packed.read("tables/what-if.csv").decode().splitlines()
        evaluation = services.interventions.evaluated("bars", "bundle:bars", None, MaskChange())
        assert float(tested[1].split(",")[1]) == pytest.approx(100 * evaluation.accuracy)
        points = packed.read("figures/frontier-bars.csv").decode()
        assert f"{100 * ticket.about['accuracy']}" in points
        assert "Bars, seed 1" in points
        assert "FCN in the paper" in packed.read("figures/frontier-mnist.csv").decode()
        assert b"koster2022" in packed.read("references.bib")
        assert b"seed 0" in packed.read("figures.tex")
    table = train_paper._epochs(services.tickets.history("bars"))
    assert len(table.rows) == EPOCHS


def component(app, name):
    """What a component of the page was given."""
    found = [c.proto for c in app.get("bidi_component") if c.proto.component_name == name]
    return [json.loads(proto.json or proto.mixed.json) for proto in found]


def shown_counts(app, key=0):
    row = component(app, "aegen.network_row")[key]
    return {each["name"]: tuple(each["counts"]) for each in row["layers"]}


def reported(masks):
    return {name: (c.keep, c.invert, c.drop) for name, c in Report.of(masks).layers.items()}


def spec_of(app):
    parts = component(app, "aegen.part")
    return next(part["spec"] for part in parts if part["part"] == "spec")


def mark_of(app):
    return spec_of(app)["parts"]["mask"]


# what is shown


def test_every_count_is_the_librarys(opened, ticket_folder):
    app = opened("masks", ticket="bars")
    assert not app.exception
    assert not app.error
    ticket = Ticket.read(ticket_folder / "bars.ticket")
    assert shown_counts(app) == reported(ticket.masks)
    said = " ".join(str(element.proto) for element in app.get("html"))
    assert f"{100 * ticket.remaining:.2f} %" in said
    other = dict(ticket.masks)
    other["fc2"] = -other["fc2"]
    assert shown_counts(app) != reported(other)  # the check sees a mask that is another one


def test_the_map_gets_the_masks_bytes(opened, ticket_folder):
    app = opened("masks", ticket="bars", layer="fc2")
    ticket = Ticket.read(ticket_folder / "bars.ticket")
    packed = services.tickets.packed("bars", "fc2", None)
    assert mark_of(app) == packed.mark
    np.testing.assert_array_equal(unpack(packed), ticket.masks["fc2"])
    assert spec_of(app)["axes"] == [{"name": "unit", "size": 6}, {"name": "input", "size": 12}]


def test_a_link_shows_the_same_view(opened, ticket_folder):
    link = {
        "ticket": "bars",
        "layer": "fc1",
        "epoch": "2",
        "laid": "slice",
        "axes-of": "1,2",
        "at": "5,0,0",
        "look": "0.25,0.5,3",
        "unit": "4",
    }
    app = opened("masks", **link)
    assert not app.exception
    assert not app.warning
    masks = History.read(ticket_folder / "bars.history").masks(2)
    assert shown_counts(app) == reported(masks)
    spec = spec_of(app)
    assert (spec["epoch"], spec["unit"], spec["look"]) == (2, 4, [0.25, 0.5, 3.0])
    assert spec["sheet"]["counts"] == [1, 1, 16, 16]
    assert spec["sheet"]["offset"] == 5 * 256
    shown = link_of(app)
    assert {name: shown[f"masks.{name}"] for name in link} == link


def test_the_replay_has_every_epochs_counts_and_masks(opened, ticket_folder):
    app = opened("masks", ticket="bars")
    history = History.read(ticket_folder / "bars.history")
    row = component(app, "aegen.network_row")[0]
    assert [int(epoch) for epoch in row["epochs"]] == history.epochs == [*range(1, EPOCHS + 1)]
    for epoch in history.epochs:
        counts = reported(history.masks(epoch))
        assert [tuple(each) for each in row["epochs"][str(epoch)]] == list(counts.values())
    frames = services.tickets.frames("bars", "fc1")
    for frame, epoch in zip(frames, history.epochs, strict=True):
        np.testing.assert_array_equal(unpack(frame), history.masks(epoch)["fc1"])


@pytest.fixture
def few_alive(ticket_folder):
    """A ticket of which units 0 and 2 of the first layer have nothing left, and nobody reads 5."""
    bars = Ticket.read(ticket_folder / "bars.ticket")
    first, second = bars.masks["fc1"].copy(), bars.masks["fc2"].copy()
    first[[0, 2]] = 0
    first[7, 0], second[:, 7] = 1, 1
    second[:, 5] = 0
    changed = bars.with_masks({**bars.masks, "fc1": first, "fc2": second})
    changed.write(ticket_folder / "few.ticket")
    return changed


def test_dead_units_come_last_and_the_fullest_first_on_wish(opened, few_alive):
    spec = spec_of(opened("masks", ticket="few", layer="fc1"))
    assert {0, 2, 5} <= set(spec["dead"])
    alive = [unit for unit in range(12) if unit not in spec["dead"]]
    assert spec["sheet"]["order"] == alive + spec["dead"]
    full = spec_of(opened("masks", ticket="few", layer="fc1", order="full"))["sheet"]["order"]
    left = np.count_nonzero(few_alive.masks["fc1"], axis=1)
    assert set(full[len(alive) :]) == set(spec["dead"])
    assert (np.diff(left[full[: len(alive)]]) <= 0).all()
    built = spec_of(opened("masks", ticket="few", layer="fc1", order="built"))
    assert built["sheet"]["order"] is None
    assert built["dead"] == spec["dead"]


def test_ten_weights_are_the_layers_own(opened, ticket_folder):
    ticket = Ticket.read(ticket_folder / "bars.ticket")
    few = services.tickets.few_weights("bars", "fc1")
    assert set(few.mask) == {-1, 0, 1}
    assert len(few.inputs) == 10
    np.testing.assert_array_equal(few.mask, ticket.masks["fc1"][few.unit, list(few.inputs)])
    np.testing.assert_allclose(few.weights, ticket.frozen("fc1")[few.unit, list(few.inputs)])
    given = component(opened("masks", ticket="bars", layer="fc1"), "aegen.ten_weights")[0]
    assert (given["weights"], given["mask"]) == (list(few.weights), list(few.mask))


def test_charts_follow_the_epoch_that_goes_by(opened):
    app = opened("masks", ticket="bars", passing="2")
    assert not app.exception
    assert component(app, "aegen.epoch")[0]["epoch"] == 2
    assert spec_of(app)["epoch"] == EPOCHS
    assert "masks.passing" not in link_of(app)
    moved = opened("masks", ticket="bars", passing="2", **{"on-map": "yes", "threshold": "2"})
    assert not moved.exception
    assert not moved.error


def test_two_tickets_of_ones_own_are_told_apart(ticket_folder):
    content = (ticket_folder / "bars.ticket").read_bytes()
    other = Ticket.read(ticket_folder / "bars-b.ticket")
    again = replace(other, about={**other.about, "title": "Bars, seed 0"})
    names = [services.tickets.add_ticket(each) for each in (content, again.to_bytes())]
    told = [services.tickets.ticket_name(name) for name in names]
    assert len({*told, services.tickets.ticket_name("bars")}) == 3
    assert all(each.startswith("Bars, seed 0") for each in told)


def test_brought_tickets_of_one_title_go_by_their_files(opened, ticket_folder):
    bars, other = (Ticket.read(ticket_folder / f"{name}.ticket") for name in ("bars", "bars-b"))
    again = replace(other, about={**other.about, "title": "Bars, seed 0"})
    third = replace(again, seed=5)
    app = opened("masks", ticket="bars")
    contents = (("mine.ticket", bars), ("other.ticket", again), ("other.ticket", third))
    names = [services.tickets.add_ticket(each.to_bytes()) for _, each in contents]
    app.session_state[KEY].tickets = {
        name: file for name, (file, _) in zip(names, contents, strict=True)
    }
    app = app.run()
    [picker] = [box for box in app.selectbox if box.label == "Ticket"]
    assert picker.options[-3:] == [
        "Bars, seed 0 (mine.ticket)",
        f"Bars, seed 0 (other.ticket, {names[1][1:5]})",
        f"Bars, seed 0 (other.ticket, {names[2][1:5]})",
    ]
    assert "Bars, seed 0" in picker.options


def test_many_tickets_are_named_without_decoding_their_masks(opened, ticket_folder, monkeypatch):
    for k in range(20):
        shutil.copy(ticket_folder / "edges.ticket", ticket_folder / f"copy-{k}.ticket")
    opened("masks", ticket="bars")
    decoded = []
    read = Ticket.read
    monkeypatch.setattr(Ticket, "read", lambda path: decoded.append(path) or read(path))
    app = opened("masks", ticket="bars")
    assert not app.exception
    [picker] = [box for box in app.selectbox if box.label == "Ticket"]
    assert len(picker.options) == 23
    assert decoded == []


def test_of_a_large_convolution_the_fullest_kernels_are_shown_and_said(opened, monkeypatch):
    for module in (services.interventions, layer_map):
        monkeypatch.setattr(module, "MOST_TILES", 8)
    monkeypatch.setattr(services.interventions, "SOME_TILES", (2, 3))
    mask = services.tickets.ticket("edges").masks["conv2"]
    left = np.count_nonzero(mask, axis=(2, 3))
    app = opened("masks", ticket="edges", layer="conv2")
    sheet = spec_of(app)["sheet"]
    units = np.argsort(-left.sum(axis=1), kind="stable")[:2]
    assert sheet["order"] == units.tolist()
    for unit, channels in zip(units, sheet["tileOrder"], strict=True):
        assert channels == np.argsort(-left[unit], kind="stable")[:3].tolist()
    shown = np.sort(left[units], axis=1)[:, -3:].sum()
    assert "Shown are 2 of 4 filters and in each 3 of its 4 kernels" in text(app)
    assert f"{shown:,} of {left.sum():,}" in text(app)
    built = opened("masks", ticket="edges", layer="conv2", order="built")
    assert spec_of(built)["sheet"]["counts"] == [4, 4, 3, 3]
    assert "Shown are" not in text(built)


@pytest.mark.parametrize("layer", ["conv2", "fc1"])
def test_convolutions_are_tiles(opened, layer):
    app = opened("masks", ticket="edges", layer=layer)
    assert not app.exception
    assert not app.error
    spec = spec_of(app)
    assert spec["unitName"] == ("filter" if layer.startswith("conv") else "unit")
    if layer == "conv2":
        assert spec["sheet"]["counts"] == [4, 4, 3, 3]
    assert "No history of its training lies beside this ticket" in text(app)


@pytest.mark.parametrize(
    "link",
    [
        {"ticket": "brs", "unit": "x"},
        {"layer": "fc9", "look": "1,2"},
        {"laid": "globe", "epoch": "two"},
        {"shuffled": "fc9", "threshold": "-1"},
    ],
)
def test_what_a_link_has_wrong_is_said_and_the_map_still_shows(opened, link):
    app = opened("masks", **{"ticket": "bars", **link})
    assert not app.exception
    said = " ".join(warning.value for warning in app.warning)
    assert all(name in said for name in link)
    assert not app.error
    assert spec_of(app)["count"] == 12 * 256


def test_an_epoch_whose_masks_are_not_kept_shows_the_nearest(opened):
    app = opened("masks", ticket="bars", epoch="99")
    assert not app.exception
    assert spec_of(app)["epoch"] == EPOCHS


# what if


def evaluated(name, masks):
    ticket = services.tickets.ticket(name).with_masks(masks)
    bundle = services.bundles.bundle("bars")
    labels = bundle.holdout_attributes["class"].cat.codes.to_numpy()
    return evaluate(ticket, quantize(bundle.decode(bundle.holdout)), labels)


@pytest.mark.parametrize(
    ("link", "change"),
    [
        ({}, lambda masks, history: masks),
        ({"back": "30"}, lambda masks, _: interventions.put_back(masks, 0.3, rng=0)),
        ({"straight": "100"}, lambda masks, _: interventions.un_invert(masks)),
        ({"without": "fc2"}, lambda masks, _: interventions.drop(masks, layers=["fc2"])),
        ({"shuffled": "all", "seed": "3"}, lambda masks, _: interventions.shuffle(masks, rng=3)),
        (
            {"threshold": "2"},
            lambda _, history: interventions.rethreshold(
                {layer: history.variable(layer) for layer in history.layers},
                history.thresholds,
                factor=2,
            ),
        ),
    ],
)
def test_a_change_does_what_the_library_does(opened, ticket_folder, link, change):
    app = opened("masks", ticket="bars", **{"on-map": "yes"}, **link)
    assert not app.exception
    assert not app.error
    history = History.read(ticket_folder / "bars.history")
    masks = change(services.tickets.ticket("bars").masks, history)
    assert shown_counts(app) == reported(masks)
    assert len(component(app, "aegen.network_row")) == (2 if link else 1)
    said = " ".join(str(element.proto) for element in app.get("html"))
    found = evaluated("bars", masks)
    assert f"{100 * found.accuracy:.2f} %</span>" in said
    assert (
        services.interventions.evaluated(
            "bars", "bundle:bars", None, _change(link)
        ).confusion.tolist()
        == found.confusion.tolist()
    )
    assert "as the autoencoder of Tiny bars redraws them" in text(app)


@pytest.mark.parametrize("rule", ["signed", "binary", "top-k"])
def test_the_copied_lines_do_what_the_page_does(ticket_folder, rule):
    change = MaskChange(threshold=2.0, back=20, shuffled="fc1", seed=3)
    history = History.read(ticket_folder / "bars.history")
    history.about["recipe"]["rule"] = rule
    history.write(ticket_folder / "bars.history")
    assert services.interventions.rule_of("bars") == rule
    ran = {}
    exec(snippets.python("bars", None, change, rule), ran)
    here = services.interventions.changed_masks("bars", None, change)
    assert {name: mask.tolist() for name, mask in ran["masks"].items()} == {
        name: mask.tolist() for name, mask in here.items()
    }


def _change(link):
    return MaskChange(
        threshold=float(link.get("threshold", 1)),
        back=int(link.get("back", 0)),
        straight=int(link.get("straight", 0)),
        shuffled=link.get("shuffled", ""),
        dropped=link.get("without", ""),
        seed=int(link.get("seed", 0)),
    )


def test_sliders_move_the_link_and_undo_takes_all_back(opened):
    app = opened("masks", ticket="bars")
    app = app.slider(key="widget:masks.back").set_value(40).run()
    assert not app.exception
    assert link_of(app)["masks.back"] == "40"
    changed = shown_counts(app, 1)
    assert changed == services.interventions.changed_counts("bars", None, MaskChange(back=40))
    app.session_state["masks: Copy as Python"] = True  # what opens then is of this very change
    app = app.run()
    assert any("put_back(masks, 0.4" in code.value for code in app.code)
    (undo,) = [button for button in app.button if button.label == "Undo all"]
    app = undo.click().run()
    assert "masks.back" not in link_of(app)
    assert len(component(app, "aegen.network_row")) == 1


def test_the_threshold_stands_still_where_its_variable_is_not_known(opened):
    for link in ({"ticket": "edges"}, {"ticket": "bars", "epoch": "2"}):
        app = opened("masks", threshold="2", **link)
        assert not app.exception
        assert not app.error
        assert app.select_slider(key="widget:masks.threshold").disabled
    with pytest.raises(AegenError, match="mask variable"):
        services.interventions.changed_masks("edges", None, MaskChange(threshold=2.0))


def test_an_unchanged_ticket_is_waited_for_until_its_figures_are_there_and_no_longer(
    opened, monkeypatch
):
    """As on a fresh server, where figures are never there within the page's own patience."""
    monkeypatch.setattr("aegen.app.pages.masks.interventions.PATIENCE", 0)
    monkeypatch.setattr(services.interventions, "_evaluations", Jobs(4))
    app = opened("masks", ticket="bars")
    assert "Working it out" in text(app)
    for job in services.interventions._evaluations.all():
        assert job.wait(60)
    app = app.run()
    assert not app.exception
    assert "Working it out" not in text(app)
    assert "as trained" in " ".join(str(element.proto) for element in app.get("html"))


def test_a_change_that_nobody_waits_for_any_more_is_not_evaluated(opened, monkeypatch):
    begun, go_on = [], threading.Event()

    def slowly(*asked):
        begun.append(asked[-1].back)
        assert go_on.wait(60)

    monkeypatch.setattr("aegen.app.pages.masks.interventions.PATIENCE", 0)
    monkeypatch.setattr(services.interventions, "_evaluations", Jobs(4))
    monkeypatch.setattr(services.interventions, "evaluated", slowly)
    app = opened("masks", ticket="bars")
    for percent in (10, 20, 30):
        [back] = [one for one in app.slider if one.label == "Put back of what was dropped"]
        app = back.set_value(percent).run()
        assert not app.exception
    until(lambda: sum(job.over for job in services.interventions._evaluations.all()) == 2)
    go_on.set()
    for job in services.interventions._evaluations.all():
        assert job.wait(60)
    assert begun == [0, 30]


def test_without_images_the_page_says_what_to_do(opened):
    app = opened("masks", ticket="edges")
    assert "AEGEN_DATA" in text(app)
    assert "CIFAR-10 images are needed" in text(app).replace("\\", "")


# other tickets


def test_tickets_side_by_side(opened):
    app = opened("masks", ticket="bars", against="bars-b,edges")
    assert not app.exception
    assert not app.error
    table = app.dataframe[0].value
    assert table["Ticket"].tolist() == ["Bars, seed 0", "Bars, seed 1", "Conv2 by chance"]
    remaining = [
        f"{100 * services.tickets.ticket(n).remaining:.2f} %" for n in ("bars", "bars-b", "edges")
    ]
    assert table["Remaining"].tolist() == remaining
    assert "layers of other shapes" in text(app)
    assert "Open circles: the paper's networks" in text(app)
    assert "The paper has no network on bars" in text(app)
    charts = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert [alt.split(":")[0] for alt in charts[-3:]] == ["bars", "MNIST", "CIFAR-10"]
    assert services.interventions.like("bars", "bars")["fc1"].jaccard == 1
    assert services.interventions.like("bars", "bars-b")["fc1"].jaccard < 1


def test_tickets_beside_the_paper_are_of_their_networks_and_a_click_opens_one():
    panels = frontier._panels("bars")
    assert list(panels) == ["bars", "mnist", "cifar10"]
    (edges,) = [point for point in panels["cifar10"] if point.key]
    ticket = services.tickets.ticket("edges")
    assert (edges.network, edges.size) == ("Conv2", "\u00d7 0.0625")
    assert (edges.accuracy, edges.remaining) == (0.5, ticket.remaining)
    assert {point.key: point.chosen for point in panels["bars"]} == {"bars": True, "bars-b": False}
    assert {point.size for point in panels["bars"]} == {"12-6"}
    paper_points = {p.network: p.remaining for p in panels["cifar10"] if not (p.key or p.size)}
    assert paper_points == {
        "Conv2": 0.0060,
        "Conv4": 0.0291,
        "Conv6": 0.0236,
        "Conv8": 0.0117,
        "ResNet20": 0.2113,
    }
    st.session_state["clicked"] = {"selection": {"points": [{"customdata": ["edges"]}]}}
    frontier._open("clicked")
    assert state.ticket.get() == "edges"
    st.session_state["clicked"] = {"selection": {"points": [{"customdata": ""}]}}
    frontier._open("clicked")
    assert state.ticket.get() == "edges"
    state.ticket.reset()


# files


def test_a_link_that_names_other_tickets_twice_or_too_many(opened, ticket_folder):
    app = opened("masks", ticket="bars", against="edges,edges")
    assert not app.exception
    assert link_of(app)["masks.against"] == "edges"
    names = [f"copy-{k}" for k in range(9)]
    for name in names:
        shutil.copy(ticket_folder / "edges.ticket", ticket_folder / f"{name}.ticket")
    app = opened("masks", ticket="bars", against=",".join(names))
    assert not app.exception
    assert any("names 9 tickets to compare with; the first 6 are" in w.value for w in app.warning)


def test_an_uploaded_ticket_is_shown_by_its_link(opened, ticket_folder):
    content = (ticket_folder / "bars-b.ticket").read_bytes()
    name = services.tickets.add_ticket(content, (ticket_folder / "bars-b.history").read_bytes())
    assert services.tickets.ticket_file(name).read_bytes() == content
    app = opened("masks", ticket=name)
    assert not app.exception
    assert not app.error
    assert shown_counts(app) == reported(services.tickets.ticket("bars-b").masks)
    assert spec_of(app)["epochs"] == [*range(1, EPOCHS + 1)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-40],
        lambda content: content[:60] + bytes([content[60] ^ 1]) + content[61:],
        lambda content: b"\x89PNG\r\n\x1a\n" + bytes(80),
        lambda content: b"",
    ],
    ids=["truncated", "bit flipped", "foreign", "empty"],
)
def test_a_file_that_is_no_ticket_is_refused_and_nothing_is_kept(ticket_folder, spoil):
    before = services.tickets.ticket_names()
    with pytest.raises(TicketError):
        services.tickets.add_ticket(spoil((ticket_folder / "bars.ticket").read_bytes()))
    assert services.tickets.ticket_names() == before
    with pytest.raises(UnknownName):
        services.tickets.ticket_file("~0123456789abcdef")


def test_a_spoilt_ticket_of_the_folder_is_a_sentence(opened, ticket_folder):
    file = ticket_folder / "bars.ticket"
    file.write_bytes(file.read_bytes()[:-9])
    app = opened("masks", ticket="bars")
    assert not app.exception
    assert any("bars" in error.value and "ticket" in error.value for error in app.error)
    (choice,) = [box for box in app.selectbox if box.label == "Ticket"]
    assert "bars (cannot be read)" in choice.options


@pytest.mark.parametrize("content", [None, b"nothing"])
def test_without_a_usable_history_the_masks_still_show(opened, ticket_folder, content):
    file = ticket_folder / "bars.history"
    file.unlink() if content is None else file.write_bytes(content)
    app = opened("masks", ticket="bars", epoch="2")
    assert not app.exception
    assert not app.error
    assert shown_counts(app) == reported(services.tickets.ticket("bars").masks)
    wanted = "No history" if content is None else "The history of its training cannot be used"
    assert wanted in text(app)


@pytest.mark.parametrize("other", ["bars-b", "spoilt", "none of its kind"])
def test_a_history_of_another_ticket_is_refused_and_the_right_one_stays(
    opened, ticket_folder, other
):
    content = (ticket_folder / "bars.ticket").read_bytes()
    right = (ticket_folder / "bars.history").read_bytes()
    if other == "bars-b":
        wrong = (ticket_folder / "bars-b.history").read_bytes()
    elif other == "spoilt":
        wrong = right[:-30]
    else:
        history = History.read(ticket_folder / "bars.history")
        layers = {f"{name}0": shape for name, shape in history.layers.items()}
        renamed = {name: f"{name}0" for name in history.layers}
        replace(
            history,
            layers=layers,
            thresholds={renamed[k]: v for k, v in history.thresholds.items()},
            coded={e: {renamed[k]: v for k, v in m.items()} for e, m in history.coded.items()},
            last={renamed[k]: v for k, v in history.last.items()},
        ).write(ticket_folder / "wrong.history")
        wrong = (ticket_folder / "wrong.history").read_bytes()
    name = services.tickets.add_ticket(content, right)
    with pytest.raises(AegenError, match="history"):
        services.tickets.add_ticket(content, wrong)
    assert services.tickets.history(name) is not None
    (ticket_folder / "bars.history").write_bytes(wrong)
    app = opened("masks", ticket="bars", epoch="2")
    assert not app.exception
    assert not app.error
    assert spec_of(app)["epochs"] == []
    assert shown_counts(app) == reported(services.tickets.ticket("bars").masks)


def test_a_folder_without_tickets_says_how_to_get_one(opened, monkeypatch, tmp_path):
    monkeypatch.setattr("aegen.supermask.ticket.discovery._roots", lambda: [tmp_path / "none"])
    app = opened("masks")
    assert not app.exception
    assert titles(app) == ["Masks"]
    assert re.search("no ticket yet", text(app))


def test_an_address_that_was_just_replaced_does_not_bring_its_choice_back(opened):
    app = opened("masks", ticket="bars", back="10")
    app = app.slider(key="widget:masks.back").set_value(40).run()
    app.query_params["masks.back"] = "10"  # as a part that looks again by itself may still say
    assert app.run().slider(key="widget:masks.back").value == 40
    assert opened("masks", ticket="bars", back="10").slider(key="widget:masks.back").value == 10
