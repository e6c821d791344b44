"""Keras files: ends by the names of layers or of files, and no code without trust."""

import os
import sys

import numpy as np
import pytest

from aegen.bundles import load_network
from aegen.bundles.ends import find_ends
from aegen.bundles.plan import plan
from aegen.core.errors import InvalidInput, StorageError

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SOURCE = """
import keras


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


@pytest.fixture(scope="module", autouse=True)
def keras():
    """Keras on torch: seconds to load, so not while tests are collected, which all workers do."""
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "torch":
        pytest.skip("keras runs on another backend here")
    return keras


@pytest.fixture(scope="module")
def ends(keras):
    """An encoder that gives mean and log-variance, and a decoder, channels last."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    x = keras.Input((8, 8, 1))
    h = layers.Flatten()(layers.Conv2D(3, 3, strides=2, padding="same", activation="relu")(x))
    encoder = keras.Model(x, [layers.Dense(2)(h), layers.Dense(2)(h)], name="encoder")
    z = keras.Input((2,))
    h = layers.BatchNormalization()(layers.Dense(16, activation="relu")(z))
    h = layers.UpSampling2D(2)(layers.Reshape((4, 4, 1))(h))
    y = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(h)
    return encoder, keras.Model(z, y, name="decoder")


@pytest.fixture
def x():
    return np.random.default_rng(0).random((40, 8, 8, 1), np.float32)


def test_ends_are_found_in_one_file_and_in_two(keras, ends, x, tmp_path):
    encoder, decoder = ends
    pixels = keras.Input((8, 8, 1))
    keras.Model(pixels, decoder(encoder(pixels)[0])).save(tmp_path / "whole.keras")
    encoder.save(tmp_path / "encoder.keras")
    decoder.save(tmp_path / "decoder.keras")
    z = encoder.predict(x, verbose=0)[0]
    y = decoder.predict(z, verbose=0)
    for first, last in (
        find_ends(load_network(tmp_path / "whole.keras")),
        find_ends(tmp_path),
        find_ends(encoder=tmp_path / "encoder.keras", decoder=tmp_path / "decoder.keras"),
    ):
        assert np.allclose(first(x), z, atol=1e-5)
        assert np.allclose(last(z), y, atol=1e-5)
    found = plan(tmp_path / "whole.keras", np.uint8(255 * x))
    assert found.codec.taken.layout == "channels last"
    assert found.exported["encoder"].input_shape == (None, 8, 8, 1)
    assert found.codec.code_shape == (2,)


def test_a_model_without_named_ends_is_one_network(ends, tmp_path):
    ends[1].save(tmp_path / "net.keras")
    with pytest.raises(InvalidInput, match="has no encode or encoder; it has"):
        find_ends(tmp_path / "net.keras")


def test_lambda_layers_are_code(keras, tmp_path, x):
    pixels = keras.Input((8, 8, 1))
    keras.Model(pixels, keras.layers.Lambda(lambda x: 2 * x)(pixels)).save(tmp_path / "net.keras")
    with pytest.raises(StorageError, match="a Lambda layer, which is code: if you trust it"):
        load_network(tmp_path / "net.keras")
    net = load_network(tmp_path / "net.keras", trust_code=True)
    assert np.allclose(net.predict(x, verbose=0), 2 * x)


def test_layers_of_a_person_are_looked_for_in_their_module(keras, tmp_path, x):
    (tmp_path / "person_layers.py").write_text(SOURCE)
    names = {"__name__": "person_layers"}
    exec(SOURCE, names)
    pixels = keras.Input((8, 8, 1))
    keras.Model(pixels, names["Twice"]()(pixels)).save(tmp_path / "net.keras")
    with pytest.raises(StorageError, match="say where the class is, as module="):
        load_network(tmp_path / "net.keras")
    module = str(tmp_path / "person_layers.py")
    with pytest.raises(StorageError, match="a person's module, and importing it runs its code"):
        load_network(tmp_path / "net.keras", module=module)
    net = load_network(tmp_path / "net.keras", module=module, trust_code=True)
    assert np.allclose(net.predict(x, verbose=0), 2 * x)


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "net.keras").write_bytes(b"no archive")
    with pytest.raises(StorageError, match="cannot be read by keras") as caught:
        load_network(tmp_path / "net.keras")
    assert "\n" not in str(caught.value)


def test_another_backend_is_named(keras, tmp_path, monkeypatch):
    (tmp_path / "net.keras").write_bytes(b"PK")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(StorageError, match="keras runs on jax: set KERAS_BACKEND=torch before"):
        load_network(tmp_path / "net.keras")
