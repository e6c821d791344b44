"""Image data sets, one file each; `datasets` finds them.

To add one, add a file: a class derived from `DataSet` whose ``load`` returns an `ImageSet`.
"""

from __future__ import annotations

from aegen.core.family import Family
from aegen.data._lazy import LazyImages
from aegen.data._reading.read import read
from aegen.data.base import DataSet, ImageSet, Skipped

__all__ = ["DataSet", "ImageSet", "LazyImages", "Skipped", "datasets", "read"]

datasets: Family[DataSet] = Family("aegen.data", "aegen.data.base:DataSet", "data set")
"""All data sets by name: ``datasets.create("mnist").load("folder/with/idx/files")``."""

__getattr__, __dir__ = datasets.attach(__all__)
