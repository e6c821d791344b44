"""Which bundles there are: a person's own, and the shipped ones."""

from __future__ import annotations

import os
from pathlib import Path

from aegen.bundles.bundle import Bundle
from aegen.bundles.manifest import MANIFEST
from aegen.core.errors import BundleError, UnknownName
from aegen.core.storage import is_file, names_in

__all__ = ["bundles", "find", "own_folder", "read"]

VARIABLE = "AEGEN_BUNDLES"
"""Names folders that hold bundles, separated as PATH is; looked at before the shipped ones."""


def bundles() -> list[str]:
    """Names of all bundles that can be opened by name, sorted.

    A bundle's name here is its folder's. Folders in the environment variable AEGEN_BUNDLES come
    first, then the person's folder for data (`own_folder`), so a bundle there takes the place of
    a shipped one of the same name. A folder whose name is no text is left out.
    """
    return sorted({folder.name for folder in _folders()})


def own_folder() -> Path:
    """Where a person's new bundles are written, so that they are found by name.

    The first folder that AEGEN_BUNDLES names; or else ``aegen/bundles`` in the person's folder for
    data, XDG_DATA_HOME or ~/.local/share. It need not be there yet.
    """
    named = _named()
    return named[0] if named else _user_folder()


def find(name: str | Path) -> Path:
    """The folder of a bundle, by name or by path.

    A path is anything with a separator, or a `Path`; a plain word is a name, and where there is no
    such bundle, a folder of that name here. A program that takes names from strangers should
    accept those in `bundles` only.

    Raises:
        UnknownName: no bundle has this name; the message lists what exists.
    """
    text = os.fspath(name)
    separators = {os.sep, os.altsep or os.sep, "/"}
    if isinstance(name, Path) or any(s in text for s in separators) or text in (".", "..", "~"):
        try:
            return Path(name).expanduser()
        except RuntimeError as problem:  # "~nobody/bundle"
            raise BundleError(text, f"is no path ({problem})") from problem
    here = [Path(text)] if os.path.isdir(text) else []
    for folder in [*_folders(), *here]:
        if folder.name == text:
            return folder
    raise UnknownName("bundle", text, bundles())


def read(name: str | Path) -> Bundle:
    """A bundle, by name or by path.

    Raises:
        UnknownName: no bundle has this name.
        BundleError: there is no bundle at this path, or it cannot be used.

    Example:
        >>> read("mnst")                               # doctest: +ELLIPSIS
        Traceback (most recent call last):
        aegen.core.errors.UnknownName: there is no bundle named 'mnst'...
    """
    return Bundle.open(find(name))


def _folders() -> list[Path]:
    """Folders of bundles in the order of their roots."""
    return [
        root / name
        for root in _roots()
        for name in names_in(root)  # half-written ones are hidden
        if is_file(root / name / MANIFEST)
    ]


def _roots() -> list[Path]:
    """Folders that hold bundles, the person's own first."""
    package = Path(__file__).resolve().parent.parent
    checkout = package.parent / "assets" / "bundles"
    # beside the package in a checkout, inside it once installed
    shipped = checkout if checkout.is_dir() else package / "_shipped" / "assets" / "bundles"
    return [*_named(), _user_folder(), shipped]


def _named() -> list[Path]:
    """The folders that AEGEN_BUNDLES names."""
    named = os.environ.get(VARIABLE, "")
    return [Path(part).expanduser() for part in named.split(os.pathsep) if part]


def _user_folder() -> Path:
    system = os.environ.get("XDG_DATA_HOME")
    base = Path(system) if system and Path(system).is_absolute() else Path.home() / ".local/share"
    return base / "aegen" / "bundles"
