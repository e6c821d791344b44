"""A class or a function of a person's own module, and the network that it builds.

Importing a module runs it, so this is done only for people who trust it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from aegen.bundles.imports.trust import require_trust
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.storage import is_file

__all__ = ["accepted", "build", "import_module", "import_object"]

SHOWN = 12
"""Names that a message lists."""


def import_object(spec: str, *, trust_code: bool) -> Any:
    """What ``module:Name`` names: ``my_model:Net``, ``package.models:Net``, ``nets/my.py:Net``.

    Raises:
        InvalidInput: it is written otherwise, cannot be imported, or has no such name.
        StorageError: it is not trusted.
    """
    where, colon, name = spec.rpartition(":")
    if not colon or not where or not name.isidentifier():
        raise InvalidInput(f"a class is named as module:Name, such as my_model:Net, got {spec!r}")
    module = import_module(where, trust_code=trust_code)
    if not hasattr(module, name):
        has = [n for n, thing in vars(module).items() if inspect.isclass(thing)]
        listed = f"; its classes: {', '.join(has[:SHOWN])}" if has else ""
        raise InvalidInput(f"{where} has no {name}{listed}")
    return getattr(module, name)


def import_module(where: str, *, trust_code: bool) -> ModuleType:
    """A module by its dotted name or by its file, looked for beside the working folder first.

    Raises:
        InvalidInput: it cannot be imported; with its own words.
        StorageError: it is not trusted.
    """
    require_trust(where, trust_code, "is a person's module, and importing it runs its code")
    file = Path(where) if where.endswith(".py") else None
    if file is not None and not is_file(file):
        raise InvalidInput(f"{file}: there is no such file")
    folder = Path.cwd() if file is None else file.resolve().parent
    try:
        with _looked_for_in(folder):
            return importlib.import_module(where) if file is None else _executed(file)
    except AegenError:
        raise
    except (Exception, SystemExit) as problem:  # whatever a person's module raises
        raise InvalidInput(f"{where} cannot be imported ({_said(problem)})") from problem


@contextlib.contextmanager
def _looked_for_in(folder: Path) -> Iterator[None]:
    """Modules of a folder are found, as they are by a script that lies in it."""
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = before


def _executed(file: Path) -> ModuleType:
    """The module of a file, anew, under the file's name where no other module has that."""
    file = file.resolve()
    known = sys.modules.get(file.stem)
    ours = known is None or getattr(known, "__file__", None) == str(file)
    name = file.stem if ours else f"{file.stem}_{zlib.crc32(bytes(file)):x}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where its classes are looked up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def build(given: Any, arguments: Mapping[str, Any] | None, name: str) -> Any:
    """A network by its class or a function that makes it; or the network itself, as it is.

    Raises:
        InvalidInput: it takes other arguments, or raises, with its own words.
    """
    if not callable(given) or _is_module(given):
        if arguments:
            raise InvalidInput(f"{name} is no class and no function, so it takes no arguments")
        return given
    try:
        return given(**dict(arguments or {}))
    except Exception as problem:  # whatever a person's class raises
        said = ", ".join(f"{key}={value!r}" for key, value in (arguments or {}).items())
        raise InvalidInput(
            f"{name}({said}) cannot be built ({_said(problem)}): give what its constructor needs "
            f"as arguments=, in a command --arg name=value{_parameters(given)}"
        ) from problem


def accepted(given: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the arguments that a class or a function takes.

    Example:
        >>> accepted(lambda width: None, {"width": 8, "learning_rate": 0.1})
        {'width': 8}
    """
    try:
        parameters = inspect.signature(given).parameters.values()
    except (TypeError, ValueError):
        return {}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict(arguments)
    by_name = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return {name: value for name, value in arguments.items() if name in by_name}


def _parameters(given: Any) -> str:
    try:
        names = [str(p) for p in inspect.signature(given).parameters.values()]
    except (TypeError, ValueError):
        return ""
    return f"; it takes {', '.join(names[:SHOWN])}" if names else "; it takes none"


def _is_module(thing: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)


def _said(problem: BaseException) -> str:
    lines = str(problem).strip().splitlines() or [""]
    return f"{type(problem).__name__}: {lines[0][:300]}"
