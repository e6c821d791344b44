"""What type checkers refuse: each line that has a code behind it, and no other."""

from typing import assert_type

import numpy as np

import aegen
from aegen.metrics import FrechetDistence  # attr-defined
from aegen.projections import UMAP
from aegen.samplers import KDE, samplers

codes = np.zeros((9, 2))

FrechetDistence()
KDE(bandwidth="wide")  # arg-type
KDE(width=0.2)  # call-arg
UMAP(neighbours=2.5)  # arg-type
KDE().fit(codes).sample(n="3")  # arg-type
assert_type(samplers.create("kde"), KDE)  # assert-type
assert_type(KDE().fit(codes), int)  # assert-type
aegen.load("mnist").model("kde").sampled(3)  # attr-defined
