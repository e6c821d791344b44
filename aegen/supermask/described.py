"""The plan of a network that a ticket describes without naming it: a supermask autoencoder."""

from __future__ import annotations

from itertools import pairwise

from aegen.supermask.plan import Dense, Elu, Flatten, Plan, Step
from aegen.supermask.ticket.ticket import Ticket

__all__ = ["described_plan"]

ARCHITECTURE = "masked"


def described_plan(ticket: Ticket) -> Plan | None:
    """The network of a ticket, named or described; None where its steps are not known.

    What is known are supermask autoencoders (`aegen.autoencoders.networks.masked`): dense layers
    one after the other from the picture to its logits, ELU between those of encoder and decoder.
    They have no biases, so a unit that nothing reaches says 0; that the input is shifted and
    scaled, and the logits are, changes no path. The input is given flat here, as (pixels, 1, 1),
    and the "classes" are the pixels that are redrawn.

    Example:
        >>> import numpy as np
        >>> described_plan(Ticket(None, {}, "signed-he", {}, 0, {"fc": np.ones((2, 2), np.int8)}))
    """
    if ticket.has_plan:
        return ticket.plan
    told = ticket.about.get("architecture")
    if not isinstance(told, dict) or told.get("name") != ARCHITECTURE:
        return None
    names, shapes = list(ticket.layers), list(ticket.layers.values())
    if any(len(shape) != 2 for shape in shapes) or any(a[0] != b[1] for a, b in pairwise(shapes)):
        return None
    steps: list[Step] = [Flatten()]
    for k, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        if k and name.partition(".")[0] == names[k - 1].partition(".")[0]:
            steps.append(Elu())
        steps.append(Dense(name, shape[1], shape[0]))
    return Plan(ARCHITECTURE, {}, (shapes[0][1], 1, 1), shapes[-1][0], tuple(steps))
