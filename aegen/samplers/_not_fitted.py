"""`NotFitted` as scikit-learn catches it: apart, as that takes all of scikit-learn."""

from sklearn.exceptions import NotFittedError

from aegen.samplers.base import NotFitted

__all__ = ["NotFittedEstimator"]


class NotFittedEstimator(NotFitted, NotFittedError):
    """A latent model that was asked for something before it was fitted."""
