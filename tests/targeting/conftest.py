"""A bundle without networks: pictures are codes, and the classifier knows the truth."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from aegen.bundles.manifest import Attribute

CENTRES = {"red": -3.0, "blue": 3.0, "round": -3.0, "square": 3.0, "none": 0.0}
SLOPE = 4.0


class Clusters:
    """Codes (n, 4): colour is told by the sign of z0, shape by that of z1, z2 is a size.

    No row is blue and square; twenty held-out rows are.
    """

    name = "clusters"
    latent_dim = 4
    image_shape = (1, 4, 1)

    def __init__(self, n=600, seed=0):
        rng = np.random.default_rng(seed)
        kinds = rng.integers(0, 3, n)
        colour = np.array(["red", "red", "blue"])[kinds]
        shape = np.array(["round", "square", "round"])[kinds]
        self.codes = self._made(colour, shape, rng)
        self.holdout = self._made(np.full(20, "blue"), np.full(20, "square"), rng)
        self.attributes = self._table(colour, shape, self.codes)
        self.holdout_attributes = self._table(
            np.full(20, "blue"), np.full(20, "square"), self.holdout
        )
        self.manifest = SimpleNamespace(
            attributes={
                "colour": Attribute("category", ("red", "blue", "none")),
                "shape": Attribute("category", ("round", "square")),
                "large": Attribute("binary"),
                "size": Attribute("number"),
            },
            classifier=SimpleNamespace(arguments={"attributes": {"colour": 3, "shape": 2}}),
            projections=("pca",),
        )
        self.decoded = self.classified = 0

    def _made(self, colour, shape, rng):
        z = rng.normal(size=(len(colour), 4))
        z[:, 0] += [CENTRES[one] for one in colour]
        z[:, 1] += [CENTRES[one] for one in shape]
        return z

    def _table(self, colour, shape, z):
        return pd.DataFrame(
            {
                "colour": pd.Categorical(colour, categories=["red", "blue", "none"]),
                "shape": pd.Categorical(shape, categories=["round", "square"]),
                "large": z[:, 2] > 0,
                "size": z[:, 2],
            }
        )

    def projection(self, name):
        return self.codes[:, :2]

    def project(self, name, z):
        return np.asarray(z)[:, :2]

    def decode(self, z):
        self.decoded += len(z)
        return np.asarray(z, np.float32).reshape(-1, 1, 4, 1) / 100 + np.float32(0.5)

    def encode(self, x):
        return (np.asarray(x, np.float64).reshape(-1, 4) - 0.5) * 100

    def features(self, x):
        return np.asarray(x, np.float32).reshape(len(x), -1)

    def classify(self, x):
        self.classified += len(x)
        z = self.encode(x)
        blue, square = (1 / (1 + np.exp(-SLOPE * z[:, j])) for j in (0, 1))
        zero = np.zeros(len(z))
        return {
            "colour": np.column_stack([1 - blue, blue, zero]),
            "shape": np.column_stack([1 - square, square]),
        }


@pytest.fixture
def clusters():
    return Clusters()
