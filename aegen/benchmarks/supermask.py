"""Sizes and inference times of tickets, beside other formats and dense and sparse products.

`aegen bench supermask` prints it. All methods run in one process on one core, timed in turns, so
that what slows the machine slows all of them; times are medians. Convolutions that are not our own
are torch's dense ones, as there are no sparse ones.
"""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from aegen.benchmarks.console import console
from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG, generator
from aegen.supermask import published
from aegen.supermask.inference.engine import Engine
from aegen.supermask.networks import networks
from aegen.supermask.plan import Dense, Elu, Flatten, Plan, Step
from aegen.supermask.ticket.discovery import find_ticket, tickets
from aegen.supermask.ticket.mask_codec import Mask, encode
from aegen.supermask.ticket.ticket import Ticket

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["BATCHES", "PUBLISHED", "Speed", "made_up", "report", "run", "sizes", "speeds"]

BATCHES = (1, 32, 128)

PUBLISHED = {each.network: each.remaining for each in published.PUBLISHED if each.width == 1}
"""Shares of the weights that remain in the paper (arXiv 2201.13361); random masks have them."""

LEAST = 0.02
"""Seconds that one timing should take at least: quick calls are repeated within it."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Speed:
    """How long one method takes to run a ticket.

    Attributes:
        method: its name.
        batch: images at a time.
        seconds: a batch.
        gap: the largest difference of a logit to the dense network's.
        agrees: whether the most probable class is the same for every image.
    """

    method: str
    batch: int
    seconds: float
    gap: float
    agrees: bool


def made_up(network: str, *, rng: RNG = 0) -> Ticket:
    """A ticket with random masks, at the published share of remaining weights.

    Raises:
        UnknownName: there is no such network.
        InvalidInput: the paper states no share of it.

    Example:
        >>> round(made_up("fcn").remaining, 2)
        0.04
    """
    plan: Plan = networks.create(network)
    if network not in PUBLISHED:
        raise InvalidInput(f"the share that remains is known of {', '.join(PUBLISHED)}")
    random = generator(rng)
    masks: dict[str, Mask] = {}
    for name, shape in plan.layers.items():
        draw = random.random(shape, np.float32)
        half = np.float32(PUBLISHED[network] / 2)
        masks[name] = (draw < half).astype(np.int8) - (draw > 1 - half).astype(np.int8)
    kappas = dict.fromkeys(masks, 1.550519 / PUBLISHED[network])
    return Ticket(network, plan.arguments, "signed-elu-scaled", kappas, 0, masks)


def sizes(ticket: Ticket) -> dict[str, int]:
    """Bytes of a ticket, and of other formats of its weights or of its masks alone.

    The entropy is that of masks of which only each layer's counts are known; gaps with LZMA may be
    shorter, as weights that remain are not spread evenly.
    """
    from safetensors.numpy import save

    totals = [mask.size for mask in ticket.masks.values()]
    return {
        "safetensors, float32": len(save(ticket.weights())),
        "2 bits a weight": sum(-(-n // 4) for n in totals),
        "1.6 bits a weight": sum(-(-n // 5) for n in totals),  # five a byte, as 3**5 <= 256
        "entropy of the counts": round(ticket.entropy),
        "gaps, LZMA": sum(len(encode(ticket.acting(name))) for name in ticket.masks),
        "ticket": len(ticket.to_bytes()),
    }


def speeds(
    ticket: Ticket,
    batches: Sequence[int] = BATCHES,
    *,
    repeats: int = 9,
    rng: RNG = 0,
) -> list[Speed]:
    """Time every method of running a ticket on random images.

    Args:
        ticket: of a network with a plan.
        batches: images at a time.
        repeats: timings of each method, of which the median is taken.
        rng: of the images.
    """
    c, h, w = ticket.plan.input_shape
    random = generator(rng)
    found = []
    with _one_core():
        methods = _methods(ticket)
        for batch in batches:
            x = random.standard_normal((batch, h, w, c), np.float32)
            calls = {method: partial(run, x) for method, run in methods.items()}
            logits = {method: call() for method, call in calls.items()}
            wanted = logits["dense, torch"]
            times = _in_turns(calls, repeats)
            for method, found_logits in logits.items():
                gap = float(np.abs(found_logits - wanted).max())
                agrees = bool((found_logits.argmax(1) == wanted.argmax(1)).all())
                found.append(Speed(method, batch, times[method], gap, agrees))
    return found


def _in_turns(calls: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each call."""
    rounds = {
        name: max(1, min(1000, int(LEAST / max(_seconds(call), 1e-7))))
        for name, call in calls.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            taken[name].append(_seconds(call, rounds[name]))
    return {name: median(times) for name, times in taken.items()}


def _seconds(call: Callable[[], Any], rounds: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(rounds):
        call()
    return (time.perf_counter() - start) / rounds


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """Torch and the linear algebra of numpy and scipy on one thread."""
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1), torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)


def _methods(ticket: Ticket) -> dict[str, Callable[[Floats], Floats]]:
    """Methods of running a ticket, from (n, h, w, c) to logits."""
    import torch
    from scipy.sparse import csr_array

    from aegen.supermask.torch_network import Network

    plan, weights = ticket.plan, ticket.weights()
    flat = {name: array for name, array in weights.items() if array.ndim == 2}

    class Product(torch.nn.Module):
        def __init__(self, product: Callable[[Tensor], Tensor]) -> None:
            super().__init__()
            self.forward = product

    def torch_with(
        product: Callable[[Floats], Callable[[Tensor], Tensor]] | None = None,
    ) -> Callable[[Floats], Floats]:
        network = Network(plan, weights)
        if product is not None:
            for name, array in flat.items():
                network.add_module(name, Product(product(array)))

        def forward(x: Floats) -> Floats:
            logits: Floats = network(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()
            return logits

        return forward

    def by_torch(array: Floats) -> Callable[[Tensor], Tensor]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch calls its sparse layout a beta
            rows = torch.from_numpy(array).to_sparse_csr()
        return lambda x: (rows @ x.T).T

    def by_scipy(array: Floats) -> Callable[[Tensor], Tensor]:
        rows = csr_array(array)
        return lambda x: torch.from_numpy((rows @ x.numpy().T).T)

    methods = {"dense, torch": torch_with()}
    if all(isinstance(step, Flatten | Dense | Elu) for step in plan.steps):
        methods["dense, numpy"] = lambda x: _numpy(plan.steps, x, weights)
    methods["CSR, torch"] = torch_with(by_torch)
    methods["CSR, scipy"] = torch_with(by_scipy)
    methods["aegen"] = Engine(ticket).logits
    return methods


def _numpy(steps: tuple[Step, ...], x: Floats, weights: Mapping[str, Floats]) -> Floats:
    """A plan of dense layers in plain numpy."""
    for step in steps:
        if isinstance(step, Flatten):
            x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
        elif isinstance(step, Dense):
            x = x @ weights[step.name].T
        else:
            x = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
    return x


def run(
    names: Sequence[str] = (), *, batches: Sequence[int] = BATCHES, repeats: int = 9
) -> Iterator[tuple[str, Ticket, dict[str, int], list[Speed]]]:
    """Sizes and speeds of tickets, or of networks with random masks.

    Args:
        names: of tickets, their files, or names of networks; by default all tickets, or the FCN
            and Conv2 where there are none.
        batches: images at a time.
        repeats: timings of each method.
    """
    for name in names or tickets() or ("fcn", "conv2"):
        known = name in networks.names() and name not in tickets()
        ticket = made_up(name) if known else Ticket.read(find_ticket(name))
        title = f"{name} (random masks)" if known else name
        timed = speeds(ticket, batches, repeats=repeats) if ticket.has_plan else []
        yield title, ticket, sizes(ticket), timed


def report(
    names: Sequence[str] = (), *, batches: Sequence[int] = BATCHES, repeats: int = 9
) -> None:
    """Print what `run` measures, a table of sizes and one of speeds for each ticket."""
    out = console()
    for name, ticket, measured, timed in run(names, batches=batches, repeats=repeats):
        total = ticket.total
        out.print(
            f"\n[bold]{name}[/bold]: {total.remaining:.2%} of {total.total:,} weights remain"
        )
        out.print(_sizes_table(ticket, measured))
        out.print(_opening(ticket))
        if timed:
            out.print(_speeds_table(timed))
            out.print(_caption())


def _sizes_table(ticket: Ticket, measured: Mapping[str, int]) -> Table:
    table = Table("format", "bytes", "bits a weight", "of the entropy", "of float32")
    for what, size in measured.items():
        table.add_row(
            what,
            f"{size:,}",
            f"{8 * size / ticket.total.total:.3f}",
            f"{size / max(ticket.entropy, 1):.2f}",
            f"1/{measured['safetensors, float32'] / max(size, 1):,.0f}",
        )
    return table


def _opening(ticket: Ticket) -> str:
    content = ticket.to_bytes()
    taken = median(_seconds(lambda: Ticket.from_bytes(content).weights()) for _ in range(3))
    return f"read and rebuilt, frozen weights too, in {taken:.3f} s"


def _speeds_table(timed: Sequence[Speed]) -> Table:
    batches = sorted({speed.batch for speed in timed})
    table = Table("running", *(f"batch {batch}" for batch in batches), "logits differ by", "class")
    base = {s.batch: s.seconds for s in timed if s.method == "dense, torch"}
    for method in dict.fromkeys(speed.method for speed in timed):
        own = {speed.batch: speed for speed in timed if speed.method == method}
        cells = [
            f"{1e6 * own[b].seconds:,.0f} µs  {base[b] / own[b].seconds:.1f}x" for b in batches
        ]
        gap = max(speed.gap for speed in own.values())
        same = "same" if all(speed.agrees for speed in own.values()) else "differs"
        table.add_row(method, *cells, f"{gap:.0e}", same)
    return table


def _caption() -> str:
    try:
        load = f"{os.getloadavg()[0]:.1f}"
    except (AttributeError, OSError):
        load = "unknown"
    return f"one core, medians; load of the machine {load} on {os.cpu_count()} processors"
