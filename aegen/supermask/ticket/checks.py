"""Checking a ticket: what is in its file, whether it is sound, and what its masks can do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aegen.core.errors import TicketError
from aegen.supermask.described import described_plan
from aegen.supermask.paths import paths
from aegen.supermask.ticket.ticket import Ticket, read_content

__all__ = ["TicketCheck", "check_ticket", "network_words"]


@dataclass(frozen=True)
class TicketCheck:
    """What `check_ticket` found.

    Attributes:
        path: of the file.
        problem: why it cannot be used, "" where it can.
        warnings: what a person should know of one that can be used.
        facts: what it holds, by label.
    """

    path: Path
    problem: str = ""
    warnings: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the ticket can be used; warnings allowed."""
        return not self.problem

    def text(self) -> str:
        """The findings as lines for a terminal."""
        lines = [str(self.path)]
        lines += [f"  {label:<16}{value}" for label, value in self.facts.items()]
        lines += [f"  warning  {warning}" for warning in self.warnings]
        lines += [f"  error  {self.problem}"] if self.problem else []
        return "\n".join([*lines, "  sound" if self.ok else "  cannot be used"])


def check_ticket(path: Path | str) -> TicketCheck:
    """Everything about a ticket's file; never raises for a bad one.

    Warns of layers of which nothing remains, and where no path leads from the input to the output:
    such a ticket is whole, but its network's output is the same for every image.
    """
    path = Path(path)
    try:
        content = read_content(path)
        ticket = Ticket.from_bytes(content, path)
    except TicketError as problem:
        return TicketCheck(path, problem.problem)
    start = time.perf_counter()
    Ticket.from_bytes(content, path).weights()
    seconds = time.perf_counter() - start
    total = ticket.total
    facts = {
        "network": network_words(ticket),
        "frozen weights": f"{ticket.initialiser}, seed {ticket.seed}",
        "weights": f"{total.total:,} in {len(ticket.masks)} layers",
        "remaining": f"{total.remaining:.2%}: {total.keep:,} kept, {total.invert:,} inverted",
        "file": f"{len(content):,} bytes, {8 * len(content) / total.total:.3f} bits a weight",
        "entropy": f"{ticket.entropy:,.0f} bytes, of each layer's counts",
        "rebuilt in": f"{seconds:.2f} s",
    }
    return TicketCheck(path, "", tuple(_warnings(ticket)), facts)


def network_words(ticket: Ticket) -> str:
    """Which network a ticket is of, in a few words."""
    if ticket.network is None and ticket.has_plan:
        return f"{ticket.plan.name}, described in the ticket"
    if ticket.network is None:
        module = ticket.about.get("module")
        return f"of the class {module:.80}" if isinstance(module, str) else "described elsewhere"
    listed = ", ".join(f"{name} {value}" for name, value in ticket.arguments.items())
    return f"{ticket.network} ({listed})" if listed else ticket.network


def _warnings(ticket: Ticket) -> list[str]:
    found = [
        f"nothing remains of the layer {name}"
        for name, counts in ticket.counts.items()
        if counts.keep + counts.invert == 0
    ]
    plan = described_plan(ticket)
    if plan is None:
        return found
    layers = list(paths(plan, ticket.masks).values())
    if not any(layer.on_path for layer in layers):
        found.append(
            "no path leads from the input to the output, so the network's output is the same for "
            "every image: train it with less decay or a lower threshold"
        )
        return found
    off = sum(layer.off_path for layer in layers)
    if off:
        found.append(f"{off:,} weights that remain lie on no path from the input to the output")
    silent = int((~layers[-1].speaking).sum())
    if silent and ticket.network is None:
        found.append(f"{silent} of {plan.classes} pixels are always grey: no path reaches them")
    elif silent:
        found.append(
            f"{silent} of the {plan.classes} classes are never predicted: no path "
            "reaches their outputs"
        )
    return found
