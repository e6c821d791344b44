"""Do targeted draws show what was wanted, and all of it? `aegen bench target` prints the figures.

Every figure stands beside what it must be compared with: single values beside the recall of plain
draws, unseen combinations beside the share of plain draws that have them, and the share found
beside the share before any draw was turned away, because what the classifier chose passes it by
construction. As a second classifier, which chose nothing, a probe on the codes of the pictures,
encoded again, names the value.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from aegen.benchmarks.console import console, table
from aegen.benchmarks.edits import edits_table
from aegen.bundles import Bundle, read
from aegen.bundles.generation import Model
from aegen.core.arrays import FloatArray
from aegen.core.errors import UnknownName
from aegen.metrics import metrics
from aegen.targeting import And, AttributeEquals, Candidates, Target, Targeted, draw, region, share
from aegen.targeting.attribute_models import AttributeModels

__all__ = [
    "BUNDLES",
    "TABLES",
    "Line",
    "combinations",
    "lassos",
    "lines_table",
    "measure",
    "report",
    "singles",
]

BUNDLES = ("sprites", "mnist", "fashion-mnist")

MODELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("empirical-beta-copula", {"degree": 50}),
    ("kde", {}),
    ("gaussian-mixture", {}),
)
FLOW: tuple[str, dict[str, Any]] = ("flow-matching", {})

PASSING = ("frame",)
"""Attributes that nobody asks for: the frame of an animation."""

TABLES = ("single", "several", "unseen", "regions", "edits")

REAL = 1000
"""Most held-out rows that recall is measured on."""


@dataclass(frozen=True)
class Line:
    """What was measured for one target.

    Attributes:
        model: name of the latent model.
        target: text of the target.
        strategy: how candidates were found.
        found: share of all requested draws in which the classifier finds it.
        passed: the same share of the candidates, before any was turned away.
        again: the same by a probe on the codes of the pictures, encoded again.
        recall: share of real images of the target that lie among the draws, or nan.
        usual: recall of plain draws on all real images, or nan.
        probability: share of plain draws that fulfil the target, or nan.
        seconds: time for the draws.
    """

    model: str
    target: str
    strategy: str
    found: float
    passed: float
    again: float
    recall: float
    usual: float
    probability: float
    seconds: float


def report(
    bundles: Sequence[str] = BUNDLES,
    *,
    draws: int = 256,
    flow: bool = True,
    only: Sequence[str] = TABLES,
    every: bool = False,
) -> None:
    """Measure and print the tables ``only``, with ``draws`` for each target.

    ``flow`` has a flow among the latent models, whose fit takes minutes; ``every`` has a line for
    each target, else there is one for each attribute, with mean and least.

    Raises:
        UnknownName: no such bundle or table.
    """
    for name in only:
        if name not in TABLES:
            raise UnknownName("table", name, TABLES)
    shown = console()
    for name in bundles:
        bundle = read(name)
        if "regions" in only:
            shown.print(_region_table(bundle))
        if "edits" in only:
            known = AttributeModels.of(bundle).classified
            shown.print(edits_table(bundle, tuple(name for name in PASSING if name in known)))
        if not {"single", "several", "unseen"} & set(only):
            continue
        for sampler, fields in [*MODELS, *([FLOW] if flow else [])]:
            model = bundle.model(sampler, rng=0, **fields)
            for title, targets in _groups(bundle, only):
                lines = list(measure(model, targets, draws, alone=title == "single values"))
                if lines:
                    label = f"{bundle.name}: {title}, {sampler} (fit {model.fit_seconds:.1f} s)"
                    shown.print(lines_table(label, lines, every))


def _groups(bundle: Bundle, only: Sequence[str]) -> Iterator[tuple[str, list[Target]]]:
    if "single" in only:
        yield "single values", singles(bundle)
    if "several" in only:
        yield "two values", combinations(bundle, 2, 10)
        yield "three values", combinations(bundle, 3, 10)
    if "unseen" in only:
        yield "combinations that no row has", combinations(bundle, 3, 10, unseen=True)


def singles(bundle: Bundle) -> list[Target]:
    """Every value of every attribute that the classifier knows, but the frame."""
    known = AttributeModels.of(bundle)
    return [
        AttributeEquals(name, value)
        for name in known.classified
        if name not in PASSING
        for value in known.labels(name).values
    ]


def combinations(
    bundle: Bundle, together: int, most: int, *, unseen: bool = False
) -> list[Target]:
    """Values of ``together`` attributes that rows have, at most ``most`` spread evenly over them.

    With ``unseen``, those that held-out rows have and no training row has.
    """
    train, out = bundle.attributes.astype(str), bundle.holdout_attributes.astype(str)
    names = [name for name in AttributeModels.of(bundle).classified if name not in PASSING]
    found = []
    for chosen in itertools.combinations(names, together):
        rows = set(train[list(chosen)].itertuples(index=False, name=None))
        if unseen:
            rows = set(out[list(chosen)].itertuples(index=False, name=None)) - rows
        for values in sorted(rows):
            found.append(And.of(*map(AttributeEquals, chosen, values)))
    count = min(most, len(found))
    return [found[k * len(found) // count] for k in range(count)]


def measure(
    model: Model, targets: Sequence[Target], draws: int, *, alone: bool = False
) -> Iterator[Line]:
    """A line for each target; ``alone``: with recall, which needs some real images of each."""
    if not targets:
        return
    bundle = model.bundle
    plain = Candidates(bundle, model.sampler.sample(max(draws, 1000), rng=1))
    usual = float("nan")
    if alone:
        usual = _recall(bundle, bundle.holdout, plain.take(np.arange(draws)))
    for target in targets:
        made = draw(model, target, draws, rng=0)
        recall = float("nan")
        if alone:
            recall = _recall(bundle, bundle.holdout[_holding(bundle, target)], made.candidates)
        probability = float(target.accept(plain).mean())
        yield Line(
            model.name,
            str(target),
            made.strategy,
            share(bundle, target, made.codes) * len(made) / draws,
            made.accepted / max(made.tested, 1),
            _again(bundle, target, made),
            recall,
            usual,
            probability,
            made.seconds,
        )


def _values(target: Target) -> list[AttributeEquals]:
    parts = target.parts if isinstance(target, And) else (target,)
    return [part for part in parts if isinstance(part, AttributeEquals)]


def _holding(bundle: Bundle, target: Target) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Held-out rows that have the target's values."""
    frame = bundle.holdout_attributes.astype(str)
    values = {part.attribute: part.value for part in _values(target)}
    return np.flatnonzero((frame[list(values)] == pd.Series(values)).all(axis=1))


def _recall(bundle: Bundle, real: FloatArray, made: Candidates) -> float:
    """Share of real codes, as decoded, that lie among draws in the classifier's features."""
    if len(real) == 0 or len(made) < 10:
        return float("nan")
    chosen = np.unique(np.linspace(0, len(real) - 1, REAL).astype(np.int64))
    seen = bundle.features(bundle.decode(real[chosen]))
    return metrics.create("recall")(seen, bundle.features(made.images))


def _again(bundle: Bundle, target: Target, made: Targeted) -> float:
    """Share of draws whose pictures, encoded again, have the values as a probe sees them."""
    if len(made) == 0:
        return 0.0
    known = AttributeModels.of(bundle)
    codes = bundle.encode(made.images)
    holds = np.ones(len(codes), dtype=np.bool_)
    for part in _values(target):
        found = known.probe(part.attribute).probabilities(codes).argmax(axis=1)
        holds &= found == known.value(part.attribute, part.value)
    return float(holds.mean())


# regions


def lassos(bundle: Bundle, projection: str) -> Iterator[tuple[str, Target]]:
    """A convex and a concave outline around a twentieth of the rows, at three places each."""
    place = bundle.projection(projection)
    for row in (0, len(place) // 3, 2 * len(place) // 3):
        centre = place[row]
        away = np.linalg.norm(place - centre, axis=1)
        radius = float(np.quantile(away, 0.05))
        round_about = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        circle = centre + radius * np.column_stack([np.cos(round_about), np.sin(round_about)])
        yield "convex", region(projection, circle.tolist())
        turn = np.linspace(0, 1.5 * np.pi, 24)
        arc = np.column_stack([np.cos(turn), np.sin(turn)])
        sickle = np.concatenate([centre + 1.4 * radius * arc, centre + 0.5 * radius * arc[::-1]])
        yield "concave", region(projection, sickle.tolist())


def _region_table(bundle: Bundle) -> Table:
    heads = ("projection", "outline", "rows inside", "draws inside", "passed", "seconds")
    title = f"{bundle.name}: 64 images inside lassos, empirical-beta-copula"
    found = table(*heads, title=title, texts=2)
    model = bundle.model("empirical-beta-copula", degree=50)
    for projection in bundle.manifest.projections:
        targets = list(lassos(bundle, projection))
        draw(model, targets[0][1], 64, rng=0).images  # noqa: B018 - loads what is kept
        for outline, target in targets:
            start = time.perf_counter()
            made = draw(model, target, 64, rng=0)
            count = len(made.images)
            seconds = time.perf_counter() - start
            inside = share(bundle, target, made.codes) * count / 64
            rows = f"{target.weights(bundle).sum():,.0f}"
            passed = f"{made.accepted / max(made.tested, 1):.0%}"
            found.add_row(projection, outline, rows, f"{inside:.1%}", passed, f"{seconds:.2f}")
    return found


# tables


HEADS = (
    "target",
    "strategy",
    "found",
    "least",
    "passed",
    "again",
    "recall / plain",
    "plain draws",
    "s",
)


def lines_table(title: str, lines: Sequence[Line], every: bool) -> Table:
    """A line for each target, or for each attribute with several values all together."""
    found = table(*HEADS, title=title, texts=2)
    frame = pd.DataFrame(map(asdict, lines))
    attribute = frame["target"].str.partition("=")[0]
    several = frame["target"].str.contains(" and ")
    groups = frame.groupby(
        frame["target"] if every else attribute.mask(several, "all"), sort=False
    )
    for name, some in groups:
        found.add_row(*_cells(str(name), some))
    if len(groups) > 1:
        found.add_section()
        found.add_row(*_cells("all", frame))
    return found


def _cells(name: str, lines: pd.DataFrame) -> list[str]:
    mean = lines.mean(numeric_only=True)
    ratios = (lines["recall"] / lines["usual"])[lines["usual"] > 0]
    return [
        name,
        "/".join(sorted(set(lines["strategy"]))),
        f"{mean['found']:.1%}",
        f"{lines['found'].min():.1%}",
        f"{mean['passed']:.1%}",
        f"{mean['again']:.1%}",
        f"{ratios.mean():.2f}, least {ratios.min():.2f}" if len(ratios) else "",
        f"{mean['probability']:.1%}",
        f"{mean['seconds']:.2f}",
    ]
