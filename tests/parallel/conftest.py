"""Tasks that are run here are comparisons of the tiny bundles."""

from tests.comparison.conftest import bars

__all__ = ["bars"]
