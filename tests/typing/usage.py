"""How aegen is used, as type checkers see it; ``tests/test_typing.py`` has mypy read it."""

from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import aegen
from aegen.bundles.generation import Draw, Model
from aegen.data import MNIST, ImageSet, datasets
from aegen.metrics import FrechetDistance, Metric, NearestNeighbourAccuracyGenerated, metrics
from aegen.projections import PCA, UMAP, Projection, projections
from aegen.samplers import KDE, EmpiricalBetaCopula, Sampler, load, samplers

Floats = NDArray[np.float64]

codes = np.random.default_rng(0).normal(size=(200, 3))

# A latent model: fit gives itself back, draws and densities are arrays of numbers.
kde = KDE(bandwidth=0.2).fit(codes)
assert_type(kde, KDE)
assert_type(kde.sample(4, rng=0), Floats)
assert_type(kde.score_samples(codes), Floats)
assert_type(kde.condition({0: 1.5}), Sampler)

copula = EmpiricalBetaCopula(degree=20, margins="gaussian").fit(codes, rng=0)
drawn, rows = copula.sample_rows(4, rng=0)
assert_type(drawn, Floats)
assert_type(rows, NDArray[np.int64])

# By name, as commands and the app have them.
assert_type(samplers.create("kde"), Sampler)
assert_type(load("model.safetensors"), Sampler)
assert_type(metrics.get("density"), type[Metric])
assert_type(projections.create("pca"), Projection)
assert_type(datasets.create("mnist").load(), ImageSet)
assert_type(MNIST().load("folder"), ImageSet)

# Metrics and projections.
assert_type(FrechetDistance()(codes, drawn), float)
assert_type(NearestNeighbourAccuracyGenerated().measured(codes, drawn).error, float | None)
assert_type(UMAP(neighbours=10).fit(codes, rng=0).coordinates_, Floats)
assert_type(PCA().fit(codes).transform(codes), Floats)

# A bundle: three lines to images.
model = aegen.load("mnist").model("empirical-beta-copula", degree=50)
assert_type(model, Model)
assert_type(model.sample(16, rng=0), Draw)
assert_type(aegen.samplers.KDE(), KDE)
