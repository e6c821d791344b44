"""Autoencoders of the diffusers library: a folder with config.json and safetensors weights."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aegen.bundles.convention import Convention
from aegen.bundles.imports.optional_library import optional_library
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.json_text import LONGEST_TEXT, parse
from aegen.core.storage import is_file, read_bytes

__all__ = ["CONFIG", "diffusers_config", "diffusers_network", "known_convention"]

CONFIG = "config.json"

KINDS = ("AutoencoderKL", "AutoencoderTiny", "VQModel")
"""Classes whose ``encode`` and ``decode`` need nothing but pictures and codes.

All three take and give pixels in [-1, 1]: AutoencoderTiny too, although the network inside, TAESD
by itself, works in [0, 1].
"""

WEIGHTS = "diffusion_pytorch_model"


def known_convention(network: Any) -> Convention | None:
    """How pixels enter and leave a network whose library fixes that; None of any other.

    To have it tried all the same, give the ends alone: ``encode=net.encode, decode=net.decode``.

    Example:
        >>> known_convention(object()) is None
        True
    """
    kind = type(network)
    ours = kind.__module__.partition(".")[0] == "diffusers" and kind.__name__ in KINDS
    return Convention("signed") if ours else None


def diffusers_config(folder: Path) -> Path | None:
    """The folder of a diffusers network: this one, or ``vae`` of a whole pipeline; else None."""
    for place in (folder, folder / "vae"):
        if is_file(place / CONFIG) and "_class_name" in _config(place):
            return place
    return None


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = parse(read_bytes(folder / CONFIG, most=LONGEST_TEXT))
    except InvalidInput as problem:
        raise StorageError(folder / CONFIG, str(problem)) from None
    return found if isinstance(found, dict) else {}


def diffusers_network(folder: Path) -> Any:
    """The network of a folder that `diffusers_config` gave, from safetensors alone, offline.

    Raises:
        StorageError: another class, no safetensors, weights that do not fit, or diffusers is not
            installed.
    """
    name = _config(folder)["_class_name"]
    if name not in KINDS:
        raise StorageError(
            folder / CONFIG,
            f"describes a {name}, and only {', '.join(KINDS)} are read: give another as a torch "
            "module with encode=... and decode=...",
        )
    variant = _variant(folder)
    kind = getattr(optional_library("diffusers", folder), name)
    try:
        with _silent():
            net, report = kind.from_pretrained(
                folder,
                variant=variant,
                use_safetensors=True,
                local_files_only=True,
                low_cpu_mem_usage=False,
                output_loading_info=True,
            )
    except Exception as problem:  # OSError, ValueError, RuntimeError, by version
        line = (str(problem).strip().splitlines() or [""])[0][:300]
        raise StorageError(
            folder, f"cannot be read by diffusers ({type(problem).__name__}: {line})"
        ) from problem
    for what in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        names = [str(n) for n in report.get(what) or ()]
        if names:
            raise StorageError(
                folder,
                f"weights do not fit {CONFIG}: {len(names)} {what.replace('_keys', '')}, first "
                f"{', '.join(names[:3])}",
            )
    return net.eval()


def _variant(folder: Path) -> str | None:
    """None for plain weights; "fp16" or its like where there are no plain ones."""
    names = [f.name for f in sorted(folder.glob(f"{WEIGHTS}*.safetensors*"))]
    if not names:
        pickled = any(folder.glob(f"{WEIGHTS}*.bin"))
        why = "only a .bin, which is a pickle" if pickled else "no weights"
        raise StorageError(
            folder,
            f"holds {why}, where {WEIGHTS}.safetensors is needed: write it by "
            "save_pretrained(folder, safe_serialization=True)",
        )
    variants = {n.removeprefix(WEIGHTS).split(".safetensors")[0].partition("-")[0] for n in names}
    return None if "" in variants else sorted(variants)[0].removeprefix(".")


@contextmanager
def _silent() -> Iterator[None]:
    """Without what diffusers logs of fields that it no longer reads."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
