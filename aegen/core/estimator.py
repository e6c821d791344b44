"""scikit-learn's grammar of an estimator, without loading scikit-learn.

To load that takes longer than most fits, as all of SciPy's statistics come along: each command,
server and process of a comparison would wait for it. What only its own tools and notebooks ask
for is scikit-learn's still, and loaded when they do.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any, Self, TypeVar

from aegen.core.errors import InvalidInput

__all__ = ["Estimator", "clone"]

E = TypeVar("E", bound="Estimator")


class Estimator:
    """Parameters by name: what scikit-learn's `BaseEstimator` is to its estimators.

    The constructor's arguments are the parameters, and it only stores them. Tags, routed metadata
    and the picture in a notebook are `BaseEstimator`'s own.

    Reference: scikit-learn, "Developing scikit-learn estimators".

    Example:
        >>> class Scaled(Estimator):
        ...     def __init__(self, by=2.0):
        ...         self.by = by
        >>> Scaled(by=3.0), Scaled().set_params(by=4.0).get_params()
        (Scaled(by=3.0), {'by': 4.0})
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; ``deep`` is scikit-learn's, and changes nothing here."""
        return {name: getattr(self, name) for name in _defaults(type(self))}

    def set_params(self, **params: Any) -> Self:
        """Change parameters; those that are not named stay.

        Raises:
            InvalidInput: no parameter has that name; then none is changed.
        """
        known = _defaults(type(self))
        for name in params:
            if name not in known:
                raise InvalidInput(
                    f"{type(self).__name__} has no parameter {name!r}: it has "
                    f"{', '.join(known) or 'none'}"
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """As it would be written: parameters that are not at their default."""
        defaults = _defaults(type(self))
        changed = {k: v for k, v in self.get_params().items() if repr(v) != repr(defaults[k])}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def __sklearn_tags__(self) -> Any:
        return _whole(self).__sklearn_tags__()

    def get_metadata_routing(self) -> Any:
        """What scikit-learn's `MetadataRequest` of this estimator is."""
        return _whole(self).get_metadata_routing()

    def set_fit_request(self, **asked: bool | str | None) -> Self:
        """Which metadata scikit-learn's tools hand to ``fit``, where they route any."""
        self._metadata_request = self.get_metadata_routing()
        for name, alias in asked.items():
            self._metadata_request.fit.add_request(param=name, alias=alias)
        return self

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return _whole(self)._repr_mimebundle_(**options)


def clone(estimator: E) -> E:
    """Another estimator with the same parameters, which has learned nothing.

    Example:
        >>> clone(Estimator())
        Estimator()
    """
    return type(estimator)(**copy.deepcopy(estimator.get_params()))


def _defaults(kind: type) -> dict[str, Any]:
    """The parameters of a class in scikit-learn's order, that of the alphabet."""
    known = inspect.signature(kind).parameters
    return {name: known[name].default for name in sorted(known)}


def _whole(estimator: Estimator) -> Any:
    """The same estimator as one of scikit-learn's own base class: they share all they hold."""
    from sklearn.base import BaseEstimator

    kind = type(estimator)
    whole = type(kind.__name__, (BaseEstimator, kind), {"__module__": kind.__module__})
    twin: Any = object.__new__(whole)
    twin.__dict__ = estimator.__dict__
    return twin
