"""What the pages ask for: bundles, fitted models, draws; the only caches of the app.

Arguments are small and hashable (names, a frozen `Spec`, numbers), so two people who look at the
same thing share it and two who look at different things never meet. Nothing here draws a widget;
library errors pass through to `aegen.app.frame`, which shows them.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aegen.app.selection import Area, Having, Selection
from aegen.core.arrays import BoolArray, ByteArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from aegen.app.leanings import Leaning
    from aegen.core.fields import Parameter
    from aegen.directions import Directions
    from aegen.generation import Copying, Draw, GenerativeBundle, Model

__all__ = [
    "Labels",
    "Quality",
    "Spec",
    "axes_of",
    "bundle",
    "bundles",
    "classify",
    "by_rows",
    "coordinates",
    "decode",
    "density",
    "directions",
    "draw",
    "encode",
    "fields_of",
    "first_bundle",
    "first_page_sent",
    "kept_rows",
    "labels",
    "leanings",
    "members",
    "model",
    "nearest",
    "overlaid",
    "project",
    "quality",
    "rows_of",
    "sample_of",
    "samplers",
    "shade",
    "sheet",
    "strategy",
    "summary_of",
    "title_of",
    "warm_up",
]

FIT_SEED = 0
"""Fits that start at random start from here, so a link gives the same model."""

FEW = 512
"""Draws, and held-out rows, that a model's quality figures are measured on."""


@dataclass(frozen=True)
class Spec:
    """A latent model as chosen: of which bundle, which one, with which fields, from which rows."""

    bundle: str
    sampler: str
    fields: tuple[tuple[str, Any], ...] = ()
    within: Selection | None = None


@dataclass(frozen=True)
class Labels:
    """A colouring of all rows: codes of categories, or numbers on a scale."""

    values: NDArray[np.generic]
    categories: tuple[str, ...] | None
    title: str


@dataclass(frozen=True)
class Quality:
    """How a fitted model does, measured once on ``n`` draws of its own.

    Log-densities are medians in nats, None where the model has no density.
    """

    copying: Copying | None
    own_density: float | None
    holdout_density: float | None
    n: int


# bundles


def bundles() -> list[str]:
    """Names of the bundles there are."""
    from aegen.bundles import bundles

    return bundles()


def first_bundle() -> str:
    """The bundle that opens where none is asked for: digits, as everyone knows them."""
    names = bundles()
    return "mnist" if "mnist" in names else names[0]


@st.cache_resource(max_entries=12, show_spinner=False)
def bundle(name: str) -> GenerativeBundle:
    """The bundle of this name, opened once for everyone."""
    from aegen.generation import load

    if not name:
        raise UnknownName("bundle", name, bundles())
    return load(name)


@st.cache_resource(max_entries=24, show_spinner=False)
def coordinates(name: str, projection: str) -> FloatArray:
    """Where the training rows lie: in a projection, or on two latent axes ("axes-0-3")."""
    opened = bundle(name)
    axes = axes_of(projection)
    if axes is None:
        return opened.projection(projection)
    if max(axes) >= opened.latent_dim:
        raise InvalidInput(
            f"{opened.title} has latent axes 1 to {opened.latent_dim}, got {max(axes) + 1}"
        )
    chosen: FloatArray = np.ascontiguousarray(opened.codes[:, list(axes)])
    return chosen


def project(name: str, projection: str, z: FloatArray) -> FloatArray:
    """Where codes ``z`` lie in the same picture as `coordinates`."""
    axes = axes_of(projection)
    return bundle(name).project(projection, z) if axes is None else z[:, list(axes)]


def axes_of(projection: str) -> tuple[int, int] | None:
    """The two coordinates that "axes-0-3" names."""
    if not projection.startswith("axes-"):
        return None
    try:
        first, second = (int(part) for part in projection.split("-")[1:])
    except ValueError:
        raise UnknownName("projection", projection, ["pca", "umap", "axes-0-1"]) from None
    return first, second


@st.cache_resource(max_entries=24, show_spinner=False)
def labels(name: str, colour: str, projection: str) -> Labels | None:
    """The colouring of all rows by an attribute or by density; None for plain."""
    if colour == "plain":
        return None
    if colour == "density":
        return Labels(density(name, projection), None, "density")
    column = _column(name, colour)
    if hasattr(column, "cat"):
        categories = tuple(str(value) for value in column.cat.categories)
        return Labels(column.cat.codes.to_numpy(), categories, colour)
    if column.dtype == bool:
        return Labels(column.to_numpy().astype(np.uint8), ("no", "yes"), colour)
    return Labels(column.to_numpy(np.float64), None, colour)


@st.cache_resource(max_entries=12, show_spinner=False)
def density(name: str, projection: str) -> FloatArray:
    """How crowded it is around each row in the picture, 1 at most."""
    from aegen.figures import row_density

    return row_density(coordinates(name, projection))


@st.cache_resource(max_entries=12, show_spinner=False)
def shade(name: str, projection: str) -> Any:
    """All rows as the quiet background of a small map."""
    from aegen.figures.small_map import shade

    return shade(coordinates(name, projection))


@st.cache_resource(max_entries=6, show_spinner=False)
def _attributes(name: str) -> pd.DataFrame:
    return bundle(name).attributes


def _column(name: str, attribute: str) -> pd.Series[Any]:
    table = _attributes(name)
    if attribute not in table:
        raise UnknownName("attribute", attribute, [str(column) for column in table])
    column: pd.Series[Any] = table[attribute]
    return column


def sample_of(name: str, row: int) -> dict[str, str]:
    """The attributes of a training row in words."""
    if not 0 <= row < bundle(name).manifest.rows:
        raise InvalidInput(
            f"{bundle(name).title} has rows 0 to {bundle(name).manifest.rows - 1}, got {row}"
        )
    return {str(key): str(value) for key, value in _attributes(name).iloc[row].items()}


# rows


@st.cache_resource(max_entries=16, show_spinner=False)
def rows_of(name: str, selection: Selection) -> IntArray:
    """The training rows that a selection means, in order."""
    found: BoolArray
    if isinstance(selection, Area):
        from aegen.core.polygons import inside

        found = inside(coordinates(name, selection.projection), selection.polygon)
    else:
        found = _having(name, selection)
    rows: IntArray = np.flatnonzero(found)
    return rows


def _having(name: str, selection: Having) -> BoolArray:
    column = _column(name, selection.attribute)
    known = [str(value) for value in column.unique()]
    if selection.value not in known:
        raise UnknownName(f"value of {selection.attribute}", selection.value, sorted(known))
    found: BoolArray = (column.astype(str) == selection.value).to_numpy()
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def members(
    name: str, selection: Selection, attribute: str
) -> list[tuple[str, float, float, str]]:
    """What a selection is made of: (value, share in it, share in all, colour), largest first.

    Numbers are grouped into five equally frequent ranges.
    """
    from aegen.figures import category_colours

    column = _column(name, attribute)
    if not hasattr(column, "cat"):
        column = _ranges(column)
    codes = column.cat.codes.to_numpy().astype(np.int64)
    names = [str(value) for value in column.cat.categories]
    colours = category_colours(len(names))
    part = _counts(codes[rows_of(name, selection)], len(names))
    everything = _counts(codes, len(names))
    whole = everything / max(1, everything.sum())
    shares = part / max(1, part.sum())
    order = np.argsort(-shares, kind="stable")
    return [(names[k], float(shares[k]), float(whole[k]), colours[k]) for k in order]


def _counts(codes: IntArray, kinds: int) -> IntArray:
    """How many rows have each value; a code below 0 stands for none."""
    counts: IntArray = np.bincount(codes[codes >= 0], minlength=kinds)
    return counts


def _ranges(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    if column.dtype == bool:
        return column.map({False: "no", True: "yes"}).astype("category")
    if column.nunique() < 2:  # one number has no ranges
        return column.astype("category")
    return pd.qcut(column, 5, duplicates="drop").astype("category")


@st.cache_data(max_entries=16, show_spinner=False)
def kept_rows(name: str, selection: Selection) -> bytes:
    """A selection as CSV: row, its id in the data set, its attributes.

    An attribute that is itself named "row" or "id" becomes "attribute row" or "attribute id".
    """
    rows = rows_of(name, selection)
    taken = {own: f"attribute {own}" for own in ("row", "id")}
    table = _attributes(name).iloc[rows].rename(columns=taken)
    table.insert(0, "id", bundle(name).rows[rows])
    table.insert(0, "row", rows)
    content: bytes = table.to_csv(index=False).encode()
    return content


# pictures


@st.cache_data(max_entries=64, show_spinner=False)
def sheet(name: str, rows: tuple[int, ...]) -> ByteArray:
    """Training rows as their codes decode, uint8 (k, h, w, c)."""
    from aegen.core.pictures import quantize

    opened = bundle(name)
    return quantize(_decode(opened, opened.codes[list(rows)]))


def _decode(opened: GenerativeBundle, z: FloatArray) -> NDArray[np.float32]:
    _one_thread()
    return opened.decode(z)


def _one_thread() -> None:
    """Two threads on two busy cores were measured far slower than one."""
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


# directions


@st.cache_resource(max_entries=12, show_spinner=False)
def directions(name: str, kind: str) -> Directions:
    """Directions of a bundle's codes: "principal" ones, or latent "axes"."""
    from aegen.directions import latent_axes, principal_directions

    kinds = {"principal": principal_directions, "axes": latent_axes}
    if kind not in kinds:
        raise UnknownName("kind of direction", kind, list(kinds))
    return kinds[kind](bundle(name).codes)


@st.cache_resource(max_entries=12, show_spinner=False)
def leanings(name: str, kind: str) -> tuple[Leaning | None, ...]:
    """Which attribute changes most along each direction; None where none does."""
    from aegen.app.leanings import leanings

    return leanings(directions(name, kind).positions(bundle(name).codes), _attributes(name))


def decode(name: str, z: FloatArray) -> NDArray[np.float32]:
    """Images of codes, float32 (n, h, w, c)."""
    return _decode(bundle(name), z)


def classify(name: str, x: NDArray[np.float32]) -> dict[str, FloatArray]:
    """Probability of each value of each attribute of images; empty without a classifier."""
    opened = bundle(name)
    if opened.manifest.classifier is None:
        return {}
    _one_thread()
    return opened.classify(x)


def encode(name: str, x: ByteArray) -> FloatArray:
    """Codes of images, float64 (n, d)."""
    _one_thread()
    return bundle(name).encode(x)


# latent models


def samplers() -> list[str]:
    """Names of the latent models there are."""
    from aegen.samplers import samplers

    return samplers.names()


def title_of(sampler: str) -> str:
    """A latent model's name as people see it."""
    from aegen.samplers import samplers

    return samplers.get(sampler).title


def summary_of(sampler: str) -> str:
    """One sentence on what a latent model assumes."""
    from aegen.samplers import samplers

    return samplers.get(sampler).summary


def fields_of(sampler: str) -> tuple[Parameter, ...]:
    """A latent model's tunable fields."""
    from aegen.core.fields import parameters
    from aegen.samplers import samplers

    return parameters(samplers.get(sampler))


@st.cache_resource(max_entries=10, show_spinner=False)
def _fitted(spec: Spec) -> Model:
    rows = None if spec.within is None else rows_of(spec.bundle, spec.within)
    return bundle(spec.bundle).model(spec.sampler, rng=FIT_SEED, rows=rows, **dict(spec.fields))


def model(spec: Spec) -> Model:
    """The fitted latent model; a `RowSampler` is fitted to all rows in any case."""
    return _fitted(replace(spec, within=None) if by_rows(spec) else spec)


def strategy(spec: Spec) -> str:
    """How draws keep to the rows asked for, in a sentence; "" where all rows count."""
    if spec.within is None:
        return ""
    n = len(rows_of(spec.bundle, spec.within))
    how = (
        "every draw starts from one of them, no refit"
        if by_rows(spec)
        else "the model is fitted to them alone"
    )
    return f"Only from {n:,} rows ({spec.within.words()}): {how}."


def by_rows(spec: Spec) -> bool:
    """Whether draws keep to the rows asked for by starting from them."""
    if spec.within is None:
        return False
    from aegen.samplers import RowSampler, samplers

    return issubclass(samplers.get(spec.sampler), RowSampler)


@st.cache_resource(max_entries=12, show_spinner=False)
def draw(spec: Spec, n: int, seed: int) -> Draw:
    """``n`` new images."""
    _one_thread()
    fitted = model(spec)
    if spec.within is None or not by_rows(spec):
        return fitted.sample(n, rng=seed)
    from aegen.generation import Draw

    started = time.perf_counter()
    codes, rows = _weighted(spec, n, seed)
    drawn = time.perf_counter()
    images = fitted.bundle.decode(codes)
    return Draw(images, codes, rows, drawn - started, time.perf_counter() - drawn)


def _weighted(spec: Spec, n: int, seed: int) -> tuple[FloatArray, IntArray]:
    """Codes that start from the rows asked for, by a model of all rows."""
    assert spec.within is not None
    rows = rows_of(spec.bundle, spec.within)
    if not len(rows):
        raise InvalidInput("the selection holds no rows: draw around some points")
    weights = np.zeros(bundle(spec.bundle).manifest.rows)
    weights[rows] = 1
    sampler: Any = model(spec).sampler
    codes, started = sampler.sample_rows(n, weights=weights, rng=seed)
    return codes, started


def _codes(spec: Spec, n: int, seed: int) -> FloatArray:
    """Codes without images, for figures and maps."""
    if by_rows(spec):
        return _weighted(spec, n, seed)[0]
    return model(spec).sampler.sample(n, rng=seed)


@st.cache_resource(max_entries=24, show_spinner=False)
def overlaid(spec: Spec, n: int, seed: int, projection: str) -> FloatArray:
    """Where ``n`` draws lie in a projection."""
    return project(spec.bundle, projection, _codes(spec, n, seed))


def nearest(name: str, codes: FloatArray) -> tuple[IntArray, FloatArray]:
    """The nearest training row of each code, and its distance."""
    return bundle(name).nearest(codes)


@st.cache_resource(max_entries=24, show_spinner=False)
def quality(spec: Spec) -> Quality:
    """How a fitted model does; measured once, so a new seed does not wait for it."""
    from aegen.samplers import DensitySampler

    opened, sampler = bundle(spec.bundle), model(spec).sampler
    codes = _codes(spec, FEW, FIT_SEED)
    held_out = opened.holdout[:: max(1, len(opened.holdout) // FEW)][:FEW]
    dense = sampler if isinstance(sampler, DensitySampler) and spec.within is None else None
    return Quality(
        opened.copying(codes) if len(opened.holdout) else None,
        _median(dense, codes[:64]),
        _median(dense, held_out[:64]),
        FEW,
    )


def _median(sampler: Any, codes: FloatArray) -> float | None:
    if sampler is None or not len(codes):
        return None
    return float(np.median(sampler.score_samples(codes)))


# before it is needed

_started = threading.Event()


def first_page_sent() -> bool:
    """Whether some page of this process has been delivered."""
    return _started.is_set()


def warm_up(delay: float = 1.5) -> None:
    """Load torch, decode one image and fit the first model in the background, once a process.

    Called when a page has been sent; the delay leaves the processor to the browser's first paint.
    """
    if _started.is_set():
        return
    _started.set()
    if "pytest" in sys.modules:  # a test decides itself what is loaded
        return
    threading.Thread(target=_warm_up, args=(delay,), name="aegen-warm-up", daemon=True).start()


def _warm_up(delay: float) -> None:
    time.sleep(delay)
    try:
        name = first_bundle()
        opened = bundle(name)
        _decode(opened, opened.codes[:1])
        opened.nearest(opened.codes[:1])
        draw(Spec(name, "empirical-beta-copula"), 1, 0)
    except Exception:  # a page that needs the same thing shows what is wrong with it
        return
