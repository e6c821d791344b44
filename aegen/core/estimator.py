"""scikit-learn's grammar of an estimator, without loading scikit-learn.

To load that takes longer than most fits, as all of SciPy's statistics come along: each command,
server and process of a comparison would wait for it. What only its own tools and notebooks ask
for is scikit-learn's still, and loaded when they do.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
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
        """The parameters by name; with ``deep`` also those of estimators among them, ``a__b``."""
        found: dict[str, Any] = {}
        for name in _defaults(type(self)):
            value = getattr(self, name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found |= {f"{name}__{k}": v for k, v in value.get_params().items()}
            found[name] = value
        return found

    def set_params(self, **params: Any) -> Self:
        """Change parameters; those that are not named stay.

        Raises:
            InvalidInput: no parameter has that name; then none is changed.
        """
        known = self.get_params()
        for name in params:
            if name not in known:
                raise InvalidInput(
                    f"{type(self).__name__} has no parameter {name!r}: it has "
                    f"{', '.join(known) or 'none'}"
                )
        for name in sorted(params, key=lambda name: name.count("__")):  # an inner one comes later
            owner, _, inner = name.partition("__")
            if inner:
                getattr(self, owner).set_params(**{inner: params[name]})
            else:
                setattr(self, name, params[name])
        return self

    def __repr__(self) -> str:
        """As it would be written: parameters that are not at their default."""
        defaults = _defaults(type(self))
        values = self.get_params(deep=False)
        changed = {k: v for k, v in values.items() if repr(v) != repr(defaults[k])}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.base import BaseEstimator

        return BaseEstimator.__sklearn_tags__(self)

    def get_metadata_routing(self) -> Any:
        """What scikit-learn's `MetadataRequest` of this estimator is."""
        return _twin(self).get_metadata_routing()

    def set_fit_request(self, **asked: bool | str | None) -> Self:
        """Which metadata scikit-learn's tools hand to ``fit``, where they route any."""
        _twin(self).set_fit_request(**asked)
        request = self._metadata_request
        for part in (request, *vars(request).values()):
            if hasattr(part, "owner"):
                part.owner = self  # a twin cannot be pickled
        return self

    _metadata_request: Any

    @property
    def _repr_html_(self) -> Any:
        return _twin(self)._repr_html_

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return _twin(self)._repr_mimebundle_(**options)


def clone(estimator: E) -> E:
    """Another estimator with the same parameters, which has learned nothing.

    Example:
        >>> clone(Estimator())
        Estimator()
    """
    return type(estimator)(**copy.deepcopy(estimator.get_params(deep=False)))


def _defaults(kind: Any) -> dict[str, Any]:
    """The parameters of a class in scikit-learn's order, that of the alphabet."""
    return _arguments(kind.__init__)


@functools.cache
def _arguments(make: Callable[..., Any]) -> dict[str, Any]:
    if make is object.__init__:
        return {}
    _, *known = inspect.signature(make).parameters.values()
    named = {each.name: each.default for each in known if each.kind is not each.VAR_KEYWORD}
    return dict(sorted(named.items()))


def _twin(estimator: Estimator) -> Any:
    """The same estimator in a class of scikit-learn's own: they share all they hold."""
    from sklearn.base import BaseEstimator

    kind: Any = type(estimator)
    own = [name for name in dir(kind) if not hasattr(BaseEstimator, name)]
    members = {name: inspect.getattr_static(kind, name) for name in own}
    members.pop("set_fit_request", None)  # which scikit-learn makes from the signature
    members |= {"__init__": kind.__init__, "__module__": kind.__module__}
    twin: Any = object.__new__(type(kind.__name__, (BaseEstimator,), members))
    twin.__dict__ = estimator.__dict__
    return twin
