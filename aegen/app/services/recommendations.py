"""Which latent model to take for a bundle: found by a job, kept on disk for who asks next."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aegen.app.jobs import process
from aegen.app.jobs.job import Job
from aegen.app.services import bundles
from aegen.app.services.cache import cached
from aegen.app.services.samplers import REPLACED
from aegen.core.errors import AegenError, StorageError
from aegen.core.storage import make_folder, write_bytes

if TYPE_CHECKING:
    from aegen.comparison import Recommendation

__all__ = ["RecommendationRequest", "begin", "found", "refusal"]

WORK = "aegen.app.jobs.recommend_sampler:recommend"
"""What a job does."""

MOST_FILES = 256


@dataclass(frozen=True)
class RecommendationRequest:
    """A recommendation as a person asks for it: for which bundle, in which time, how strict."""

    bundle: str
    seconds: int
    copying: float
    seed: int


def refusal(name: str) -> str | None:
    """Why nothing can be recommended for this bundle, or None."""
    from aegen.comparison.recommendation import LEAST

    rows = bundles.bundle(name).manifest.rows
    if rows >= LEAST:
        return None
    return f"{rows} codes are too few to choose a model by: at least {LEAST} are needed"


def found(asked: RecommendationRequest) -> Recommendation | None:
    """The recommendation, if it is there already."""
    from aegen.comparison.recommendation_table import from_json

    job = process.find(_mark(asked))
    if job is not None and job.state == "done":
        done: Recommendation = job.result
        return done
    with contextlib.suppress(OSError, AegenError, UnicodeDecodeError):
        return from_json(_file(_mark(asked)).read_text(encoding="utf-8"))
    return None


def begin(asked: RecommendationRequest) -> Job:
    """The job that finds it, begun if need be."""
    arguments = {
        "folder": str(bundles.bundle(asked.bundle).path.resolve()),
        "seconds": asked.seconds,
        "copying": asked.copying,
        "seed": asked.seed,
    }
    mark = _mark(asked)
    take = functools.partial(_take, asked, mark)
    title = f"Recommending a model · {bundles.bundle(asked.bundle).title}"
    return process.begin(mark, WORK, lambda: (arguments, take), title=title)


def _take(asked: RecommendationRequest, mark: str, said: str | None) -> Recommendation | None:
    """What a job said, kept where this computer lets us.

    Raises:
        AegenError: another bundle took the place of the one that was asked about.
    """
    from aegen.app.services import disk_cache
    from aegen.comparison.recommendation_table import from_json

    if said is None:
        return None
    if _mark(asked) != mark:
        raise AegenError(REPLACED)
    path = _file(mark)
    with contextlib.suppress(StorageError):
        make_folder(path.parent)
        write_bytes(path, said.encode())
        disk_cache.make_room(path.parent, "*.json", MOST_FILES, float("inf"))
    return from_json(said)


def _file(mark: str) -> Path:
    from aegen.app.services import disk_cache

    return disk_cache.folder().parent / "recommendations" / f"{mark}.json"


@cached(64)
def _mark(asked: RecommendationRequest) -> str:
    """The hash of all that it depends on: the bundle's contents, the models, the options."""
    from aegen.app.services import disk_cache
    from aegen.comparison.recommendation import LADDER

    manifest = bundles.bundle(asked.bundle).path / "bundle.json"
    parts = [
        disk_cache.code(),
        hashlib.sha256(manifest.read_bytes()).hexdigest(),
        [candidate.text for candidate in LADDER],
        astuple(asked)[1:],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]
