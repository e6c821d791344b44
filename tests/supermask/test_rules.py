"""Mask rules: with torch and without they say the same, and a recipe knows all of them."""

import numpy as np
import pytest
import torch

from aegen.core.parameters import parameters
from aegen.supermask.rules import rules
from aegen.supermask.training.recipe import Recipe

SCORES = np.array([[0.3, -0.1, 0.02, 0.1], [-0.5, 0.0, 0.11, -0.02]], np.float32)

SIGNS = {
    "binary": [[1, 0, 0, 0], [0, 0, 1, 0]],
    "dense": [[1, 1, 1, 1], [1, 1, 1, 1]],
    "signed": [[1, 0, 0, 0], [-1, 0, 1, 0]],
    "top-k": [[1, 0, 0, 0], [1, 0, 1, 0]],
}


@pytest.mark.parametrize("name", rules.names())
def test_a_rule_gives_the_same_mask_with_torch_and_without(name):
    rule = rules.create(name)
    by_torch = rule.signs(torch.from_numpy(SCORES), 0.1)
    assert by_torch.dtype == torch.float32
    assert by_torch.tolist() == rule.mask(SCORES, np.float32(0.1)).tolist()
    assert by_torch.tolist() == SIGNS[name]


@pytest.mark.parametrize("name", rules.names())
def test_what_is_said_of_each_weight_alone_holds_of_a_part_of_them(name):
    rule = rules.create(name)

    def masked(scores):
        return rule.signs(scores, rule.limit(scores, 0.1, 0.25))

    scores = torch.from_numpy(SCORES)
    assert torch.equal(masked(scores[:, 1:]), masked(scores)[:, 1:]) == rule.elementwise


def test_a_recipe_can_ask_for_every_rule():
    (field,) = [each for each in parameters(Recipe) if each.name == "rule"]
    assert sorted(field.options) == rules.names()
