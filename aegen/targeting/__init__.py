"""Targeted sampling: `parse` or combine conditions on new images, then `draw` what meets them.

A kind of target is one file here. To add one, add a frozen class derived from `Target` with
``_check``, ``_weights``, ``_accept`` and a text, and a line in ``parsing.py`` that reads it.
"""

from __future__ import annotations

from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions.attribute import AttributeEquals, Between
from aegen.targeting.conditions.ball import Near, near
from aegen.targeting.conditions.coordinate import Coordinate, Fixed
from aegen.targeting.conditions.density_level import DensityLevel
from aegen.targeting.conditions.probability import Probability
from aegen.targeting.conditions.region import Region, box, region
from aegen.targeting.copula_transfer import Transferred, transfer
from aegen.targeting.editing import KINDS, Edited, Kind, edit
from aegen.targeting.effects import Effects
from aegen.targeting.parsing import parse
from aegen.targeting.result import STRATEGIES, Targeted
from aegen.targeting.sampling import MAX_MISCLASSIFIED, draw, share
from aegen.targeting.target import And, Not, Or, Target

__all__ = [
    "KINDS",
    "MAX_MISCLASSIFIED",
    "STRATEGIES",
    "And",
    "AttributeEquals",
    "Between",
    "Candidates",
    "Coordinate",
    "DensityLevel",
    "Edited",
    "Effects",
    "Fixed",
    "Kind",
    "Near",
    "Not",
    "Or",
    "Probability",
    "Region",
    "Target",
    "Targeted",
    "Transferred",
    "box",
    "draw",
    "edit",
    "near",
    "parse",
    "region",
    "share",
    "transfer",
]
