"""Which latent model is true to the data without copying it: `aegen bench fidelity`.

Draws are compared with rows that the model was not fitted to, by both halves of 1-NN accuracy and
by the distance ratio, beside what real rows get against other real ones. These rows are either
left-out training codes, a new split under each seed, or a bundle's held-out codes: an encoder
places rows that it has seen differently, which is no fault of a latent model. Rows of the table
are kept in a file as they are finished, so that a run that was stopped goes on.
``fidelity_table.py`` prints them, ``peers.py`` has other libraries' models and
``unseen_codes.py`` codes that no bundle has.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any, Literal, get_args

import numpy as np

from aegen.benchmarks.peers import PEERS, Drawing
from aegen.benchmarks.unseen_codes import FAR, UNSEEN
from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError, InvalidInput, StorageError, UnknownName
from aegen.core.parameters import check
from aegen.core.storage import write_bytes
from aegen.metrics import NearestNeighbourAccuracy, metrics
from aegen.samplers import DensitySampler, samplers

__all__ = [
    "BUNDLES",
    "SETTINGS",
    "Reference",
    "ReferenceSet",
    "Row",
    "Setting",
    "load_rows",
    "measure",
    "settings",
    "unseen",
]

FORMAT = 2

Reference = Literal["training", "held-out"]
"""Rows that draws are compared with: left-out training codes, or a bundle's held-out ones."""


@dataclass(frozen=True)
class Setting:
    """A latent model and its fields, as one line of the table.

    Args:
        sampler: its name in the family, that of a peer, or "real" for real rows in place of draws.
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

    def fitted(self, codes: FloatArray, **more: Any) -> Drawing:
        """The model or peer, fitted with seed 0; ``more`` are fields beside its own."""
        fields = self.fields | more
        if self.sampler in PEERS:
            return PEERS[self.sampler](codes, **fields)
        return samplers.create(self.sampler, **fields).fit(codes, rng=0)

    def unknown(self) -> str | None:
        """Why this aegen cannot make it, or None."""
        if self.sampler == "real" or self.sampler in PEERS:
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
    Setting("local-gaussian"),
    *(Setting("local-gaussian", {"noise": kind}) for kind in ("gaussian", "differences")),
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
    Setting("scipy-kde"),
    *(Setting("scipy-kde", {"factor": factor}) for factor in (0.15, 0.25, 0.35, 0.5)),
    *(Setting("scikit-learn-kde", {"share": share}) for share in (0.05, 0.1, 0.2, 0.3, 0.4)),
    *(Setting("scikit-learn-mixture", {"components": k}) for k in (5, 10, 20, 50)),
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
        name: of the bundle, or of unseen codes.
        codes: training codes (n, d).
        holdout: codes (m, d) to compare with; None where each seed leaves out training codes.
        mark: hash of the codes, so that rows of other codes are not taken for these.
        far: value of a row that is added to what models are fitted to, or None.
    """

    name: str
    codes: FloatArray
    holdout: FloatArray | None
    mark: str
    far: float | None = None

    @classmethod
    def of(cls, name: str, reference: Reference = "held-out") -> ReferenceSet:
        """Codes by their name: of a bundle, or one of `unseen`.

        Raises:
            AegenError: there are no such codes, or a bundle cannot be read.
            InvalidInput: too few held-out rows, or none, as unseen codes have.
        """
        from aegen.bundles import find, read

        if reference not in get_args(Reference):
            known = ", ".join(get_args(Reference))
            raise InvalidInput(f"no reference {reference!r}: choose one of {known}")
        if name in unseen():
            plain, _, far = name.partition("+")
            if reference == "held-out":
                raise InvalidInput(f"{name} has no held-out codes: compare with training codes")
            codes = UNSEEN[plain]()
            mark = hashlib.sha256(codes.tobytes()).hexdigest()
            return cls(name, codes, None, mark, float(far) if far else None)
        bundle = read(find(name))
        sha256 = bundle.manifest.files["codes.safetensors"].sha256
        if reference == "training":
            return cls(bundle.name, bundle.codes, None, f"{sha256} split")
        if len(bundle.holdout) < 4:
            raise InvalidInput(f"{name} has {len(bundle.holdout)} held-out rows: 4 are needed")
        return cls(bundle.name, bundle.codes, bundle.holdout, sha256)

    def size(self, draws: int, *, real: bool = False) -> int:
        """How many rows are compared with as many: at most a third of those that are split."""
        if self.holdout is None:
            return min(draws, len(self.codes) // 3)
        return min(draws, len(self.holdout) // (2 if real else 1))

    def part(self, seed: int, out: int) -> tuple[FloatArray, FloatArray]:
        """Codes to fit, and ``out`` others in an order of this seed's own."""
        rows = self.codes if self.holdout is None else self.holdout
        order = np.random.default_rng([seed, 2309]).permutation(len(rows))
        codes = self.codes if self.holdout is not None else rows[order[out:]]
        if self.far is not None:
            codes = np.concatenate([codes, np.full((1, codes.shape[1]), self.far)])
        return codes, rows[order[:out]]


def unseen() -> tuple[str, ...]:
    """Names of codes that no bundle has, each also with a far row."""
    return tuple(
        name + (f"+1e{round(math.log10(far))}" if far else "")
        for far in (None, *FAR)
        for name in UNSEEN
    )


@dataclass(frozen=True)
class Row:
    """What was measured for one setting on one bundle.

    Attributes:
        bundle: its name.
        mark: of its codes.
        sampler: name of the latent model, with ``fields`` and ``times`` as in `Setting`.
        draws: how many draws, and as many real rows.
        seeds: how many comparisons.
        real: 1-NN accuracy among real rows under each seed.
        generated: 1-NN accuracy among draws under each seed.
        ratio: distance ratio under each seed.
        log_density: mean log-density of held-out codes in nats, or None where there is none.
        fit_seconds: median time of the fits.
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
    real: list[float]
    generated: list[float]
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
    def halves(self) -> tuple[float, float]:
        """1-NN accuracy among real rows and among draws, means over the seeds."""
        return fmean(self.real), fmean(self.generated)

    @property
    def margins(self) -> tuple[float, float]:
        """Half widths of their 95 % confidence intervals over the seeds (Student's t)."""
        from scipy.stats import t

        if self.seeds < 2:
            return math.nan, math.nan
        width = float(t.ppf(0.975, self.seeds - 1)) / math.sqrt(self.seeds)
        return width * stdev(self.real), width * stdev(self.generated)

    @property
    def worse_half(self) -> float:
        """How far the worse of the halves lies from one half: what rows are ranked by."""
        return max(abs(half - 0.5) for half in self.halves)

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
    only: Sequence[str] = ("*",),
    fresh: bool = False,
    out: Path | str | None = None,
    told: Callable[[Row], None] = lambda row: None,
    starting: Callable[[ReferenceSet, Setting], None] = lambda reference_set, line: None,
) -> list[Row]:
    """Rows of all bundles, one a setting; those that a file has already are taken from there.

    The seeds choose draws and the rows that they are compared with, the same ones for all models.
    A model is fitted with seed 0: once, or once a seed where training codes are left out. Where a
    bundle has fewer held-out rows than twice the draws, real rows are compared in two halves. A
    setting that fails becomes a row that says why, and is tried again by the next run.

    Of ``lines``, by default those of `settings`, only those are measured whose label matches one
    of the patterns ``only``, such as ``kde*``, and, unless ``fresh``, which the JSON file ``out``
    lacks.
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
            matches = any(fnmatch(line.label, pattern) for pattern in only)
            sound = key in done and done[key].problem is None
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
    """What all settings on one set of codes share."""

    def __init__(self, reference_set: ReferenceSet, draws: int, seeds: int) -> None:
        self.reference_set = reference_set
        self.draws = draws
        self.seeds = range(seeds)
        self._bandwidths: dict[str, float] = {}

    def size(self, line: Setting) -> int:
        """How many rows are compared with as many."""
        return self.reference_set.size(self.draws, real=line == REAL)

    def row(self, line: Setting) -> Row:
        """The row of one setting."""
        figures: dict[str, Any] = {"real": [], "generated": [], "ratio": [], "log_density": None}
        figures |= {"fit_seconds": 0.0, "draw_seconds": 0.0}
        try:
            figures |= self._measured(line)
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

    def _measured(self, line: Setting) -> dict[str, Any]:
        n, halves, ratio = (
            self.size(line),
            NearestNeighbourAccuracy(),
            metrics.get("distance-ratio"),
        )
        found: list[tuple[float, float, float]] = []
        fits, taken, densities = [], [0.0], []
        model: Any = None
        for seed in self.seeds:
            codes, others = self.reference_set.part(seed, 2 * n if line == REAL else n)
            if line == REAL:
                drawn = others[n:]
            else:
                if model is None or self.reference_set.holdout is None:
                    start = time.perf_counter()
                    own = self._bandwidth(line, codes, seed)
                    model = line.fitted(codes, **own)
                    fits.append(time.perf_counter() - start)
                start = time.perf_counter()
                drawn = model.sample(n, rng=seed)
                taken.append(time.perf_counter() - start)
                densities += _log_density(model, others)
            parts = halves.parts(others[:n], drawn)
            found.append((*parts, ratio()(others[:n], drawn, training=codes)))
        real, made, ratios = (list(column) for column in zip(*found, strict=True))
        return {
            "real": real,
            "generated": made,
            "ratio": ratios,
            "fit_seconds": median(fits or [0.0]),
            "draw_seconds": median(taken[1:] or taken),
            "log_density": fmean(densities) if densities else None,
        }

    def _bandwidth(self, line: Setting, codes: FloatArray, seed: int) -> dict[str, float]:
        """A multiple of what the model chooses by itself, chosen once for all multiples."""
        if line.times is None:
            return {}
        key = f"{Setting(line.sampler, line.fields).label} {seed}"
        if key not in self._bandwidths:
            model: Any = Setting(line.sampler, line.fields).fitted(codes)
            self._bandwidths[key] = float(model.bandwidth_)
        return {"bandwidth": line.times * self._bandwidths[key]}


def _log_density(model: Any, others: FloatArray) -> list[float]:
    """The mean log-density of rows; nothing where there is none."""
    if isinstance(model, DensitySampler):
        with contextlib.suppress(InvalidInput):  # a constant column, margins without density
            return [model.score(others)]
    return []


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
