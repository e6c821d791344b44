"""The networks of the paper, a file each family; creating one gives its plan.

To add one, add a file: a class derived from `Plan` whose constructor says its steps. It has the
file's name; where a file has several, each has its own name in lower case.
"""

from __future__ import annotations

import importlib
import inspect

from aegen.core.errors import UnknownName
from aegen.core.family import Family
from aegen.supermask.plan import Plan

__all__ = ["networks"]


class _Networks(Family[Plan]):
    """Networks by name, of which a file may have several."""

    def _found(self) -> dict[str, type[Plan]]:
        found: dict[str, type[Plan]] = {}
        for name in super().names():
            module = importlib.import_module(f"{self.package}.{name.replace('-', '_')}")
            members = [getattr(module, public) for public in module.__all__]
            plans = [m for m in members if inspect.isclass(m) and issubclass(m, Plan)]
            found |= {name if len(plans) == 1 else p.__name__.lower(): p for p in plans}
        return found

    def names(self) -> list[str]:
        """Names of all networks, sorted."""
        return sorted(self._found())

    def get(self, name: str) -> type[Plan]:
        """The class behind ``name``.

        Raises:
            UnknownName: there is none; the message lists what exists.
        """
        found = self._found()
        if name not in found:
            raise UnknownName(self.noun, name, sorted(found))
        return found[name]

    def name_of(self, method: type[Plan] | Plan) -> str:
        """The name under which a class, or a plan of it, is found."""
        kind = method if inspect.isclass(method) else type(method)
        return next(name for name, plan in self._found().items() if plan is kind)


networks = _Networks("aegen.supermask.networks", "aegen.supermask.plan:Plan", "network")
"""All networks by name: ``networks.create("conv4", channels=3, size=32, width=0.5)``."""
