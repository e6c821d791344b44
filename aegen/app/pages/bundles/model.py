"""What the Bundles page shows of each bundle, also of one that cannot be read; no widgets here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.bundles.checking import latent_space
from aegen.core.errors import BundleError
from aegen.core.storage import file_size

if TYPE_CHECKING:
    from aegen.bundles import Manifest, Report

__all__ = ["COMMANDS", "Card", "cards", "check", "error_words", "facts", "losses", "recipe"]

COMMANDS = """\
aegen train autoencoder mnist --latent-dim 10 \\
  --out runs/mine
aegen train classifier mnist --out runs/classifier
aegen bundles create mine --trained runs/mine \\
  --classifier runs/classifier \\
  --title "My bundle" --description "What it is."
"""
"""The three commands that make a bundle."""


@dataclass(frozen=True, eq=False)
class Card:
    """A bundle at a glance: its folder, bytes on disk, and the first thing that is wrong with it.

    ``manifest`` is None and ``cover``, a WebP image, is b"" where that file cannot be read.
    """

    path: Path
    manifest: Manifest | None
    cover: bytes
    size: int
    problem: BundleError | None

    @property
    def name(self) -> str:
        """The bundle's name."""
        return self.path.name


def cards() -> list[Card]:
    """All bundles there are, sorted by name; one that is broken is among them."""
    from aegen.bundles import bundles, find

    return [card(find(name)) for name in bundles()]


def card(path: Path) -> Card:
    """The bundle in a folder; of its files it looks at lengths only, `check` at their contents."""
    from aegen.bundles import Bundle

    size = _size(path)
    try:
        bundle = Bundle.open(path)
    except BundleError as broken:
        return Card(path, None, b"", size, broken)
    cover, problem = b"", _incomplete(path, bundle.manifest)
    try:
        cover = bundle.cover
    except BundleError as damaged:
        problem = problem or damaged
    return Card(path, bundle.manifest, cover, size, problem)


def _size(folder: Path) -> int:
    """Bytes of all files in a folder, as far as they can be seen."""
    try:
        return sum(file_size(file) or 0 for file in folder.iterdir())
    except OSError:
        return 0


def _incomplete(path: Path, manifest: Manifest) -> BundleError | None:
    """The first file that is missing or has another length than listed."""
    for name, entry in manifest.files.items():
        file = path / name
        found = file_size(file)
        if found is None:
            return BundleError(file, "is missing, or no ordinary file: copy the bundle again")
        if found != entry.size:
            what = "truncated" if found < entry.size else "altered"
            return BundleError(
                file,
                f"was {what}: {found:,} bytes where bundle.json lists {entry.size:,}; "
                "copy the bundle again",
            )
    return None


def check(path: Path | str) -> Report:
    """Everything that is wrong with the bundle in a folder; a path that is none is a finding."""
    from aegen.bundles import check
    from aegen.bundles.findings import Finding, Report

    try:
        return check(Path(path).expanduser())
    except (OSError, RuntimeError) as problem:  # no permission, too long a name, no such home
        reason = getattr(problem, "strerror", None) or str(problem)
        return Report(Path(path), (Finding("", "", f"cannot be read ({reason})"),))


def facts(manifest: Manifest, size: int) -> dict[str, str]:
    """What a bundle is, by label; ``size`` in bytes."""
    return {
        "Rows": f"{manifest.rows:,} and {manifest.holdout_rows:,} held out",
        **_payload(manifest),
        "Latent space": latent_space(manifest),
        "Reconstruction": error_words(manifest.reconstruction),
        "Attributes": _attributes(manifest),
        "On disk": f"{size / 1e6:.{1 if size >= 1e6 else 2}f} MB",
        "Licence": manifest.licence,
    }


def _payload(manifest: Manifest) -> dict[str, str]:
    """What a row is."""
    payload = manifest.payload
    if payload.kind == "image":
        h, w, c = payload.shape
        colour = {1: "grey", 3: "colour", 4: "colour with opacity"}[c]
        return {"Images": f"{w} x {h} pixels, {colour}"}
    if payload.kind == "series":
        return {"Series": f"{payload.shape[0]:,} channels of {payload.shape[1]:,} values"}
    if payload.kind == "table":
        return {"Tables": f"{payload.shape[0]:,} columns"}
    return {"Pictures": "none: there is no decoder, so bars show the codes"}


def error_words(figures: Mapping[str, float]) -> str:
    """The error of reconstruction, held-out where it is known.

    Example:
        >>> error_words({"mse_holdout": 0.01})
        'held-out pixels are off by 10 % (mean squared error 0.01)'
    """
    for key, which in (("mse_holdout", "held-out"), ("mse_train", "training")):
        if key in figures and figures[key] >= 0:
            share = 100 * math.sqrt(figures[key])
            return (
                f"{which} pixels are off by {share:.2g} % (mean squared error {figures[key]:.2g})"
            )
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items()) or "not measured"


def _attributes(manifest: Manifest) -> str:
    words = [
        f"{manifest.title_of(name)} ({len(attribute.values)})"
        if attribute.values
        else manifest.title_of(name)
        for name, attribute in manifest.attributes.items()
    ]
    return ", ".join(words) or "none"


def recipe(manifest: Manifest) -> dict[str, str]:
    """How a bundle was made, by label: plain values of its training, its size, its versions."""
    found = dict(_flat(manifest.training))
    networks = (manifest.encoder, manifest.decoder)
    weights = sum(network.parameters for network in networks if network is not None)
    if weights:
        found["parameters"] = f"{weights:,}"
    if manifest.written_by:
        found["written by"] = ", ".join(f"{k} {v}" for k, v in manifest.written_by.items())
    return {key[:1].upper() + key[1:]: value for key, value in found.items()}


def _flat(training: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The plain values of a recipe; lists and what the card says elsewhere are left out."""
    lines = []
    for key, value in training.items():
        if isinstance(value, Mapping):
            lines += _flat(value)
        elif isinstance(value, bool) or not isinstance(value, (str, int, float)):
            continue
        elif value != "":
            shown = f"{value:,}" if isinstance(value, int) and key == "rows" else f"{value}"
            lines.append((key.replace("_", " "), shown))
    return lines


def losses(manifest: Manifest) -> dict[str, list[float]]:
    """The training's loss and its held-out error, an epoch each; empty where not stored."""
    epochs = manifest.training.get("history")
    if not isinstance(epochs, list) or not all(isinstance(epoch, Mapping) for epoch in epochs):
        return {}
    found = {}
    for key, name in (("loss", "training loss"), ("held_out_cross_entropy", "held-out")):
        values = [epoch.get(key) for epoch in epochs]
        if values and all(type(value) in (int, float) for value in values):
            found[name] = [float(value) for value in values if value is not None]
    return found
