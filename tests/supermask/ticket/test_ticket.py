"""Tickets as files: exact, small, whole or absent, and never trusted."""

import json
import math
import os

import numpy as np
import pytest

from aegen.benchmarks.supermask import made_up
from aegen.core.errors import InvalidInput, StorageError, TicketError, UnknownName
from aegen.supermask.frozen_weights import frozen
from aegen.supermask.ticket import discovery
from aegen.supermask.ticket import ticket as module
from aegen.supermask.ticket.checks import check_ticket
from aegen.supermask.ticket.discovery import find_ticket, load_ticket, tickets
from aegen.supermask.ticket.ticket import MARK, Ticket


@pytest.fixture(scope="module")
def fcn():
    ticket = made_up("fcn")
    about = {"data": "mnist", "title": "An FCN", "accuracy": 0.97, "recipe": {"decay": 5e-4}}
    thresholds = dict.fromkeys(ticket.masks, 0.01)
    return Ticket(
        "fcn", ticket.arguments, ticket.initialiser, ticket.kappas, 3, ticket.masks, thresholds,
        about,
    )  # fmt: skip


@pytest.fixture(scope="module")
def content(fcn):
    return fcn.to_bytes()


def small(**changes):
    given = {
        "network": None,
        "arguments": {},
        "initialiser": "signed-he",
        "kappas": {},
        "seed": 0,
        "masks": {"a": np.array([[1, 0, -1]], np.int8), "b": np.ones((2, 1), np.int8)},
    }
    return Ticket(**{**given, **changes})


def together(ticket):
    """The masks as a file has them: the forms, then all weights as one mask."""
    acting = np.concatenate([ticket.acting(name).ravel() for name in ticket.masks])
    return b"\1" * len(ticket.masks) + module.encode(acting)


def apart(ticket):
    """The masks as files of version 2 had them, a part for each layer."""
    return [b"\1" + module.encode(ticket.acting(name)) for name in ticket.masks]


def crafted(document=None, bodies=None, *, text=None, changes=None):
    """A file whose seal is right and whose content is not."""
    ticket = small()
    if document is None:
        document = json.loads(module._description(ticket)) | (changes or {})
    text = module._deflated(json.dumps(document).encode()) if text is None else text
    if bodies is None:
        bodies = [together(ticket)]
    parts = b"".join(len(part).to_bytes(4, "little") + part for part in [text, *bodies])
    size = len(MARK) + 5 + len(parts) + 16
    whole = MARK + bytes([module.FORMAT]) + size.to_bytes(4, "little") + parts
    return whole + module._seal(whole)


def test_everything_comes_back(fcn, content, tmp_path):
    fcn.write(tmp_path / "a.ticket")
    assert (tmp_path / "a.ticket").read_bytes() == content
    found = Ticket.read(tmp_path / "a.ticket")
    assert found == fcn
    assert list(found.masks) == list(fcn.masks)
    assert found.about == fcn.about
    assert found.thresholds == fcn.thresholds
    assert found.to_bytes() == content
    for name, weights in found.weights().items():
        assert weights.tobytes() == fcn.weights()[name].tobytes()


def test_tickets_that_differ_are_not_equal(fcn):
    masks = dict(fcn.masks)
    masks["fc2"] = masks["fc2"].copy()
    masks["fc2"][5, 5] ^= 1
    assert fcn.with_masks(masks) != fcn
    assert fcn.with_masks(fcn.masks) == fcn
    assert small(seed=1) != small()


def test_weights_are_frozen_ones_kept_inverted_or_dropped(fcn):
    for number, (name, weights) in enumerate(fcn.weights().items()):
        before = frozen(
            fcn.initialiser, weights.shape, kappa=fcn.kappas[name], seed=fcn.seed, layer=number
        )
        assert np.array_equal(weights, before * fcn.masks[name])
        assert np.array_equal(np.sign(weights), fcn.acting(name))
        assert np.unique(np.abs(weights)).tolist() == [0, fcn.scale(name)]


@pytest.mark.parametrize("network", ["fcn", "conv2", "resnet20"])
def test_a_file_stays_near_the_entropy_of_its_masks(network):
    ticket = made_up(network)
    size = len(ticket.to_bytes())
    assert size <= 1.10 * ticket.entropy + 256
    dense = 4 * ticket.total.total
    assert dense > 1.10 * ticket.entropy + 256  # what would not pass


def test_masks_that_never_invert_cost_no_signs(fcn):
    binary = fcn.with_masks({name: np.abs(mask) for name, mask in fcn.masks.items()})
    content = binary.to_bytes()
    assert Ticket.from_bytes(content) == binary
    assert len(content) <= 1.10 * binary.entropy + 256
    with_signs = sum(len(module.encode(binary.acting(name))) for name in binary.masks)
    assert with_signs > 1.10 * binary.entropy + 256  # what would not pass


def test_uniform_weights_come_back_too():
    ticket = small(initialiser="uniform-he", seed=9)
    found = Ticket.from_bytes(ticket.to_bytes())
    assert found == ticket
    assert found.scale("a") is None
    assert not np.allclose(np.abs(found.weights()["b"][0]), np.abs(found.weights()["b"][1]))


# bad files


def test_a_file_cut_off_anywhere_is_refused(content):
    for end in range(len(content)):
        with pytest.raises(TicketError, match=r"cut off|empty"):
            Ticket.from_bytes(content[:end])


def test_a_file_with_any_byte_flipped_is_refused(content):
    for place in [*range(40), *range(40, len(content), 23), len(content) - 1]:
        for bit in (1, 128):
            altered = bytearray(content)
            altered[place] ^= bit
            with pytest.raises(TicketError):
                Ticket.from_bytes(bytes(altered))


@pytest.mark.parametrize("extra", [b"\0", b"more", MARK])
def test_a_longer_file_is_refused(content, extra):
    with pytest.raises(TicketError, match="altered"):
        Ticket.from_bytes(content + extra)


@pytest.mark.parametrize(
    "foreign", [b"PK\x03\x04" + b"x" * 500, b"{}", b"\x80\x04\x95", bytes(5000), b"\x89PNG\r\n"]
)
def test_a_foreign_file_is_refused(foreign, tmp_path):
    (tmp_path / "x.ticket").write_bytes(foreign)
    with pytest.raises(TicketError, match=r"x\.ticket: is no ticket"):
        Ticket.read(tmp_path / "x.ticket")


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (9, "has version 9 of the format, this aegen reads 2 and 3: update aegen"),
        (1, "has version 1 of the format, this aegen reads 2 and 3: get the ticket anew, or"),
    ],
)
def test_another_version_is_told_with_what_to_do(content, version, message):
    other = bytearray(content)
    other[len(MARK)] = version
    with pytest.raises(TicketError, match=message):
        Ticket.from_bytes(bytes(other))


def test_missing_files_and_folders_are_told(tmp_path):
    with pytest.raises(TicketError, match="no such file"):
        Ticket.read(tmp_path / "none.ticket")
    with pytest.raises(TicketError, match="folder"):
        Ticket.read(tmp_path)
    with pytest.raises(TicketError):
        Ticket.read(tmp_path / "a\0b.ticket")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.ticket")
        with pytest.raises(TicketError, match="no ordinary file"):
            Ticket.read(tmp_path / "pipe.ticket")


def test_the_crafted_file_is_one_that_could_be_read():
    assert Ticket.from_bytes(crafted()) == small()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "fcn"}, "has the layers fc1, fc2, fc3, the masks are for a, b"),
        ({"network": "fnc"}, "did you mean 'fcn'"),
        ({"network": 3}, "network must be"),
        ({"network": "fcn", "arguments": {"hidden": 5}}, "hidden"),
        ({"network": "fcn", "arguments": {"depth": 5}}, "depth"),
        ({"network": "fcn", "arguments": {"size": 10**400}}, "beyond 2..53"),
        ({"network": "fcn", "arguments": {"channels": "x" * 10**6, "size": 9999}}, "like 1, got"),
        ({"network": "fcn", "arguments": {"classes": True}}, "classes must be like 10"),
        ({"network": "conv2", "arguments": {"width": None}}, "width must be like 1.0"),
        ({"network": "conv2", "arguments": {"size": "big"}}, "size must be like 32, got 'big'"),
        ({"arguments": []}, "arguments must be"),
        ({"about": None}, "about must be"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"initialiser": "ones"}, "initialiser"),
        ({"initialiser": []}, "initialiser"),
        ({"initialiser": "signed-elu-scaled"}, "needs a.* kappa"),
        ({"layers": []}, "1 to 4096 layers, got 0"),
        ({"layers": 5}, "layers must be"),
        ({"layers": [["a", [1, 3], None, None]]}, "not those of a mask"),
        ({"layers": [["a", [1, 3], None, None], ["a", [2, 1], None, None]]}, "alike"),
        ({"layers": [["a", [1, 3], None, None], ["b", [2], None, None]]}, "must have shape"),
        ({"layers": [["a", [1, 3], None, None], ["b", [0, 2], None, None]]}, "each layer"),
        ({"layers": [["a", [1, 3], None, None], ["b", [2, 2], None, None]]}, "not whole"),
        ({"layers": [["a", [1, 3], -1, None], ["b", [2, 1], None, None]]}, "kappa"),
        ({"layers": [["a", [1, 3], 1e300, None], ["b", [2, 1], None, None]]}, "kappa"),
        ({"layers": [["a", [1, 3], 10**400, None], ["b", [2, 1], None, None]]}, "beyond 2..53"),
        ({"layers": [["a", [1, 3], None, 10**400], ["b", [2, 1], None, None]]}, "beyond 2..53"),
        ({"layers": [["a", [1, 3], None], ["b", [2, 1], None, None]]}, "each layer"),
        (
            {"layers": [["a", [2**24, 3], None, None], ["b", [2, 1], None, None]]},
            "at most 33,554,432 weights",
        ),
        ({"extra": 1}, "nothing else"),
    ],
)
def test_a_sealed_file_with_a_wrong_description_is_refused(changes, message):
    with pytest.raises(TicketError, match=message):
        Ticket.from_bytes(crafted(changes=changes))


@pytest.mark.parametrize("document", [None, 5, [], "x", {}])
def test_a_sealed_file_that_describes_something_else_is_refused(document):
    text = module._deflated(json.dumps(document).encode())
    with pytest.raises(TicketError, match="nothing else"):
        Ticket.from_bytes(crafted(text=text))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xff\xff",
        module._deflated(b"{"),
        module._deflated(b'{"seed": NaN}'),
        module._deflated(b"\xff\xfe"),
        module._deflated(b"[" * 200_000),
        module._deflated(b'{"seed": ' + b"9" * 10_000 + b"}"),
        module._deflated(bytes(50_000_000)),  # 50 kB that would become 50 MB
        module._deflated(b"{}") + b"more",
    ],
)
def test_a_sealed_file_whose_description_is_no_json_is_refused(text):
    with pytest.raises(TicketError, match=r"description|nothing else"):
        Ticket.from_bytes(crafted(text=text))


@pytest.mark.parametrize("first", [b"", b"\2", b"\xff"])
def test_a_sealed_file_with_a_mask_of_another_kind_is_refused(first):
    whole = b"\1" + module.encode(small().acting("b"))
    with pytest.raises(TicketError, match="byte 0 or 1"):
        Ticket.from_bytes(crafted(bodies=[first + whole[1:] if first else b"", whole]))
    both = together(small())
    with pytest.raises(TicketError, match="byte 0 or 1"):
        Ticket.from_bytes(crafted(bodies=[first + both[1:] if first else b"\1"]))


@pytest.mark.parametrize("parts", [0, 3])
def test_a_sealed_file_with_more_or_fewer_parts_than_layers_is_refused(parts):
    with pytest.raises(TicketError, match=f"describes 2 layers and holds {parts} parts"):
        Ticket.from_bytes(crafted(bodies=(apart(small()) * 2)[:parts]))


def test_a_file_of_version_2_is_read_and_written_shorter(fcn):
    def of(ticket, version):
        whole = bytearray(crafted(json.loads(module._description(ticket)), apart(ticket))[:-16])
        whole[len(MARK)] = version
        return bytes(whole) + module._seal(bytes(whole))

    for ticket in (small(), fcn):
        assert Ticket.from_bytes(of(ticket, 2)) == ticket
        assert len(ticket.to_bytes()) < len(of(ticket, 2))


@pytest.mark.parametrize(
    "bodies", [[b"\1", b"\1"], [b"\0" + bytes(200)] * 2, [b"\1\1"], [b"\0\1" + bytes(200)]]
)
def test_a_sealed_file_whose_masks_are_none_is_refused(bodies):
    with pytest.raises(TicketError, match="not those of a mask"):
        Ticket.from_bytes(crafted(bodies=bodies))


def test_a_part_that_claims_to_be_longer_than_the_file_is_refused():
    whole = bytearray(crafted()[:-16])
    whole[len(MARK) + 5 : len(MARK) + 9] = (1 << 31).to_bytes(4, "little")
    with pytest.raises(TicketError, match="longer than the file"):
        Ticket.from_bytes(bytes(whole) + module._seal(bytes(whole)))


def test_a_file_too_long_for_a_ticket_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_FILE", 1000)
    (tmp_path / "x.ticket").write_bytes(bytes(1001))
    with pytest.raises(TicketError, match="longer than 1,000 bytes"):
        Ticket.read(tmp_path / "x.ticket")


# bad tickets


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masks": {}}, "1 to 4096 layers"),
        ({"masks": {"a": np.ones((1, 2))}}, "int8"),
        ({"masks": {"a": np.full((1, 2), 3, np.int8)}}, "-1, 0 and 1"),
        ({"masks": {"a": np.ones(3, np.int8)}}, "shape"),
        ({"seed": True}, "seed"),
        ({"initialiser": "signed"}, "initialiser"),
        ({"kappas": {"c": 2.0}}, "the layer c"),
        ({"kappas": {"a": math.nan}}, "1e-9"),
        ({"network": "conv2"}, "has the layers conv1, conv2"),
    ],
)
def test_a_ticket_that_cannot_be_is_refused(changes, message):
    with pytest.raises(InvalidInput, match=message):
        small(**changes)


def test_a_mask_of_another_shape_is_named(fcn):
    masks = dict(fcn.masks) | {"fc2": fcn.masks["fc2"].T}
    with pytest.raises(
        InvalidInput, match=r"fc2 .* shape \(100, 300\), the mask has \(300, 100\)"
    ):
        fcn.with_masks(masks)


def test_a_description_that_json_cannot_hold_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.ticket"
    small().write(path)
    before = path.read_bytes()
    for about in ({"x": math.nan}, {"x": object()}, {"x": "y" * 2_000_000}):
        with pytest.raises(InvalidInput, match="description"):
            small(about=about).write(path)
    with pytest.raises(StorageError):
        small().write(tmp_path / "none" / "a.ticket")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_ticket_without_a_network_says_that_it_cannot_run():
    with pytest.raises(InvalidInput, match="described elsewhere"):
        _ = small().plan


# checking and finding


def test_a_check_tells_a_sound_file_from_others(fcn, tmp_path):
    path = tmp_path / "a.ticket"
    fcn.write(path)
    found = check_ticket(path)
    assert found.ok
    assert "266,200 in 3 layers" in found.text()
    path.write_bytes(path.read_bytes()[:-1])
    assert not check_ticket(path).ok
    assert "cut off" in check_ticket(path).text()


def test_a_check_reports_layers_of_which_nothing_remains(fcn, tmp_path):
    empty = dict(fcn.masks) | {"fc2": np.zeros((100, 300), np.int8)}
    fcn.with_masks(empty).write(tmp_path / "a.ticket")
    found = check_ticket(tmp_path / "a.ticket")
    assert found.ok
    assert any("nothing remains of the layer fc2" in warning for warning in found.warnings)
    assert any("no path leads" in warning for warning in found.warnings)


def test_tickets_are_found_by_name(fcn, tmp_path, monkeypatch):
    monkeypatch.setenv(discovery.VARIABLE, str(tmp_path))
    fcn.write(tmp_path / "my-own.ticket")
    (tmp_path / ".half.ticket").write_bytes(b"")
    (tmp_path / "note.txt").write_text("x")
    assert "my-own" in tickets()
    assert not {".half", "half", "note"} & set(tickets())
    assert load_ticket("my-own") == fcn
    assert load_ticket(tmp_path / "my-own.ticket") == fcn
    assert find_ticket("my-own.ticket").name == "my-own.ticket"
    with pytest.raises(UnknownName, match="did you mean 'my-own'"):
        load_ticket("my-owm")
    with pytest.raises(TicketError, match="no such file"):
        load_ticket("./none.ticket")


@pytest.mark.parametrize("name", tickets())
def test_shipped_tickets_are_sound_and_small(name):
    content = find_ticket(name).read_bytes()
    ticket = Ticket.from_bytes(content, name)
    assert len(content) <= 1.10 * ticket.entropy + 256
    assert check_ticket(find_ticket(name)).ok
    assert ticket.about["data"]
