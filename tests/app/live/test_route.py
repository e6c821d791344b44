"""The live channel as a client sees it: a real WebSocket, the tiny bundles, every refusal."""

import io
import json
import logging
import threading
import time

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import aegen
from aegen import targeting
from aegen.app import services
from aegen.app.live import route
from aegen.benchmarks.live import ask, channel_served, fuzz, read, several
from aegen.core.images import quantize
from aegen.traversal import attribute_directions, principal_directions


@pytest.fixture(scope="module")
def address():
    with channel_served() as found:
        yield found


@pytest.fixture
def channel(address):
    with connect(address) as found:
        yield found


def bars():
    return aegen.load("bars")


def codes_of(bundle):
    """What each kind of request shows, and the codes of its pictures by the library itself."""
    z, principal = bundle.codes, principal_directions(bundle.codes)
    names, towards = attribute_directions(z, bundle.attributes)
    k = names.index("class upright")
    moved = z[5] + 1.5 * principal.sd[1] * principal.vectors[1]
    point = bundle.projection("pca")[3] + 0.5
    on_pca = bundle.unproject("pca", [point], through=z[7])
    model = bundle.model("empirical-beta-copula", degree=5, rng=0)
    edit = targeting.edit(bundle, 3, "class=upright", reach=2.0, steps=4)
    walk = {"row": 5, "kind": "principal", "moves": {"1": 1.5}}
    degree = {"sampler": "empirical-beta-copula", "fields": {"degree": 5}, "n": 9, "seed": 4}
    return {
        "codes": ({"codes": z[:3].tolist()}, z[:3]),
        "walk": (walk, moved[None]),
        "walk-of-a-code": ({**walk, "row": None, "uploaded": z[5].tolist()}, moved[None]),
        "map": ({"projection": "pca", "points": [point.tolist()], "row": 7}, on_pca),
        "map-of-rows": (
            {"projection": "umap", "points": bundle.projection("umap")[:2].tolist()},
            z[:2],
        ),
        "mixture": ({"rows": [1, 4], "weights": [1, 3]}, (z[[1]] + 3 * z[[4]]) / 4),
        "between": (
            {**walk, "directions": [["attributes", k], ["principal", 0]], "points": [[1, -2]]},
            (
                moved
                + towards.sd[k] * towards.vectors[k]
                - 2 * principal.sd[0] * principal.vectors[0]
            )[None],
        ),
        "draw": (degree, model.sampler.sample(9, rng=4)),
        "edit": (
            {"start": 3, "text": "class=upright", "kind": "effects", "reach": 1.0, "to": 2.0}
            | {"steps": 4},
            edit.codes,
        ),
    }


KINDS = [
    "codes",
    "walk",
    "walk-of-a-code",
    "map",
    "map-of-rows",
    "mixture",
    "between",
    "draw",
    "edit",
]


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_the_decoder_s_to_one_grey_level(channel, kind):
    bundle = bars()
    show, codes = codes_of(bundle)[kind]
    header, pictures = ask(channel, {"ask": kind.split("-")[0], "bundle": "bars", **show})
    assert header.get("problem") is None
    expected = quantize(bundle.decode(codes)).astype(int)
    assert pictures.shape == expected.shape
    assert abs(pictures - expected).max() <= 1
    assert abs(np.roll(expected, 1, axis=2) - expected).max() > 20  # a picture, not one grey


def test_a_place_on_the_map_comes_with_its_nearest_row(channel):
    bundle = bars()
    point = bundle.projection("umap")[6].tolist()
    show = {"ask": "map", "bundle": "bars", "projection": "umap", "points": [point]}
    header, pictures = ask(channel, {**show, "nearest": True})
    assert (header["rows"], header["distances"]) == ([6], [0.0])
    assert (pictures[0] == pictures[1]).all()
    assert len(ask(channel, show)[1]) == 1
    code = {"ask": "codes", "bundle": "bars", "codes": [bundle.codes[6].tolist()]}
    assert ask(channel, {**code, "nearest": True})[0]["rows"] == [6]
    assert "rows" not in ask(channel, code)[0]


def test_readings_come_as_drawings_without_pictures(channel, monkeypatch):
    told = services.places.Reading("class", "upright", 0.75)
    monkeypatch.setattr(services.places, "readings", lambda name, image: (told,))
    walk = {"ask": "walk", "bundle": "bars", "row": 5, "kind": "axes", "moves": {}, "read": True}
    header, pictures = ask(channel, walk)
    assert "upright" in header["drawing"]
    assert "75 %" in header["drawing"]
    assert pictures.shape == (0, 0, 0, 0)
    draw = {
        "ask": "draw",
        "bundle": "bars",
        "sampler": "gaussian",
        "fields": {},
        "n": 5,
        "seed": 1,
        "read": True,
    }
    ratio = bars().copying(bars().model("gaussian", rng=0).sampler.sample(5, rng=1)).ratio
    assert f"{ratio:.2f} (" in ask(channel, draw)[0]["drawing"]


def good(number=1, lane="a", row=0):
    show = {"ask": "codes", "bundle": "bars", "codes": bars().codes[[row]].tolist()}
    return json.dumps({"id": number, "lane": lane, "show": show})


@pytest.mark.parametrize(
    ("show", "reason"),
    [
        ({"bundle": "none"}, "there is no bundle named 'none'"),
        ({"bundle": "../bars"}, "there is no bundle named"),
        ({"ask": "steal"}, "ask must be one of codes"),
        ({"codes": [[1.0]]}, "must have 3 columns"),
        ({"codes": [[float("nan")] * 3]}, "codes must be a number"),
        ({"codes": [[1e300] * 3]}, "codes must be a number"),
        ({"codes": [[1.0] * 3] * 65}, "a list of 1 to 64"),
        ({"codes": [[1.0] * 3, [1.0] * 2]}, "list of 3 numbers"),
        (
            {"ask": "map", "projection": "pca", "points": [[0, 0]], "row": 40},
            "rows go from 0 to 39",
        ),
        ({"ask": "map", "projection": "axes-0-9", "points": [[0, 0]]}, "axes are named such as"),
        ({"ask": "walk", "kind": "principal", "row": 99, "moves": {}}, "rows 0 to 39"),
        ({"ask": "walk", "kind": "axes", "row": 1, "moves": {"3": 1}}, "there are 3 directions"),
        (
            {"ask": "walk", "kind": "axes", "uploaded": [1], "moves": {}},
            "here have 3 numbers",
        ),
        (
            {"ask": "draw", "sampler": "x", "fields": {}, "n": 1, "seed": 0},
            "no latent model",
        ),
        ({"ask": "draw", "sampler": "kde", "fields": {"x": 1}, "n": 1, "seed": 0}, "named 'x'"),
        ({"ask": "mixture", "rows": [1], "weights": [0]}, "not all 0"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason(channel, show, reason):
    header, pictures = ask(channel, {"ask": "codes", "bundle": "bars", "codes": [[0] * 3]} | show)
    assert pictures is None
    assert reason in header["problem"]
    channel.send(good(2))
    assert read(channel.recv(timeout=30))[1].shape == (1, 16, 16, 1)


@pytest.mark.parametrize(
    "message", [b"\0\1", "", "nothing", "[" * 50_000, " " * 70_000, "[1]", "{}"]
)
def test_what_is_no_request_is_refused_and_the_channel_stays(channel, message):
    channel.send(message)
    header, _ = read(channel.recv(timeout=30))
    assert header["id"] == -1
    assert header["problem"]
    channel.send(good())
    assert read(channel.recv(timeout=30))[1] is not None


def test_a_defect_of_ours_ends_one_picture_only(channel, monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(route._log, "handlers", [logging.StreamHandler(log)])
    with monkeypatch.context() as broken:
        broken.setattr(route, "answer", lambda asked: 1 / 0)
        channel.send(good())
        assert "cannot be made" in read(channel.recv(timeout=30))[0]["problem"]
    assert "ZeroDivisionError" in log.getvalue()
    channel.send(good(2))
    assert read(channel.recv(timeout=30))[1] is not None


def test_hostile_messages_and_many_clients_are_answered(address):
    found = fuzz(address, "bars", 300, seed=3)
    assert found.refusals > 0
    several(address, "bars", 20, 3)


def test_a_slow_lane_holds_up_no_other(channel, monkeypatch):
    let_go, begun, plain = threading.Event(), threading.Event(), route.answer

    def answer(asked):
        if asked.lane == "slow":
            begun.set()
            assert let_go.wait(30)
        return plain(asked)

    monkeypatch.setattr(route, "answer", answer)
    channel.send(good(1, lane="slow"))
    assert begun.wait(30)  # else the second, as the newer one, would take its place
    channel.send(good(2, lane="slow"))
    for number in (3, 4):
        channel.send(good(number, lane="quick"))
        assert read(channel.recv(timeout=30))[0]["id"] == number
    let_go.set()
    assert [read(channel.recv(timeout=30))[0]["id"] for _ in range(2)] == [1, 2]


@pytest.fixture
def held(monkeypatch):
    """One request is at work at a time, and waits for the event; ``begun`` is set by the first."""
    monkeypatch.setattr(route, "AT_ONCE", 1)
    let_go, plain = threading.Event(), route.answer
    let_go.begun = threading.Event()

    def answer(asked):
        let_go.begun.set()
        assert let_go.wait(30)
        return plain(asked)

    monkeypatch.setattr(route, "answer", answer)
    yield let_go
    let_go.set()


def wait_for(fact):
    deadline = time.monotonic() + 30
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_newest_request_of_a_lane_wins(held, channel):
    channel.send(good(1))
    assert held.begun.wait(30)
    for number in range(2, 51):
        channel.send(good(number, row=number % 40))
    channel.send(good(100, lane="other"))
    channel.send("what arrives behind all of them")
    # The first is at work and the last waits; what lies between is forgotten.
    wait_for(lambda: any("" in client.waiting for client in route._open))
    held.set()
    heard = [read(channel.recv(timeout=30))[0]["id"] for _ in range(4)]
    assert sorted(heard) == [-1, 1, 50, 100]


def test_a_client_may_have_few_requests_waiting(held, channel):
    channel.send(good(0, lane="lane 0"))
    assert held.begun.wait(30)
    for number in range(1, 40):
        channel.send(good(number, lane=f"lane {number}"))
    channel.send(good(99, lane="lane 1"))

    def heard(client):
        newest = client.waiting.get("lane 1")
        return "" in client.waiting and newest is not None and newest.id == 99

    wait_for(lambda: any(heard(client) for client in route._open))
    held.set()
    said = [read(channel.recv(timeout=30)) for _ in range(route.LANES + 2)]
    refusals = [header["problem"] for header, pictures in said if pictures is None]
    assert refusals == [f"at most {route.LANES} requests may wait at once"]


def test_busy_decoders_keep_nobody_from_being_heard(address, held):
    with connect(address) as first, connect(address) as second:
        for k in range(2 * route.WORKERS):
            first.send(good(k, lane=f"lane {k}"))
        second.send("no request")
        assert read(second.recv(timeout=30))[0]["problem"]


def test_a_client_that_never_reads_is_dropped(address, monkeypatch):
    wait_for(lambda: not route._open)
    monkeypatch.setattr(route, "PATIENCE", 1.0)
    plain = route._answered
    large = bytes(2**23)  # more than the network's own buffers hold, as nothing compresses it

    def answered(asked):
        return plain(asked) if asked.lane == "polite" else large

    monkeypatch.setattr(route, "_answered", answered)
    with (
        connect(address) as polite,
        connect(address, compression=None, max_queue=1, max_size=None, close_timeout=0) as deaf,
    ):
        wait_for(lambda: len(route._open) == 2)
        for k in range(12):
            deaf.send(good(k, lane=f"lane {k}"))
        wait_for(lambda: len(route._open) == 1)
        polite.send(good(lane="polite"))
        assert read(polite.recv(timeout=30))[1] is not None


def test_other_sites_are_refused_as_streamlit_does(address):
    host = address.removeprefix("ws://").partition("/")[0]
    with connect(address, origin=f"http://{host}"), pytest.raises(InvalidStatus, match="403"):
        connect(address, origin="http://elsewhere.example")


def test_the_channel_is_found_below_any_path(address):
    deeper = address.replace("/aegen/live", "/a/b/aegen/live")
    with connect(deeper) as channel:
        channel.send(good())
        assert read(channel.recv(timeout=30))[1] is not None
    with pytest.raises(InvalidStatus):
        connect(address + "/else")


def test_no_more_channels_than_there_may_be(address, monkeypatch):
    monkeypatch.setattr(route, "CLIENTS", 1)
    wait_for(lambda: not route._open)
    with connect(address):
        wait_for(lambda: route._open)
        with pytest.raises(InvalidStatus):
            connect(address)


def test_a_client_that_sends_too_much_is_read_more_slowly(address, monkeypatch):
    pauses = iter([0.0, 1.5, 0.0])
    monkeypatch.setattr(route.Rate, "pause", lambda rate, now: next(pauses))
    with connect(address) as channel:
        for number in range(3):
            channel.send(good(lane=f"lane {number}"))
        assert {read(channel.recv(timeout=30))[0]["lane"] for _ in range(2)} == {
            "lane 0",
            "lane 1",
        }
        with pytest.raises(TimeoutError):
            channel.recv(timeout=0.5)
