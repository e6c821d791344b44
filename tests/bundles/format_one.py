"""Bundles as aegen wrote them before format 2, which it goes on reading: only tests write them."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from safetensors.numpy import save

from aegen.autoencoders.checkpoint import weights_of
from aegen.bundles import Bundle

__all__ = ["format_one"]

LATER = ("payload", "code_shape", "encoder", "decoder", "reduction", "features", "notes")
"""Fields that format 1 did not have."""


def format_one(bundle: Bundle, net: Any, folder: Path) -> Path:
    """A bundle of images that was made of the aegen network ``net``, in format 1 in ``folder``."""
    shutil.copytree(bundle.path, folder)
    document = json.loads((folder / "bundle.json").read_text())
    document["format"] = 1
    document["image_shape"] = document["payload"]["shape"]
    for name in LATER:
        del document[name]
    for name in ("encoder.onnx", "decoder.onnx"):
        (folder / name).unlink()
        del document["files"][name]
    content = save(weights_of(net))
    (folder / "weights.safetensors").write_bytes(content)
    document["files"]["weights.safetensors"] = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
    }
    (folder / "bundle.json").write_text(json.dumps(document))
    return folder
