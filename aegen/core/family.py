"""A family of interchangeable methods: every file in its folder is one, found without a list.

Adding a method is adding a file. The name that people type is the file's name with dashes
(``samplers/empirical_beta_copula.py`` is "empirical-beta-copula"); the method itself is the one
public class in it that belongs to the family's base class. Files are imported only when asked for.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any, Generic, TypeVar, cast

from aegen.core.errors import UnknownName
from aegen.core.parameters import Parameter, check, parameters

__all__ = ["Family"]

T = TypeVar("T")


class Family(Generic[T]):
    """All methods of one kind.

    Args:
        package: dotted name of the folder that holds one file a method.
        base: dotted path of the class that every method derives from, ``module:Class``.
        noun: what one of them is called in an error, for instance "latent model".

    Files that start with an underscore, and ``base.py``, are not methods.

    Example:
        >>> from aegen.samplers import samplers
        >>> "gaussian" in samplers.names()
        True
    """

    def __init__(self, package: str, base: str, noun: str) -> None:
        self.package = package
        self.noun = noun
        self._base = base

    def names(self) -> list[str]:
        """Names of all methods, sorted; nothing is imported for it."""
        folder = importlib.import_module(self.package).__path__
        stems = [module.name for module in pkgutil.iter_modules(folder)]
        return sorted(
            stem.replace("_", "-") for stem in stems if not stem.startswith("_") and stem != "base"
        )

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.names())

    def get(self, name: str) -> type[T]:
        """The class behind ``name``.

        Raises:
            UnknownName: there is none; the message lists what exists.
        """
        known = self.names()
        if name not in known:
            raise UnknownName(self.noun, name, known)
        module = importlib.import_module(f"{self.package}.{name.replace('-', '_')}")
        base_module, _, base_name = self._base.partition(":")
        base = getattr(importlib.import_module(base_module), base_name)
        members = [getattr(module, public) for public in module.__all__]
        methods = [m for m in members if inspect.isclass(m) and issubclass(m, base)]
        if len(methods) != 1:
            raise TypeError(f"{module.__name__} must list one {base_name} in __all__: {methods}")
        return cast("type[T]", methods[0])

    def create(self, name: str, **fields: Any) -> T:
        """One of them, with its fields checked.

        Raises:
            UnknownName: an unknown method or field.
            InvalidInput: a field out of its range.
        """
        method = self.get(name)
        return method(**check(method, fields))

    def parameters(self, name: str) -> tuple[Parameter, ...]:
        """The tunable fields of the method called ``name``."""
        return parameters(self.get(name))

    def name_of(self, method: type[T] | T) -> str:
        """The name under which a class, or an object of it, is found."""
        kind = method if inspect.isclass(method) else type(method)
        return kind.__module__.rpartition(".")[2].replace("_", "-")
