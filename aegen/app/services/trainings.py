"""Supermasks that people train here: asked for, done by a job, read from disk as they come.

A training's files lie in a folder named by a hash of all that it depends on but its number of
epochs, so whoever asks for the same one goes on with it, also after a restart. Where the app is
shared, each visitor has trainings of their own, so nobody stops or discards another's.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aegen
from aegen.app.jobs import process
from aegen.app.jobs.job import Job
from aegen.app.jobs.train_supermask import HISTORY, ticket_at
from aegen.app.server.sharing import sharing
from aegen.app.services import bundles, evaluation_data, tickets
from aegen.app.services.cache import Stamp, cached
from aegen.core.errors import AegenError
from aegen.core.storage import digest, is_file, make_folder, remove_folder

if TYPE_CHECKING:
    from aegen.core.arrays import IntArray
    from aegen.supermask.training.history import History

__all__ = [
    "TrainingConfig",
    "first_layer_maps",
    "forget_training",
    "save_training",
    "start_training",
    "trained",
    "trained_file",
    "training_job",
]

WORK = "aegen.app.jobs.train_supermask:train"
"""What a job does."""

MOST_TRAININGS = 24

PICTURES = 12
"""How many epochs are shown as pictures of where the first layer looks."""


@dataclass(frozen=True)
class TrainingConfig:
    """A training as a person asks for it; the fields of `aegen.app.pages.train.state`."""

    source: str
    rows: int
    hidden: str
    epochs: int
    rate: float
    decay: float
    threshold: float
    kappa: float
    seed: int

    @property
    def recipe(self) -> dict[str, Any]:
        """As the library has it."""
        return {
            "epochs": self.epochs,
            "learning_rate": self.rate,
            "decay": self.decay,
            "threshold": self.threshold,
            "kappa": self.kappa,
            "seed": self.seed,
        }


def _mark(order: TrainingConfig) -> str:
    parts = asdict(order)
    del parts["epochs"]
    parts["version"] = aegen.__version__
    if sharing().shared:
        parts["visitor"] = Job.asker()
    kind, _, name = order.source.partition(":")
    parts["contents"] = _contents(name) if kind == "bundle" else ""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]


@cached(16)
def _contents(name: str) -> str:
    """The hash of what a bundle holds: one that took its place is trained on anew."""
    return digest(bundles.bundle(name).path / "bundle.json")


def _home() -> Path:
    from aegen.app.services import disk_cache

    return disk_cache.folder().parent / "trainings"


def _folder(order: TrainingConfig) -> Path:
    return _home() / _mark(order)


def _key(order: TrainingConfig) -> str:
    return f"training-{_mark(order)}"


# the job


def training_job(order: TrainingConfig) -> Job | None:
    """The job that works at it, or did."""
    return process.find(_key(order))


def start_training(order: TrainingConfig) -> Job:
    """Begin, or go on from the last epoch that is done; it goes on when nobody watches."""
    from aegen.app.services.disk_cache import make_room

    old, folder = training_job(order), _folder(order)
    if old is not None:
        old.forget()

    def prepare() -> process.Plan:
        make_room(_home(), "[!.]*", MOST_TRAININGS, math.inf)
        make_folder(folder)
        kind, _, name = order.source.partition(":")
        given = (
            evaluation_data.image_folder(name) if kind == "images" else bundles.bundle(name).path
        )
        arguments = {
            "source": order.source,
            "folder": None if given is None else str(given.resolve()),
            "rows": order.rows,
            "hidden": order.hidden,
            "recipe": order.recipe,
            "out": str(folder),
            "cache": str(_home() / ".rows"),
        }
        return arguments, lambda said: said

    title = f"Training a supermask · {order.source.partition(':')[2]}"
    return process.begin(_key(order), WORK, prepare, goes_on=True, title=title)


def forget_training(order: TrainingConfig) -> None:
    """Remove all that was trained, so that it begins anew."""
    job = training_job(order)
    if job is not None:
        job.stop()
        job.wait(5)
        job.forget()
    remove_folder(_folder(order))


# what came of it


def trained(order: TrainingConfig) -> History | None:
    """How it went so far; None before the first epoch is done."""
    return _history(_mark(order))


def _stamp(mark: str) -> Stamp:
    file = _home() / mark / HISTORY
    try:
        about = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), about.st_mtime_ns, about.st_size


@cached(16, of=_stamp)
def _history(mark: str) -> History | None:
    from aegen.supermask.training.history import History

    file = _home() / mark / HISTORY
    return History.read(file) if is_file(file) else None


def first_layer_maps(order: TrainingConfig) -> list[tuple[int, IntArray]]:
    """Where the first layer looks, (h, w) counts, after some epochs, the last among them."""
    return _maps(_mark(order), _side(order))


def _side(order: TrainingConfig) -> int:
    """Height and width of its images."""
    kind, _, name = order.source.partition(":")
    if kind == "images":
        return 28
    return int(bundles.bundle(name).image_shape[0])


@cached(8, of=_stamp)
def _maps(mark: str, side: int) -> list[tuple[int, IntArray]]:
    from aegen.figures.input_map import input_map

    found = _history(mark)
    if found is None:
        return []
    first = next(iter(found.layers))
    channels = found.layers[first][1] // side**2
    epochs = found.epochs
    if len(epochs) > PICTURES:
        step = (len(epochs) - 1) / (PICTURES - 1)
        epochs = [epochs[round(k * step)] for k in range(PICTURES)]
    return [
        (epoch, input_map(found.masks(epoch)[first], (channels, side, side))) for epoch in epochs
    ]


def trained_file(order: TrainingConfig, name: str) -> bytes:
    """The content of the training's "ticket" or "history" file, both after the same epoch.

    Raises:
        AegenError: there is none yet.
    """
    found = trained(order)
    done = 0 if found is None else len(found.records)
    file = _folder(order) / {"ticket": ticket_at(done), "history": HISTORY}[name]
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise AegenError("there is nothing to save before the first epoch is done") from None


def save_training(order: TrainingConfig) -> str:
    """Keep the ticket as it is now among those of the Masks page; gives its name there."""
    return tickets.add_ticket(trained_file(order, "ticket"), trained_file(order, "history"))
