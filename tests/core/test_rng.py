"""Randomness: a seed, a Generator or None, and nothing else."""

import numpy as np
import pytest

from aegen.core.errors import InvalidInput
from aegen.core.rng import generator


def test_a_seed_stands_for_one_stream():
    assert generator(3).random() == generator(np.int64(3)).random()
    assert generator(3).random() != generator(4).random()
    assert generator(None).random() != generator().random()


def test_a_generator_is_used_as_it_is():
    one = np.random.default_rng(0)
    assert generator(one) is one
    first = generator(one).random()
    assert generator(one).random() != first


@pytest.mark.parametrize("rng", [-1, 1.0, "1", True, [1], np.random.RandomState(0)])
def test_anything_else_is_refused(rng):
    with pytest.raises(InvalidInput, match=r"rng must be a seed .* or None, got"):
        generator(rng)
