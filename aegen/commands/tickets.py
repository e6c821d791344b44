"""`aegen supermask show`, `check` and `export`: what a ticket holds, its file, its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from aegen.commands.destination import require_file
from aegen.core.errors import InvalidInput

__all__ = ["add_ticket_commands", "check_ticket", "export_ticket", "list_tickets", "show_ticket"]

Name = Annotated[str, typer.Argument(help="Name of a ticket, or its file", metavar="TICKET")]


def add_ticket_commands(app: typer.Typer) -> None:
    """Put the commands of this file into ``aegen supermask``."""
    app.command("tickets")(list_tickets)
    app.command("show")(show_ticket)
    app.command("check")(check_ticket)
    app.command("export")(export_ticket)


def list_tickets() -> None:
    """List the tickets at hand."""
    from rich.table import Table

    from aegen.benchmarks.console import console
    from aegen.core.errors import AegenError
    from aegen.supermask.ticket.checks import network_words
    from aegen.supermask.ticket.discovery import find_ticket, tickets
    from aegen.supermask.ticket.ticket import Ticket

    table = Table("name", "what", "weights", "remaining", "accuracy", "file")
    for name in tickets():
        path = find_ticket(name)
        try:
            ticket = Ticket.read(path)
        except AegenError as problem:
            table.add_row(name, f"cannot be used: {problem}")
            continue
        accuracy = ticket.about.get("accuracy")
        table.add_row(
            name,
            str(ticket.about.get("title", network_words(ticket))),
            f"{ticket.total.total:,}",
            f"{ticket.remaining:.2%}",
            f"{accuracy:.2%}" if isinstance(accuracy, float) else "",
            f"{path.stat().st_size:,} bytes",
        )
    console().print(table)


def show_ticket(ticket: Name) -> None:
    """What a ticket holds: counts by layer, and how it came to be."""
    import json

    from aegen.supermask.ticket.checks import network_words
    from aegen.supermask.ticket.discovery import find_ticket
    from aegen.supermask.ticket.ticket import Ticket

    path = find_ticket(ticket)
    found = Ticket.read(path)
    typer.echo(f"{path} · {path.stat().st_size:,} bytes")
    typer.echo(f"{'network':<16}{network_words(found)}")
    typer.echo(str(found.report))
    for label, value in sorted(found.about.items()):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        typer.echo(f"{label:<16}{text}")


def check_ticket(
    ticket: Name,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Measure it on real held-out images too: folder or file that holds its data "
            "set, or the data set's name to fetch it",
        ),
    ] = None,
) -> None:
    """Check a ticket's file; with --data, measure it on real held-out images."""
    from aegen.supermask.ticket.checks import check_ticket as check
    from aegen.supermask.ticket.discovery import find_ticket

    path = find_ticket(ticket)
    report = check(path)
    typer.echo(report.text())
    if not report.ok:
        raise typer.Exit(1)
    if data is not None:
        _measure(path, data)


def export_ticket(
    ticket: Name,
    out: Annotated[Path, typer.Option(help="File to write, .safetensors")],
    what: Annotated[
        Literal["weights", "masks"],
        typer.Option(help="float32 weights of the dense network, or int8 masks"),
    ] = "weights",
) -> None:
    """Write a ticket's dense weights, or its masks, as safetensors by layer."""
    from aegen.core.storage import save_arrays
    from aegen.supermask.ticket.discovery import load_ticket

    require_file(out, ".safetensors")
    found = load_ticket(ticket)
    save_arrays(out, found.weights() if what == "weights" else found.masks)
    typer.echo(f"written: {out} ({out.stat().st_size:,} bytes)")


def _measure(path: Path, data: str) -> None:
    """Print what the ticket recognises of the held-out images of its data set."""
    import numpy as np

    from aegen.data import datasets
    from aegen.supermask.inference.evaluation import evaluate
    from aegen.supermask.ticket.ticket import Ticket

    ticket = Ticket.read(path)
    name = ticket.about.get("data")
    if name not in datasets.names():
        raise InvalidInput(f"{path} does not say which data set it was trained on")
    named = data in datasets.names() and not Path(data).exists()
    if named and data != name:
        raise InvalidInput(f"{path} was trained on {name}, not on {data}")
    images = datasets.create(name).load(None if named else Path(data))
    labels = images.attributes.iloc[:, 0].cat.codes.to_numpy(dtype=np.int64)
    found = evaluate(ticket, images.images[images.holdout], labels[images.holdout])
    typer.echo(f"  recognises      {found.accuracy:.2%} of {found.n:,} held-out images")
