"""Wishes about new images, and draws that fulfil them: `parse` or combine targets, then `draw`.

A kind of target is one file here. To add one, add a frozen class derived from `Target` with
``_check``, ``_weights``, ``_accept`` and a text, and a line in ``parsing.py`` that reads it.
"""

from __future__ import annotations

from aegen.targeting.attribute import Between, Having
from aegen.targeting.ball import Near, near
from aegen.targeting.candidates import Candidates
from aegen.targeting.chance import Chance
from aegen.targeting.combination import And, Not, Or
from aegen.targeting.coordinate import Coordinate, Fixed
from aegen.targeting.density_level import DensityLevel
from aegen.targeting.drawing import LENIENCE, draw, share
from aegen.targeting.editing import KINDS, Edited, Kind, edit
from aegen.targeting.effects import Effects
from aegen.targeting.parsing import parse
from aegen.targeting.region import Region, box, region
from aegen.targeting.target import Target
from aegen.targeting.targeted import STRATEGIES, Targeted
from aegen.targeting.transfer import Transferred, transfer

__all__ = [
    "And",
    "Between",
    "Candidates",
    "Chance",
    "Coordinate",
    "DensityLevel",
    "Edited",
    "Effects",
    "Fixed",
    "Having",
    "KINDS",
    "Kind",
    "LENIENCE",
    "Near",
    "Not",
    "Or",
    "Region",
    "STRATEGIES",
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
