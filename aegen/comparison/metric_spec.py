"""A metric spec: a metric, its fields, and the space of its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aegen.core.errors import InvalidInput, UnknownName
from aegen.metrics import metrics

if TYPE_CHECKING:
    from aegen.metrics import Metric

__all__ = [
    "LEFT_OUT",
    "PRESETS",
    "RANKING",
    "RATIO",
    "WORSE_HALF",
    "MetricSpec",
    "metric_specs",
]


INCEPTION = "inception"
"""The space of features that a network trained on ImageNet sees; its weights must be fetched."""

LEFT_OUT = "left-out"
"""The space of codes again, with another reference: training codes that were left out of the fit,
in place of held-out ones. The encoder has seen both, so what is off here is the latent model's."""


@dataclass(frozen=True)
class MetricSpec:
    """A metric by its name in one of `aegen.metrics.base.SPACES`, "inception" or "left-out".

    ``fields`` are those that differ from the defaults.

    Example:
        >>> MetricSpec("features", "frechet-distance").key
        'features/frechet-distance'
    """

    space: str
    metric: str
    fields: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def parse(cls, key: str) -> MetricSpec:
        """The metric spec of a key.

        Raises:
            UnknownName: no such metric, field or space.
            InvalidInput: a space in which the metric means nothing, or a field out of range.
        """
        space, slash, rest = key.strip().partition("/")
        if not slash:
            raise InvalidInput(
                f"a metric is written space/metric, such as features/frechet-distance, got {key!r}"
            )
        name, *settings = rest.split(":")
        spaces = _spaces(metrics.get(name))
        if space not in spaces:
            raise UnknownName(f"space of {name}", space, spaces)
        known = {parameter.name: parameter for parameter in metrics.parameters(name)}
        fields = []
        for setting in settings:
            field, _, value = setting.partition("=")
            if field not in known:
                raise UnknownName(f"field of {name}", field, known)
            fields.append((field, known[field].parse(value, name)))
        return cls(space, name, tuple(fields))

    @property
    def key(self) -> str:
        """What it is known by in files and on the command line."""
        fields = "".join(f":{name}={value}" for name, value in self.fields)
        return f"{self.space}/{self.metric}{fields}"

    @property
    def title(self) -> str:
        """The metric's name for people, with its fields, and where it looks if that is open."""
        kind = metrics.get(self.metric)
        fields = ", ".join(f"{name} {value}" for name, value in self.fields)
        name = f"{kind.title} ({fields})" if fields else kind.title
        where = NAMES.get(self.space, self.space)
        return f"{name} in {where}" if len(_spaces(kind)) > 1 else name

    def make(self) -> Metric:
        """The metric."""
        return metrics.create(self.metric, **dict(self.fields))

    def details(self) -> tuple[MetricSpec, ...]:
        """What is measured with it and shown in its cell."""
        return tuple(replace(self, metric=name) for name in metrics.get(self.metric).details)


NAMES = {INCEPTION: "Inception features", LEFT_OUT: "left-out codes"}
"""Of spaces, for people."""


def _spaces(metric: type[Metric]) -> tuple[str, ...]:
    """Where a metric can look: what suits the bundle's own features suits Inception's too."""
    more = {"features": INCEPTION, "codes": LEFT_OUT}
    return metric.spaces + tuple(more[space] for space in more if space in metric.spaces)


def _in(space: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{space}/{name}" for name in names)


NEAREST, WORSE_HALF = "nearest-neighbour-accuracy", "nearest-neighbour-worse-half"

DISTANCES = ("earth-movers-distance", "sliced-wasserstein", "maximum-mean-discrepancy")

COPYING = ("distance-ratio", "authenticity", "parent-share")

RANKING = tuple(f"{space}/{WORSE_HALF}" for space in (LEFT_OUT, "codes", "features"))
"""What latent models are ranked by: the first of these that all of them have."""

RATIO = MetricSpec("codes", "distance-ratio")
"""What tells copies from new draws: it is in every comparison."""

PAPER = ("earth-movers-distance", "paper-mmd", NEAREST)

PRESETS: dict[str, tuple[str, ...]] = {
    "quick": (
        *RANKING,
        *_in("features", "frechet-distance", "precision", "recall"),
        *_in("attributes", "attribute-distance"),
        *_in("codes", "sliced-wasserstein"),
        *_in("densities", "log-likelihood"),
        *_in("codes", *COPYING),
    ),
    "full": (
        *RANKING,
        *_in("features", "classifier-two-sample-test"),
        *_in("features", "frechet-distance", "kernel-distance", "maximum-mean-discrepancy"),
        *_in("features", "earth-movers-distance"),
        *_in("features", "precision", "recall", "density", "coverage"),
        *_in("attributes", "attribute-distance"),
        *_in("pixels", *DISTANCES, WORSE_HALF),
        *_in("codes", *DISTANCES, "classifier-two-sample-test"),
        *_in("densities", "log-likelihood"),
        *_in("codes", *COPYING),
        *_in(LEFT_OUT, "distance-ratio"),
    ),
    "paper": (
        *_in("pixels", *PAPER),
        *_in("features", *PAPER),
        *_in("codes", *PAPER),
        *_in("attributes", "paper-inception-score", "paper-frechet"),
    ),
}
"""Sets of metric specs by name, in the order of a table; `preset` has new metrics too."""


def preset(name: str) -> tuple[str, ...]:
    """The keys of a set of `PRESETS`, and behind them the metrics that no set names.

    Such a metric, one file added to ``aegen/metrics``, is in "quick" where it first can look and
    in "full" wherever it can.
    """
    named = {key.rpartition("/")[2] for keys in PRESETS.values() for key in keys}
    named |= {detail for other in named for detail in metrics.get(other).details}
    new = [(other, metrics.get(other).spaces) for other in metrics if other not in named]
    most = {"quick": 1, "full": None}.get(name, 0)
    return PRESETS[name] + tuple(f"{s}/{other}" for other, spaces in new for s in spaces[:most])


def metric_specs(asked: Iterable[str]) -> tuple[MetricSpec, ...]:
    """Metric specs from names of `PRESETS` and keys, each text one or several separated by commas.

    The distance ratio is added where it is not among them: copies look good by all others.

    Raises:
        UnknownName, InvalidInput: as `MetricSpec.parse`; also for none at all.

    Example:
        >>> [spec.key for spec in metric_specs(["codes/distance-ratio"])]
        ['codes/distance-ratio']
    """
    found: dict[str, MetricSpec] = {}
    for text in asked:
        for part in filter(None, (part.strip() for part in text.split(","))):
            for key in preset(part) if part in PRESETS else (part,):
                if "/" not in key:
                    raise UnknownName("set of metrics", key, [*PRESETS, "space/metric"])
                metric_spec = MetricSpec.parse(key)
                found[metric_spec.key] = metric_spec
    if not found:
        raise InvalidInput(f"name at least one metric, or a set of them: {', '.join(PRESETS)}")
    found.setdefault(RATIO.key, RATIO)
    return tuple(found.values())
