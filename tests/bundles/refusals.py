"""How a bad bundle is refused: by one sentence on reading, and by a finding of the check."""

import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from aegen.bundles import check, read
from aegen.core.errors import BundleError

__all__ = ["changed", "listed", "refused", "use_all"]


def use_all(folder):
    """Read everything that a bundle has."""
    bundle = read(folder)
    x = bundle.decode(bundle.codes)
    bundle.encode(x)
    bundle.classify(x)
    bundle.thumbnail_images([0])
    assert bundle.cover
    assert len(bundle.attributes)
    for name in bundle.manifest.projections:
        bundle.project(name, bundle.holdout)


def refused(folder, file, said):
    """Reading raises one sentence, and the check has a finding, that name the file."""
    with pytest.raises(BundleError, match=said) as error:
        use_all(folder)
    assert error.value.path.name == file
    assert "\n" not in str(error.value)
    report = check(folder)
    assert not report.ok
    assert any(file in (finding.file, folder.name) for finding in report.findings)
    return report


def listed(folder, name, content):
    """Put other bytes in a listed file and list their hash, as a careless maker would."""
    (folder / name).write_bytes(content)
    document = json.loads((folder / "bundle.json").read_text())
    digest = hashlib.sha256(content).hexdigest()
    document["files"][name] = {"sha256": digest, "size": len(content)}
    (folder / "bundle.json").write_text(json.dumps(document))
    return folder


def changed(folder, replace_file, how, name="codes.safetensors"):
    """Rewrite the tensors of a file after ``how`` has changed them."""
    named = dict(load((folder / name).read_bytes()))
    how(named)
    return replace_file(name, save({k: np.asarray(v, order="C") for k, v in named.items()}))
