import re

import numpy as np
import pytest

from aegen.comparison import HELD_OUT, Candidate, Table, metric_specs
from aegen.comparison.latex import command_of, to_latex
from aegen.comparison.task import Figure, Result, Task
from aegen.core.latex import typewriter

SPECS = metric_specs(["codes/nearest-neighbour-worse-half,codes/distance-ratio"])
MODELS = (
    Candidate.parse("empirical-beta-copula:degree=50"),
    Candidate("kde"),
    Candidate("gaussian"),
)


@pytest.fixture
def table():
    found = Table("two_moons", MODELS, SPECS)
    for seed in (3, 4, 5):
        for model, half, ratio in zip(MODELS, (0.2, 0.1, 0.3), (0.4, 1.0, 1.0), strict=True):
            values = (half + 1e-4 * seed, ratio)
            influence = np.zeros(60, np.float32)
            figures = {
                spec.key: Figure(value, influence, 1e-6)
                for spec, value in zip(SPECS, values, strict=True)
            }
            found.add(Result(Task("two_moons", model, seed, 60, SPECS), figures, {}, 60))
    return found


def test_columns_lines_and_marks(table):
    said = to_latex(table)
    assert r"\begin{tabular}{lrrrrrr}" in said  # three models, three references
    _, head, *lines, _ = re.findall(r"^    (.*)$", said, re.M)[:6]
    assert head.startswith(
        r" & Kernel density & Gaussian & Empirical beta copula (degree 50)$^\dagger$"
    )
    assert r"\textit{" in head
    assert lines[1].startswith(r"1-NN worse half in codes & $\mathbf{0.1004 \pm ")
    assert lines[1].endswith(r"& -- & -- & -- \\")
    for line in (head, *lines[1:]):
        assert line.count("&") == 6


def test_the_caption_says_how_it_was_made(table):
    said = to_latex(table)
    assert r"Latent models of two\_moons: 60 draws of each" in said
    assert "3 seeds" in said
    command = command_of(table)
    assert command.startswith("aegen compare two_moons --samplers empirical-beta-copula:degree=50")
    assert "--seeds 3 --first-seed 3 --draws 60" in command
    assert typewriter(command) in said
    assert HELD_OUT.title in said
