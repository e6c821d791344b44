"""Colour-blind people tell the categories apart; the scale reads in grey."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from aegen.figures.palette import CATEGORIES, MORE, SCALE

# What a linear RGB colour looks like without red or green receptors (Machado et al. 2009).
PROTAN = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
DEUTAN = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
# Matplotlib's first default colours differ by 0.08 or more; confusable ones by far less.
APART = 0.08


def linear(colours):
    rgb = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in colours]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    return np.cbrt(np.clip(rgb, 0, 1) @ np.transpose(TO_CONES)) @ np.transpose(TO_OKLAB)


def least_distance(colours, vision):
    lab = oklab(linear(colours) @ np.transpose(vision))
    return min(np.linalg.norm(a - b) for a, b in combinations(lab, 2))


def test_categories_differ_for_every_kind_of_sight():
    for vision in (np.eye(3), PROTAN, DEUTAN):
        assert least_distance(CATEGORIES, vision) > APART


def test_so_do_many_though_less():
    for vision in (np.eye(3), PROTAN, DEUTAN):
        assert least_distance(CATEGORIES + MORE, vision) > 0.88 * APART
        assert least_distance([*CATEGORIES, *MORE, "#2a88a8"], vision) < 0.88 * APART


def test_the_check_rejects_red_beside_green():
    assert least_distance(["#d62728", "#6d7b1c"], DEUTAN) < APART


def test_the_scale_rises_evenly_in_lightness():
    steps = np.diff(oklab(linear(SCALE))[:, 0])
    assert steps.min() > 0.8 * steps.mean() > 0
