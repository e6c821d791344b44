"""What the Masks page shows as lines of Python, as a link and as a file."""

from __future__ import annotations

from aegen.app import services
from aegen.app.pages.masks.layer_map import asked_change, epoch_of
from aegen.app.pages.masks.paper import material
from aegen.app.services.interventions import MaskChange
from aegen.app.widgets import share_bar
from aegen.app.widgets.for_paper import for_paper
from aegen.app.widgets.mask_layer import MaskedLayer

__all__ = ["python", "share"]


def share(name: str, layer: MaskedLayer) -> None:
    """Copies and downloads of the ticket, and what a paper takes from the page."""
    file = f"{name.lstrip('~')}.ticket"
    share_bar.share(
        "masks",
        lambda: python(
            name, epoch_of(name), asked_change(name), services.interventions.rule_of(name)
        ),
        None,
        [("Ticket", file, "application/octet-stream", _content)],
        (name,),
        [lambda: for_paper("masks", lambda: material(name, layer))],
    )


def _content(name: str) -> bytes:
    return services.tickets.ticket_file(name).read_bytes()


def python(name: str, epoch: int | None, change: MaskChange, rule: str = "signed") -> str:
    """The ticket, and what was done to it, in Python; ``rule`` is that of its training.

    Example:
        >>> print(python("fcn-mnist", None, MaskChange(shuffled="fc1")))
        from aegen.supermask import interventions
        from aegen.supermask.ticket.discovery import load_ticket
        <BLANKLINE>
        ticket = load_ticket("fcn-mnist")
        masks = ticket.masks
        masks = interventions.shuffle(masks, layers=["fc1"], rng=0)
        changed = ticket.with_masks(masks)
        print(changed.counts, changed.remaining)
    """
    where = f"{name.lstrip('~')}.ticket" if name.startswith("~") else name
    lines = [f'ticket = load_ticket("{where}")']
    if epoch is not None or change.threshold != 1.0:
        lines.append(f'history = History.read(find_ticket("{where}").with_suffix(".history"))')
    lines.append("masks = ticket.masks" if epoch is None else f"masks = history.masks({epoch})")
    if change.threshold != 1.0:
        ruled = "" if rule == "signed" else f', rule="{rule}"'
        lines += [
            "variables = {name: history.variable(name) for name in history.layers}",
            "masks = interventions.rethreshold(",
            f"    variables, history.thresholds, factor={change.threshold:g}{ruled}",
            ")",
        ]
    seed = f"rng={change.seed}"
    if change.back:
        lines.append(f"masks = interventions.put_back(masks, {change.back / 100:g}, {seed})")
    if change.straight:
        lines.append(f"masks = interventions.un_invert(masks, {change.straight / 100:g}, {seed})")
    if change.shuffled:
        layers = "" if change.shuffled == "all" else f'layers=["{change.shuffled}"], '
        lines.append(f"masks = interventions.shuffle(masks, {layers}{seed})")
    if change.dropped:
        lines.append(f'masks = interventions.drop(masks, layers=["{change.dropped}"])')
    if epoch is None and change.nothing:
        lines = [lines[0], "print(ticket.counts, ticket.remaining)"]
    else:
        lines.append("changed = ticket.with_masks(masks)")
        lines.append("print(changed.counts, changed.remaining)")
    text = "\n".join(lines)
    opened = "find_ticket, load_ticket" if "find_ticket(" in text else "load_ticket"
    imports = [] if change.nothing else ["from aegen.supermask import interventions"]
    imports.append(f"from aegen.supermask.ticket.discovery import {opened}")
    if "History.read(" in text:
        imports.append("from aegen.supermask.training.history import History")
    return "\n".join([*imports, "", text])
