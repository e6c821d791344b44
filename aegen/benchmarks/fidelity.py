"""Which latent model is true to the data without copying it: `aegen bench fidelity`.

Every setting below is fitted to all training codes of a bundle; its draws are compared with
held-out codes by 1-NN accuracy and by the distance ratio, beside what real held-out codes get
against other real ones. Rows are kept in a file as they are finished, so that a run that was
stopped goes on. ``fidelity_table.py`` prints them.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from statistics import fmean, median, pstdev
from typing import Any

import numpy as np

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError, InvalidInput, StorageError, UnknownName
from aegen.core.neighbours import Neighbours
from aegen.core.parameters import check
from aegen.core.storage import write_bytes
from aegen.metrics import metrics
from aegen.samplers import DensitySampler, Sampler, samplers

__all__ = [
    "BUNDLES",
    "SETTINGS",
    "ReferenceSet",
    "Row",
    "Setting",
    "load_rows",
    "measure",
    "settings",
]

FORMAT = 1


@dataclass(frozen=True)
class Setting:
    """A latent model and its fields, as one line of the table.

    Args:
        sampler: its name in the family, or "real" for held-out rows in place of draws.
        fields: its fields; those not named have their defaults.
        times: factor of the bandwidth that the model chooses by itself, for a kernel density.
    """

    sampler: str
    fields: dict[str, Any] = field(default_factory=dict)
    times: float | None = None

    @property
    def label(self) -> str:
        """Name, fields and factor in one line.

        Example:
            >>> Setting("kde", {"bandwidth": 0.5}).label
            'kde bandwidth=0.5'
        """
        parts = [f"{name}={value}" for name, value in self.fields.items()]
        if self.times is not None:
            parts.append(f"bandwidth x {self.times:g}")
        return " ".join([self.sampler, *parts])

    def unknown(self) -> str | None:
        """Why this aegen cannot make it, or None."""
        if self.sampler == "real":
            return None
        try:
            check(samplers.get(self.sampler), self.fields)
        except (UnknownName, InvalidInput) as problem:
            return str(problem)
        return None


REAL = Setting("real")
BUNDLES = ("mnist", "fashion-mnist", "sprites")


def _copulas(*degrees: int | str, **fields: Any) -> tuple[Setting, ...]:
    return tuple(Setting("empirical-beta-copula", {"degree": k, **fields}) for k in degrees)


SETTINGS: tuple[Setting, ...] = (
    REAL,
    Setting("bootstrap"),
    *_copulas("n", 1000, 200, 100, 60, 50, 40, 30, 20, 10, "auto"),  # the first is the paper's
    *_copulas("n", 60, 50, 30, 20, rows="balanced"),
    *_copulas(60, 30, 10, jitter="correlated", coupling=0.5),
    *_copulas(60, 30, 10, jitter="correlated", coupling=0.9),
    *_copulas(60, 30, 10, jitter="local", coupling=0.5),
    *_copulas(60, 30, 10, jitter="local", coupling=0.9),
    *_copulas(100, 60, 50, 40, 20, 10, rows="balanced", jitter="correlated", coupling=0.5),
    *_copulas(100, 60, 50, 40, 20, 10, rows="balanced", jitter="local", coupling=0.5),
    *_copulas(100, 60, 50, 40, 20, 10, rows="balanced", jitter="local", coupling=0.9),
    *(
        Setting("kde", {"shape": shape}, times)
        for shape in ("diagonal", "scalar", "full")
        for times in (1.0, 0.5, 1.5, 2.0)
    ),
    *(Setting("gaussian-mixture", {"components": k}) for k in (10, 50, 200, "auto")),
    Setting("gaussian"),
    Setting("gaussian-copula"),
    Setting("vine-copula"),
    Setting("normalizing-flow", {"kind": "spline"}),
    Setting("normalizing-flow", {"kind": "realnvp"}),
    Setting("flow-matching"),
    Setting("independent-margins"),
    Setting("standard-normal"),
)
"""Lines of the table, in this order. A model that is missing here gets a line with its defaults;
a line whose model or field this aegen lacks is left out, with a word on why."""


def settings() -> tuple[Setting, ...]:
    """`SETTINGS`, and the defaults of each latent model that is not among them."""
    named = {setting.sampler for setting in SETTINGS}
    return SETTINGS + tuple(Setting(name) for name in samplers.names() if name not in named)


@dataclass(frozen=True, eq=False)
class ReferenceSet:
    """Codes to fit and codes to compare with.

    Args:
        name: of the bundle.
        codes: training codes (n, d).
        holdout: held-out codes (m, d).
        mark: hash of the codes, so that rows of other codes are not taken for these.
    """

    name: str
    codes: FloatArray
    holdout: FloatArray
    mark: str

    @classmethod
    def of_bundle(cls, name: str) -> ReferenceSet:
        """The codes of a bundle.

        Raises:
            AegenError: there is no such bundle, or it cannot be read.
            InvalidInput: it has too few held-out rows.
        """
        from aegen.bundles import find, read

        bundle = read(find(name))
        if len(bundle.holdout) < 4:
            raise InvalidInput(f"{name} has {len(bundle.holdout)} held-out rows: 4 are needed")
        sha256 = bundle.manifest.files["codes.safetensors"].sha256
        return cls(bundle.name, bundle.codes, bundle.holdout, sha256)


@dataclass(frozen=True)
class Row:
    """What was measured for one setting on one bundle.

    Attributes:
        bundle: its name.
        mark: of its codes.
        sampler: name of the latent model, with ``fields`` and ``times`` as in `Setting`.
        draws: how many draws, and as many held-out rows.
        seeds: how many comparisons.
        accuracy: 1-NN accuracy under each seed.
        ratio: distance ratio under each seed.
        log_density: mean log-density of held-out codes in nats, or None where there is none.
        fit_seconds: time of the one fit.
        draw_seconds: median time of the draws.
        problem: why there are no figures, or None.
    """

    bundle: str
    mark: str
    sampler: str
    fields: dict[str, Any]
    times: float | None
    draws: int
    seeds: int
    accuracy: list[float]
    ratio: list[float]
    log_density: float | None
    fit_seconds: float
    draw_seconds: float
    problem: str | None = None

    @property
    def setting(self) -> Setting:
        """What it is a row of."""
        return Setting(self.sampler, self.fields, self.times)

    @property
    def key(self) -> tuple[str, str, str, int, int]:
        """What is measured once: codes, setting and numbers of rows and seeds."""
        return self.bundle, self.mark, self.setting.label, self.draws, self.seeds

    @property
    def mean_accuracy(self) -> float:
        """Over the seeds."""
        return fmean(self.accuracy)

    @property
    def spread(self) -> float:
        """Standard deviation of the accuracy over the seeds."""
        return pstdev(self.accuracy)

    @property
    def mean_ratio(self) -> float:
        """Over the seeds."""
        return fmean(self.ratio)


def measure(
    reference_sets: Sequence[ReferenceSet],
    *,
    lines: Sequence[Setting] | None = None,
    draws: int = 2000,
    seeds: int = 3,
    only: str = "*",
    fresh: bool = False,
    out: Path | str | None = None,
    told: Callable[[Row], None] = lambda row: None,
    starting: Callable[[ReferenceSet, Setting], None] = lambda reference_set, line: None,
) -> list[Row]:
    """Rows of all bundles, one a setting; those that a file has already are taken from there.

    A model is fitted once, with seed 0; the seeds choose its draws and the held-out rows that
    they are compared with, the same ones for all models. Where a bundle has fewer than twice the
    rows, real rows are compared in two halves. A setting that fails becomes a row that says why,
    and is tried again by the next run.

    Of ``lines``, by default those of `settings`, only those are measured whose label matches the
    pattern ``only``, such as ``kde*``, and, unless ``fresh``, which the JSON file ``out`` lacks.
    ``starting`` is called before each fit, ``told`` with each row that was measured anew.

    Raises:
        InvalidInput: numbers that cannot be used.
        StorageError: the file cannot be read or written.
    """
    draws = arrays.count(draws, name="draws", minimum=2)
    seeds = arrays.count(seeds, name="seeds", minimum=1)
    kept = load_rows(out) if out is not None and Path(out).exists() else []
    done = {row.key: row for row in kept}
    wanted = settings() if lines is None else lines
    known = [line for line in wanted if line.unknown() is None]
    found = []
    for reference_set in reference_sets:
        work = _Comparison(reference_set, draws, seeds)
        for line in known:
            key = (reference_set.name, reference_set.mark, line.label, work.size(line), seeds)
            matches, sound = fnmatch(line.label, only), key in done and done[key].problem is None
            if matches and (fresh or not sound):
                starting(reference_set, line)
                done[key] = work.row(line)
                if out is not None:
                    _save_rows(out, list(done.values()))
                told(done[key])
            if matches or sound:
                found.append(done[key])
    return found


class _Comparison:
    """What all settings on one bundle share: the held-out rows of each seed, and the search."""

    def __init__(self, reference_set: ReferenceSet, draws: int, seeds: int) -> None:
        self.reference_set = reference_set
        self.draws = min(draws, len(reference_set.holdout))
        self.seeds = range(seeds)
        self.search = Neighbours(reference_set.codes)
        self._bandwidths: dict[str, float] = {}

    def size(self, line: Setting) -> int:
        """How many rows are compared with as many."""
        halves = len(self.reference_set.holdout) // 2 if line == REAL else self.draws
        return min(self.draws, halves)

    def row(self, line: Setting) -> Row:
        """The row of one setting."""
        figures: dict[str, Any] = {"accuracy": [], "ratio": [], "log_density": None}
        figures |= {"fit_seconds": 0.0, "draw_seconds": 0.0}
        try:
            figures |= self._of_real() if line == REAL else self._of_model(line)
        except Exception as error:  # one model that fails must not end a run of hours
            figures["problem"] = str(error) if isinstance(error, AegenError) else repr(error)
        return Row(
            self.reference_set.name,
            self.reference_set.mark,
            line.sampler,
            line.fields,
            line.times,
            self.size(line),
            len(self.seeds),
            **figures,
        )

    def _of_real(self) -> dict[str, Any]:
        n = self.size(REAL)
        return self._compared((z[:n], z[n : 2 * n]) for z in map(self._held_out, self.seeds))

    def _of_model(self, line: Setting) -> dict[str, Any]:
        start = time.perf_counter()
        fields = dict(line.fields)
        if line.times is not None:
            fields["bandwidth"] = line.times * self._bandwidth(line)
        model = samplers.create(line.sampler, **fields).fit(self.reference_set.codes, rng=0)
        fit_seconds = time.perf_counter() - start
        pairs, taken = [], []
        for seed in self.seeds:
            start = time.perf_counter()
            drawn = model.sample(self.draws, rng=seed)
            taken.append(time.perf_counter() - start)
            pairs.append((self._held_out(seed)[: self.draws], drawn))
        times = {"fit_seconds": fit_seconds, "draw_seconds": median(taken)}
        return {**self._compared(pairs), **times, "log_density": self._log_density(model)}

    def _held_out(self, seed: int) -> FloatArray:
        """All held-out codes in an order of this seed's own."""
        order = np.random.default_rng([seed, 2309]).permutation(len(self.reference_set.holdout))
        shuffled: FloatArray = self.reference_set.holdout[order]
        return shuffled

    def _compared(self, pairs: Iterable[tuple[FloatArray, FloatArray]]) -> dict[str, Any]:
        """1-NN accuracy and distance ratio of each pair: held-out codes, and others."""
        accuracy = metrics.create("nearest-neighbour-accuracy")
        ratio = metrics.create("distance-ratio")
        found = [(accuracy(z, x), ratio(z, x, training=self.search)) for z, x in pairs]
        return {"accuracy": [a for a, _ in found], "ratio": [b for _, b in found]}

    def _bandwidth(self, line: Setting) -> float:
        """The bandwidth that the model chooses by itself; chosen once for all its multiples."""
        key = Setting(line.sampler, line.fields).label
        if key not in self._bandwidths:
            model: Any = samplers.create(line.sampler, **line.fields)
            self._bandwidths[key] = float(model.fit(self.reference_set.codes, rng=0).bandwidth_)
        return self._bandwidths[key]

    def _log_density(self, model: Sampler) -> float | None:
        if isinstance(model, DensitySampler):
            with contextlib.suppress(InvalidInput):  # a constant column, margins without density
                return model.score(self._held_out(0)[: self.draws])
        return None


def load_rows(path: Path | str) -> list[Row]:
    """Rows that `measure` wrote to a file.

    Raises:
        StorageError: no such file, or not of this form.
    """
    path = Path(path)
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["format"] != FORMAT:
            raise StorageError(path, f"has format {read['format']}, this aegen reads {FORMAT}")
        rows = []
        for row in read["rows"]:
            density = row["log_density"]
            density = None if density is None else float(density)
            rows.append(Row(**row | {"log_density": density}))
    except OSError as problem:
        raise StorageError(path, f"cannot be read ({problem.strerror})") from problem
    except (ValueError, KeyError, TypeError) as problem:
        fault = "does not hold rows of the fidelity benchmark: name another file"
        raise StorageError(path, fault) from problem
    return rows


def _save_rows(path: Path | str, rows: list[Row]) -> None:
    written = [asdict(row) | {"log_density": _text(row.log_density)} for row in rows]
    text = json.dumps({"format": FORMAT, "rows": written}, indent=1, allow_nan=False)
    write_bytes(Path(path), text.encode() + b"\n")


def _text(density: float | None) -> float | str | None:
    """JSON has no infinity: a density of zero somewhere is written as a word."""
    return density if density is None or math.isfinite(density) else str(density)
