import numpy as np
import pytest

from aegen.comparison.failures import failures
from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours

TRAINING = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])


def test_strange_draws_copies_and_what_is_missed_are_found():
    draws = np.array([[0.0, 0.1], [9.0, 9.0], [4.0, 1.0], [0.5, 3.0]])
    held_out = np.array([[0.0, 0.2], [-3.0, 0.0], [5.0, 5.0]])
    found = failures(draws, TRAINING, held_out, k=2)
    assert found.strange.tolist() == [1, 3]
    assert found.copied.tolist() == [0, 2]
    assert found.originals.tolist() == [0, 1]
    assert found.missed.tolist() == [2, 1]
    assert found.nearest.tolist() == [2, 0]


def test_a_search_that_is_there_is_used_and_few_are_few():
    found = failures([[1.0, 0.0]], Neighbours(TRAINING), np.empty((0, 2)), k=8)
    assert found.strange.tolist() == found.copied.tolist() == [0]
    assert found.originals.tolist() == [0]
    assert len(found.missed) == len(found.nearest) == 0


def test_other_dimensions_are_refused():
    with pytest.raises(InvalidInput, match="2"):
        failures([[1.0, 0.0]], TRAINING, [[1.0]])
