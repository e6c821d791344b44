"""Latent traversal and interpolation: codes in, codes out; a bundle decodes them."""

from __future__ import annotations

from aegen.traversal.attribute_association import AttributeAssociation, attribute_associations
from aegen.traversal.attribute_directions import attribute_directions
from aegen.traversal.density_path import dense_path
from aegen.traversal.directions import Directions, latent_axes, principal_directions, traverse
from aegen.traversal.interpolation import interpolate
from aegen.traversal.variations import variations

__all__ = [
    "AttributeAssociation",
    "Directions",
    "attribute_associations",
    "attribute_directions",
    "dense_path",
    "interpolate",
    "latent_axes",
    "principal_directions",
    "traverse",
    "variations",
]
