"""The live channel under fire: messages that no component sends, many clients, one that is deaf.

`aegen bench live` prints what came of it. The channel is served alone, in a thread of this
process, so that its memory can be seen.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.benchmarks.console import console, table
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

__all__ = ["Fuzzed", "ask", "channel_served", "fuzz", "hostile", "report", "several"]

PATIENCE = 60.0
"""Seconds after which a reply is given up."""


@dataclass(frozen=True)
class Fuzzed:
    """What came of so many hostile messages: replies by kind, seconds, bytes that memory grew."""

    messages: int
    refusals: int
    pictures: int
    seconds: float
    growth: int


@contextlib.contextmanager
def channel_served() -> Iterator[str]:
    """The address of the live channel, served alone in a thread."""
    import uvicorn
    from starlette.applications import Starlette

    from aegen.app.live import routes

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    config = uvicorn.Config(
        Starlette(routes=routes(messages=10**6)),
        log_level="error",
        ws="websockets-sansio",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]), daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/aegen/live"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def ask(
    channel: ClientConnection, show: dict[str, Any], number: int = 1, lane: str = "a"
) -> tuple[dict[str, Any], NDArray[np.uint8] | None]:
    """The header of the reply and its pictures (n, h, w, c); None with a refusal."""
    channel.send(json.dumps({"id": number, "lane": lane, "show": show}))
    while True:
        header, pictures = read(channel.recv(timeout=PATIENCE))
        if header["id"] == number:
            return header, pictures


def read(message: str | bytes) -> tuple[dict[str, Any], NDArray[np.uint8] | None]:
    """A reply's header and pictures."""
    if isinstance(message, str):
        return json.loads(message), None
    length = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + length])
    shape = tuple(header[name] for name in "nhwc")
    return header, np.frombuffer(message, np.uint8, offset=4 + length).reshape(shape)


def hostile(rng: np.random.Generator, bundle: str, d: int) -> str | bytes:
    """A message that is random, cut off, too long, of another bundle, NaN, huge or deep."""
    codes: list[list[Any]] = rng.normal(size=(1, d)).round(3).tolist()
    show: dict[str, Any] = {"ask": "codes", "bundle": bundle, "codes": codes}
    message: dict[str, Any] = {"id": 7, "lane": f"lane {rng.integers(40)}", "show": show}
    whole = json.dumps(message)
    kind = int(rng.integers(14))
    if kind == 0:
        return rng.bytes(int(rng.integers(1, 500)))
    if kind == 1:
        return rng.bytes(int(rng.integers(1, 500))).decode("latin-1")
    if kind == 2:
        return whole[: int(rng.integers(len(whole)))]
    if kind == 3:
        return whole + " " * int(rng.integers(60_000, 200_000))
    if kind == 4:
        return "[" * int(rng.integers(1, 60_000))
    if kind == 5:
        show["bundle"] = str(rng.choice(["", "none", "../../etc", "/", "mnist\0", "m" * 200]))
    elif kind == 6:
        return whole.replace(str(codes[0][0]), "NaN", 1)
    elif kind == 7:
        return whole.replace(str(codes[0][0]), str(rng.choice(["1e999", "9" * 400, "-1e6"])), 1)
    elif kind == 8:
        show["codes"] = codes * int(rng.integers(65, 500))
    elif kind == 9:
        show["codes"] = [codes[0][: int(rng.integers(d))], *codes]
    elif kind == 10:
        names = ["id", "lane", "show", "ask", "bundle", "codes"]
        where = message if rng.random() < 0.5 else show
        odd: list[Any] = [None, [], {}, True, -1, "x" * 99, 1e300, [[]], [[None]], {"a": [1]}]
        where[str(rng.choice(names))] = odd[int(rng.integers(len(odd)))]
    elif kind == 11:
        show |= {
            "ask": str(rng.choice(["map", "mixture", "walk", "between", "draw", "edit", "x"])),
            "projection": str(rng.choice(["pca", "axes-0-99", "axes--1-x", "none"])),
            "points": rng.normal(size=(2, 2)).tolist(),
            "rows": [int(rng.integers(10**9))],
            "weights": [float(rng.normal())],
            "row": int(rng.integers(10**8)),
            "kind": str(rng.choice(["principal", "axes", "none"])),
            "moves": {str(rng.integers(10**4)): 1.0},
            "directions": [["axes", int(rng.integers(10**4))], ["none", 0]],
            "sampler": str(rng.choice(["none", "../x", "gaussian"])),
            "fields": {str(rng.choice(["x", "__class__"])): 1},
            "n": int(rng.integers(-1, 100)),
            "seed": int(rng.integers(10)),
            "start": int(rng.integers(10**8)),
            "text": str(rng.choice(["", "class=", "a and or", "(" * 500])),
            "reach": float(rng.normal()),
            "to": 1.0,
            "steps": int(rng.integers(-1, 100)),
        }
    elif kind == 12:
        show["codes"] = (1e5 * rng.normal(size=(1, d))).tolist()
    return json.dumps(message)


def fuzz(address: str, bundle: str, messages: int, seed: int = 0) -> Fuzzed:
    """Send so many hostile messages, reading what comes back, and then an honest one.

    Raises:
        AegenError: the honest one is not answered with a picture.
    """
    from websockets.sync.client import connect

    from aegen.bundles import read as opened_bundle

    rng, opened = np.random.default_rng(seed), opened_bundle(bundle)
    honest = {"ask": "codes", "bundle": bundle, "codes": opened.codes[:1].tolist()}
    last = 2**40
    with connect(address, max_size=None) as channel:
        ask(channel, honest)
        before, start = _resident(), time.perf_counter()
        heard: list[tuple[dict[str, Any], bool]] = []
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                header, pictures = read(channel.recv(timeout=PATIENCE))
                heard.append((header, pictures is not None))
                if header["id"] == last and pictures is not None:
                    done.set()

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        for _ in range(messages):
            channel.send(hostile(rng, bundle, opened.latent_dim))
        sent = time.perf_counter()
        while not done.wait(0.2):  # refused while too many others wait
            channel.send(json.dumps({"id": last, "lane": "honest", "show": honest}))
            if time.perf_counter() - sent > PATIENCE:
                raise AegenError("the live channel did not answer after hostile messages")
        seconds = time.perf_counter() - start
    pictures = sum(shown for _, shown in heard)
    growth = _resident() - before
    return Fuzzed(messages, len(heard) - pictures, pictures, seconds, growth)


def several(address: str, bundle: str, clients: int, each: int) -> float:
    """Seconds in which so many clients at once get ``each`` pictures of their own.

    Raises:
        AegenError: somebody got another picture than was asked for.
    """
    from websockets.sync.client import connect

    from aegen.bundles import read as opened_bundle

    opened = opened_bundle(bundle)

    def client(k: int) -> bool:
        right = True
        with connect(address) as channel:
            for turn in range(each):
                code = opened.codes[[(k * each + turn) % len(opened.codes)]]
                show = {"ask": "codes", "bundle": bundle, "codes": code.tolist()}
                _, pictures = ask(channel, show, turn)
                right &= pictures is not None and _near(pictures, opened.decode(code))
        return right

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        if not all(pool.map(client, range(clients))):
            raise AegenError("a client of the live channel got another picture than it asked for")
    return time.perf_counter() - start


def _near(pictures: NDArray[np.uint8], images: NDArray[np.float32]) -> bool:
    from aegen.core.images import quantize

    return bool((abs(pictures.astype(int) - quantize(images).astype(int)) <= 1).all())


def _resident() -> int:
    """Bytes that this process holds in memory; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * 4096


def report(bundle: str = "mnist", messages: int = 10_000, clients: int = 20) -> None:
    """Print what came of hostile messages, and of many clients at once."""
    with channel_served() as address:
        fuzz(address, bundle, messages, seed=1)  # whatever is made once, is made
        found = fuzz(address, bundle, messages)
        seconds = several(address, bundle, clients, 50)
    shown = table("what", "figure")
    shown.add_row("hostile messages", f"{found.messages:,} in {found.seconds:.1f} s")
    shown.add_row("refused with a reason", f"{found.refusals:,}")
    shown.add_row("answered with a picture", f"{found.pictures:,}")
    shown.add_row("memory grew by", f"{found.growth / 2**20:.1f} MiB")
    shown.add_row(f"{clients} clients at once", f"{50 * clients / seconds:,.0f} pictures a second")
    console().print(shown)
