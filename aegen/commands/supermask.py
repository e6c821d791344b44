"""`aegen supermask train`: masks on frozen weights, for one seed or several; resumable."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from aegen.commands.destination import require_folder
from aegen.commands.grouped_options import grouped_options
from aegen.commands.progress_bar import followed, progress_bar
from aegen.commands.recipe_options import recipe_options
from aegen.core.errors import InvalidInput, TrainingError, UnknownName
from aegen.core.storage import claimed
from aegen.supermask.training.recipe import Recipe, recipe_of
from aegen.supermask.training.runs import Outcome, Run, begun, epochs_done, finished, perform

if TYPE_CHECKING:
    from aegen.parallel.backends import Backend
    from aegen.supermask.training.base import Epoch

__all__ = ["RunOptions", "Subject", "named_data", "supermask", "train_all"]

supermask = typer.Typer(
    help="Networks whose frozen weights are only kept, inverted or dropped.", no_args_is_help=True
)


@supermask.callback()
def _group() -> None:
    """Networks whose frozen weights are only kept, inverted or dropped."""


@dataclass(frozen=True)
class RunOptions:
    """What all trainings of masks ask for, beside the network and the recipe."""

    data: Annotated[
        str,
        typer.Option(
            help="Data set, as NAME to fetch it or NAME=FOLDER; such as mnist or cifar10"
        ),
    ] = "mnist"
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for checkpoints, tickets and histories, of several networks one in it "
            "for each (runs/...)"
        ),
    ] = None
    source: Annotated[
        str,
        typer.Option("--recipe", help="paper: its settings; tuned: fewer weights in fewer epochs"),
    ] = "paper"
    minutes: Annotated[
        float | None,
        typer.Option(min=0.0, help="End after the epoch under way when so many have passed"),
    ] = None
    runs: Annotated[int, typer.Option(min=1, help="Seeds to train, --jobs at a time")] = 1
    seed: Annotated[int, typer.Option(min=0, help="The first seed")] = 0
    rule: Annotated[
        str, typer.Option(help="signed, or a baseline: binary, top-k (edge-popup) or dense")
    ] = "signed"
    relative: Annotated[
        bool | None,
        typer.Option("--relative/--absolute", help="Threshold as a share of the largest score"),
    ] = None
    limit: Annotated[int | None, typer.Option(min=2, help="Use only so many training rows")] = None
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu"
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads of a single run (all)")
    ] = None
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Runs at a time (as many as there are cores)")
    ] = None
    backend: Annotated[
        str, typer.Option(help="Of several runs: loky for processes here, dask or ray")
    ] = "loky"
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler (one on this machine)")
    ] = None
    address: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster (one on this machine)")
    ] = None


@dataclass(frozen=True)
class Subject:
    """A network to train.

    Attributes:
        text: what was typed.
        name: of the network.
        arguments: its own.
        module: as of `Run`.
    """

    text: str
    name: str
    arguments: tuple[tuple[str, Any], ...] = ()
    module: Callable[[], Any] | None = None

    def recipe(self, source: str, rule: str) -> Recipe:
        """Its settings where nothing was typed; a person's own network has those of no name."""
        return recipe_of(source, self.name if self.module is None else "", rule)


@supermask.command("train")
@recipe_options(Recipe, "the recipe's")
@grouped_options(RunOptions)
def train_masks(
    network: Annotated[
        list[str],
        typer.Argument(
            help="fcn, conv2, conv4, conv6, conv8, resnet20, ...; with settings of its own as in "
            "conv2:width=0.25 or fcn:hidden=100-50; several are trained one after another",
        ),
    ],
    *,
    options: RunOptions,
    settings: dict[str, Any],
) -> None:
    """Train masks on a network's frozen weights; the same command continues where it stopped.

    Writes a ticket and a history a seed. Settings are the recipe's unless given.
    """
    train_all([Subject(text, *_network(text)) for text in network], options, settings)


def train_all(
    subjects: Sequence[Subject], options: RunOptions, settings: Mapping[str, Any]
) -> None:
    """Train as many seeds of each network as asked for, and show how they did.

    Args:
        subjects: the networks.
        options: what was typed.
        settings: the same, fields of the recipe.
    """
    started = time.time()
    place = _place(options.backend, options.jobs, options.scheduler, options.address)
    if options.device != "cpu":
        from aegen.supermask.training.classifier import check_device

        check_device(options.device)
    planned = _planned(subjects, options, settings)
    for first in planned:
        require_folder(Path(first.folder))
    until = None if options.minutes is None else started + 60 * options.minutes
    outcomes: list[Outcome] = []
    try:
        for first in planned:
            todo = [first.of_seed(options.seed + k) for k in range(options.runs)]
            alone = options.runs == 1
            found = (
                [_followed(first, options.threads, until)] if alone else _all(todo, place, until)
            )
            _show(found)
            outcomes += found
    except KeyboardInterrupt:
        kept = ", ".join(first.folder for first in planned)
        typer.echo(f"stopped; whole epochs are kept in {kept}: give the command again", err=True)
        raise typer.Exit(130) from None
    if any(outcome.problem for outcome in outcomes):
        raise typer.Exit(2)


# What is asked for


def _network(text: str) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Name and own arguments of a network, from ``name:field=value``."""
    from aegen.supermask import networks

    name, *settings = text.strip().split(":")
    known = {parameter.name: parameter for parameter in networks.parameters(name)}
    arguments = {}
    for setting in settings:
        field, equals, value = setting.partition("=")
        if not equals:
            raise InvalidInput(f"settings of a network are written name:field=value, got {text!r}")
        if field not in known:
            raise UnknownName(f"setting of {name}", field, known)
        arguments[field] = known[field].parse(value, name)
    return name, tuple(arguments.items())


def _planned(
    subjects: Sequence[Subject], options: RunOptions, settings: Mapping[str, Any]
) -> list[Run]:
    """The first seed of each network."""
    dataset, path = named_data(options.data)
    given = {**settings, "seed": options.seed}
    if options.relative is not None:
        given["relative"] = options.relative
    found = []
    for subject in subjects:
        recipe = replace(subject.recipe(options.source, options.rule), **given)
        usual = f"{subject.name}-{dataset}-{options.rule}"
        folder = _folder(options.out, subject.text, usual, len(subjects)).resolve()
        found.append(
            Run(
                subject.name,
                subject.arguments,
                dataset,
                path,
                options.limit,
                recipe,
                str(folder),
                options.device,
                subject.module,
            )
        )
    if len({first.folder for first in found}) < len(found):
        raise InvalidInput("each network is trained once: leave out what is named twice")
    return found


def _folder(out: Path | None, network: str, usual: str, networks: int) -> Path:
    """Where a network's files go: in ``out`` itself where it is the only one."""
    if out is None:
        return Path("runs") / usual
    return out if networks == 1 else out / network.strip().replace(":", "-").replace("=", "-")


def named_data(text: str) -> tuple[str, str | None]:
    """Name and folder of a data set, from ``NAME`` or ``NAME=FOLDER``."""
    from aegen.data import datasets

    name, _, folder = text.partition("=")
    if name not in datasets.names():
        raise UnknownName("data set", name, datasets.names())
    if name == "sprites":
        raise InvalidInput("sprites have several attributes, no one class to learn: take another")
    return name, str(Path(folder).resolve()) if folder else None


def _place(name: str, jobs: int | None, scheduler: str | None, address: str | None) -> Backend:
    """Where several runs are done; an address belongs to the backend whose word it is."""
    if scheduler is not None and name != "dask":
        raise InvalidInput("--scheduler is where a Dask scheduler is: add --backend dask")
    if address is not None and name != "ray":
        raise InvalidInput("--address is where a Ray cluster is: add --backend ray")
    from aegen.parallel.backends import Backend

    return Backend(cast("Any", name), jobs, scheduler or address)


# What is done


def _followed(run: Run, threads: int | None, until: float | None) -> Outcome:
    """A single run in this process, under a bar; a line an epoch."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    with claimed(run.checkpoint), followed(stderr=True) as console:

        def told(record: Epoch) -> None:
            console.print(
                f"epoch {record.epoch}: loss {record.loss:.4f}, accuracy {record.accuracy:.2%}, "
                f"remaining {record.remaining:.2%}, {sum(record.flips.values()):,} flips",
                highlight=False,
            )

        return finished(run, begun(run), told, until)


def _all(todo: Sequence[Run], place: Backend, until: float | None) -> list[Outcome]:
    """Several runs where they are to be done, as joblib tasks; a line a run."""
    import joblib

    from aegen.parallel.backends import connected

    found: list[Outcome] = []
    with (
        connected(place) as arguments,
        progress_bar(count=True, stderr=True) as bar,
        _watched(bar, todo),
    ):
        tasks = joblib.Parallel(return_as="generator_unordered", **arguments)
        try:
            for outcome in tasks(joblib.delayed(perform)(run, until) for run in todo):
                found.append(outcome)
                bar.console.print(_line(outcome), highlight=False)
        except BrokenExecutor as problem:
            raise TrainingError(
                f"the process of a run was ended from outside ({type(problem).__name__}), most "
                "often as memory ran out: whole epochs are kept, give the command again, with "
                "fewer --jobs"
            ) from problem
    return sorted(found, key=lambda outcome: outcome.run.recipe.seed)


@contextlib.contextmanager
def _watched(bar: Any, todo: Sequence[Run]) -> Iterator[None]:
    """A line of the bar that follows the epochs of all runs, as their checkpoints have them."""
    import threading

    total = sum(run.recipe.epochs for run in todo)
    line = bar.add_task(f"epochs of {len(todo)} seeds", total=total)
    over = threading.Event()

    def look() -> None:
        while True:
            bar.update(line, completed=sum(epochs_done(run) for run in todo))
            if over.wait(1.0):
                bar.update(line, completed=sum(epochs_done(run) for run in todo))
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# What is shown


def _line(outcome: Outcome) -> str:
    start = f"seed {outcome.run.recipe.seed}: "
    if not outcome.figures:
        return f"{start}{outcome.problem}"
    figures = outcome.figures
    text = (
        f"{start}accuracy {figures['accuracy']:.2%}, remaining {figures['remaining']:.2%}, "
        f"{outcome.epochs} epochs in {figures['seconds']:.0f} s"
    )
    return text if outcome.problem is None else f"{text}; {outcome.problem}"


def _show(outcomes: Sequence[Outcome]) -> None:
    """Each run, and over three or more their means with intervals."""
    from aegen.comparison.estimates import estimate
    from aegen.comparison.task import Figure

    for outcome in outcomes:
        typer.echo(_line(outcome))
        if outcome.shares and outcome.run.recipe.rule != "dense":
            layers = ", ".join(
                f"{name} {remaining:.2%} ({inverted:.0%} of it inverted)"
                for name, (remaining, inverted) in outcome.shares.items()
            )
            typer.echo(f"  remaining by layer: {layers}")
            typer.echo(f"  wrote {outcome.run.ticket} and {outcome.run.history.name}")
            if outcome.note:
                typer.echo(f"  {outcome.note}; ticket.into(net) puts its weights into the class")
    whole = [outcome for outcome in outcomes if outcome.problem is None]
    if len(whole) < 3:
        return
    for name in ("accuracy", "remaining"):
        shares = {o.run.recipe.seed: Figure(o.figures[name]) for o in whole}
        found = estimate(shares, possible=(0, 1))
        between = (
            "" if found.low is None else f", 95 % interval {found.low:.2%} to {found.high:.2%}"
        )
        typer.echo(f"{name} over {found.seeds} seeds: mean {found.value:.2%}{between}")
