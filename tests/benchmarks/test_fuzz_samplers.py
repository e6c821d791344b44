"""Hostile files of latent models: a sentence, or a model whose numbers are numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np

from aegen.benchmarks.fuzz_samplers import attempt, cases
from aegen.core.errors import AegenError


def outcome(path):
    try:
        return attempt(path, patient=False)
    except AegenError as problem:
        return "refused" if len(str(problem)) < 500 else "refused at length"


def test_a_hostile_file_is_refused_or_gives_a_model_that_works(tmp_path):
    found = Counter(map(outcome, cases(np.random.default_rng(18), 300, tmp_path)))
    assert set(found) == {"refused", "accepted"}
    assert min(found.values()) > 50  # changes go through the checks as well as against them
