"""Data: published image sets, one file each, and readers of what people have.

`datasets` finds the published ones; to add one, add a file: a class derived from `DataSet` whose
``load`` returns an `ImageSet`. `read` gives an `ImageSet` of pictures in nearly any form,
`read_codes` codes, `read_values` series and tables.
"""

from __future__ import annotations

from aegen.core.family import Family
from aegen.data._lazy import LazyImages
from aegen.data._reading.codes import Codes, read_codes
from aegen.data._reading.read import read
from aegen.data._reading.titles import read_titles
from aegen.data._reading.values import ValueSet, read_values
from aegen.data.base import DataSet, ImageSet, Skipped

__all__ = [
    "Codes",
    "DataSet",
    "ImageSet",
    "LazyImages",
    "Skipped",
    "ValueSet",
    "datasets",
    "read",
    "read_codes",
    "read_titles",
    "read_values",
]

datasets: Family[DataSet] = Family("aegen.data", "aegen.data.base:DataSet", "data set")
"""All data sets by name: ``datasets.create("mnist").load("folder/with/idx/files")``."""

__getattr__, __dir__ = datasets.attach(__all__)
