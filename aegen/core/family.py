"""A family of interchangeable methods: every file in its folder is one, found without a list.

Adding a method is adding a file. ``samplers/empirical_beta_copula.py`` is "empirical-beta-copula"
for commands and the app, and ``from aegen.samplers import EmpiricalBetaCopula`` in Python: one
class that derives from the family's base class and is called as its file. Files are imported only
when asked for.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from aegen.core.documentation import Documentation, read
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
        self._loaded: dict[str, type[T]] = {}
        self._documented: dict[str, Documentation] = {}

    def names(self) -> list[str]:
        """Names of all methods, sorted; nothing is imported for it."""
        folders = importlib.import_module(self.package).__path__
        files = {file for folder in folders for file in os.listdir(folder)}
        stems = {file.removesuffix(".py") for file in files if file.endswith(".py")} - {"base"}
        methods = {stem for stem in stems if stem.isidentifier() and stem[0] != "_"}
        return sorted(stem.replace("_", "-") for stem in methods)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.names())

    def get(self, name: str) -> type[T]:
        """The class behind ``name``.

        Raises:
            UnknownName: there is none; the message lists what exists.
            TypeError: its file holds no such class, or the class does not say what it is.
        """
        if name in self._loaded:  # pages ask for each many times, and to look takes files
            return self._loaded[name]
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
        method = methods[0]
        if method.__name__.lower() != name.replace("-", ""):
            raise TypeError(f"{module.__file__} must be called as its class, {method.__name__}")
        asked = [a for a, kind in inspect.get_annotations(base).items() if "ClassVar" in str(kind)]
        missing = [attribute for attribute in asked if not hasattr(method, attribute)]
        if missing:
            raise TypeError(f"{method.__name__} must state {', '.join(missing)}: see {base_name}")
        self._loaded[name] = cast("type[T]", method)
        return self._loaded[name]

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

    def classes(self) -> dict[str, str]:
        """The class of each method and its name, read from the files; nothing is imported.

        Example:
            >>> from aegen.samplers import samplers
            >>> samplers.classes()["EmpiricalBetaCopula"]
            'empirical-beta-copula'
        """
        found = {}
        for name in self.names():
            source = self._file(name).read_text(encoding="utf-8")
            for kind in re.findall(r"^class (\w+)", source, flags=re.MULTILINE):
                if kind.lower() == name.replace("-", ""):
                    found[kind] = name
        return found

    def documentation(self, name: str) -> Documentation:
        """What the class of a method says of itself; nothing is imported.

        Raises:
            UnknownName: there is no such method.

        Example:
            >>> from aegen.samplers import samplers
            >>> samplers.documentation("bootstrap").references[0].authors
            'Efron'
        """
        if name not in self._documented:
            if name not in self.names():
                raise UnknownName(self.noun, name, self.names())
            self._documented[name] = read(self._file(name), name)
        return self._documented[name]

    def _file(self, name: str) -> Path:
        spec = importlib.util.find_spec(f"{self.package}.{name.replace('-', '_')}")
        return Path(str(spec and spec.origin))

    def attach(
        self, listed: Iterable[str]
    ) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
        """``__getattr__`` and ``__dir__`` of a package that has ``listed`` and all classes.

        What is listed and not there comes from ``base.py``, once it is asked for: what names
        methods, as a menu does, needs neither them nor the libraries of their base class. Editors
        and type checkers read the same names from the package's ``__init__.pyi``.
        """

        def named(attribute: str) -> Any:
            if attribute in listed:
                return getattr(importlib.import_module(self._base.partition(":")[0]), attribute)
            name = None if attribute.startswith("_") else self.classes().get(attribute)
            if name is None:
                raise AttributeError(f"module {self.package!r} has no attribute {attribute!r}")
            return self.get(name)

        return named, lambda: sorted([*listed, *self.classes()])
