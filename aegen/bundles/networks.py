"""A bundle's networks with numpy at both ends: images to codes and back, images to attributes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.codec import Codec
from aegen.bundles.codes import tensors
from aegen.bundles.convention import Convention
from aegen.bundles.manifest import MANIFEST, Manifest, Network
from aegen.bundles.onnx_network import in_batches
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError, BundleError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from aegen.autoencoders import Autoencoder, Classifier

__all__ = [
    "CLASSIFIER",
    "WEIGHTS",
    "codec",
    "features",
    "load_autoencoder",
    "load_classifier",
    "measured",
    "narrowed",
    "probabilities",
]

WEIGHTS, CLASSIFIER = "weights.safetensors", "classifier.safetensors"

ALONE = 2**18
"""Numbers of a row above which rows go through one at a time: sixteen would fill the memory."""

Float32 = NDArray[np.float32]


def load_autoencoder(manifest: Manifest, content: bytes, path: Path) -> Autoencoder:
    """The autoencoder that bundle.json describes with the weights in ``content``.

    Raises:
        BundleError: an architecture or arguments that do not exist or do not fit.
    """
    from aegen.autoencoders import architectures
    from aegen.core.parameters import check, parameters

    spec = manifest.architecture
    manifest_path = path.with_name(MANIFEST)
    assert spec is not None  # format 1 has it
    try:
        kind = architectures.get(spec.name)
        tunable = {p.name for p in parameters(kind)}
        check(kind, {k: v for k, v in spec.arguments.items() if k in tunable})
    except AegenError as problem:
        raise BundleError(manifest_path, f"architecture: {problem}") from problem
    net: Autoencoder = _built(kind, spec, "architecture", manifest_path)
    h, w, c = manifest.image_shape
    if (net.latent_dim, tuple(net.shape)) != (manifest.latent_dim, (c, h, w)):
        raise BundleError(
            manifest_path,
            f"architecture.arguments: make codes of {net.latent_dim} dimensions from images "
            f"{tuple(net.shape)}, where latent_dim is {manifest.latent_dim} and image_shape "
            f"{manifest.image_shape}",
        )
    _fill(net, content, path)
    return net


def load_classifier(manifest: Manifest, content: bytes, path: Path) -> Classifier:
    """The classifier that bundle.json describes with the weights in ``content``.

    Raises:
        BundleError: a network or arguments that do not exist or do not fit.
    """
    from aegen.autoencoders import Classifier

    spec = manifest.classifier
    manifest_path = path.with_name(MANIFEST)
    if spec is None or spec.name != "classifier":
        raise BundleError(manifest_path, 'classifier.name: must be "classifier"')
    net: Classifier = _built(Classifier, spec, "classifier", manifest_path)
    h, w, c = manifest.image_shape
    size, channels = net.arguments["size"], net.arguments["channels"]
    taken = (*(size if isinstance(size, list) else (size, size)), channels)
    if taken != (h, w, c):
        fault = f"takes images {taken}, where the bundle's are {(h, w, c)}"
        raise BundleError(manifest_path, f"classifier.arguments: {fault}")
    for name, k in net.arguments["attributes"].items():
        attribute = manifest.attributes.get(name)
        if attribute is None or len(attribute.classes) != k:
            what = f"classifier.arguments.attributes.{name}: has {k} values"
            raise BundleError(manifest_path, f"{what}, which attributes does not list")
    for name in net.units:
        attribute = manifest.attributes.get(name)
        if attribute is None or attribute.kind != "number":
            what = f"classifier.arguments.numbers.{name}: is no number that attributes lists"
            raise BundleError(manifest_path, what)
    import torch

    _fill(net, content, path)
    net.to(memory_format=torch.channels_last)  # 2,000 digits take 0.3 s so, 0.6 s otherwise
    return net


UNFIT = (
    *(AegenError, ArithmeticError, AttributeError, LookupError),
    *(RuntimeError, TypeError, ValueError),
)
"""What a network raises at arguments of any other kind than it takes."""


def _built(kind: Callable[..., Any], spec: Network, field: str, path: Path) -> Any:
    """A network without weights, from arguments that come from a file.

    Built on torch's "meta" device, which holds shapes but no memory, so that no argument can fill
    the machine.
    """
    import torch

    try:
        with torch.device("meta"):
            return kind(**spec.arguments).eval()
    except UNFIT as problem:
        fault = f"cannot build a network ({str(problem).splitlines()[0]})"
        raise BundleError(path, f"{field}.arguments: {fault}") from problem


def _fill(net: nn.Module, content: bytes, path: Path) -> None:
    """Give a network of the "meta" device its weights."""
    import torch

    named = tensors(content, path)
    wanted = net.state_dict()
    for name in sorted(set(wanted) ^ set(named)):
        what = "is missing" if name in wanted else "is no weight of this architecture"
        raise BundleError(path, f"{name}: {what}")
    filled = {}
    for name, array in named.items():
        if tuple(array.shape) != tuple(wanted[name].shape):
            raise BundleError(
                path,
                f"{name}: has shape {array.shape} where the architecture in bundle.json needs "
                f"{tuple(wanted[name].shape)}",
            )
        if fault := _fault(name, array, wanted[name].is_floating_point()):
            raise BundleError(path, f"{name}: {fault}")
        filled[name] = torch.from_numpy(np.array(array)).to(wanted[name].dtype)
    net.load_state_dict(filled, assign=True)
    net.requires_grad_(False)


REAL, WHOLE = ("float16", "float32"), ("int64",)
"""Types of weights in a file, and of a network's counters."""


def _fault(name: str, array: NDArray[Any], real: bool) -> str | None:
    """What is wrong with the numbers of a weight that is ``real`` in its network, or whole."""
    types = REAL if real else WHOLE
    if array.dtype.name not in types:
        return f"has numbers of type {array.dtype} where {' or '.join(types)} is needed"
    if not np.isfinite(array).all():
        return "holds values that are NaN or infinite"
    if name.rpartition(".")[2] == "running_var" and (array < 0).any():
        return "holds variances below 0"
    return None


def narrowed(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Weights in half precision where that changes none of them, in half the bytes.

    So it is with frozen weights that are plus or minus a constant that half precision has, and
    with networks that were rounded. If it would change one weight, all are left as they are.

    Example:
        >>> [narrowed({"a": np.array([x], np.float32)})["a"].dtype.name for x in (0.5, 0.1)]
        ['float16', 'float32']
    """
    halves = {}
    for name, array in arrays.items():
        halves[name] = array
        if array.dtype == np.float32:
            with np.errstate(over="ignore"):
                halves[name] = array.astype(np.float16)
            if not np.array_equal(halves[name], array):
                return dict(arrays)
    return halves


def codec(manifest: Manifest, content: bytes, path: Path) -> Codec:
    """The autoencoder of a bundle of format 1, from the bytes of its weights.

    Raises:
        BundleError: an architecture or arguments that do not exist or do not fit.
    """
    net = load_autoencoder(manifest, content, path)
    pixels = Convention()
    return Codec(
        manifest.payload,
        manifest.code_shape,
        partial(_batched, net.encode),
        partial(_batched, net.decode),
        pixels,
        pixels,
    )


def features(net: Classifier, x: Float32) -> Float32:
    """The classifier's features, float32 (n, f), of images (n, h, w, c)."""
    return _batched(net.features, _pixels_first(x))


def probabilities(net: Classifier, x: Float32, f: Float32 | None = None) -> dict[str, FloatArray]:
    """Probability of each value, float64 (n, k) an attribute, of images (n, h, w, c).

    ``f`` (n, f) spares the most of it where `features` was called before.
    """
    sizes: Mapping[str, int] = net.arguments["attributes"]
    if not sizes:
        return {}

    def joined(*batch: Tensor) -> Tensor:
        import torch

        logits = net(*batch)
        return torch.cat([logits[name].softmax(dim=1) for name in sizes], dim=1)

    known = () if f is None else (f,)
    table = _batched(joined, _pixels_first(x), *known).astype(np.float64)
    ends = np.cumsum(list(sizes.values()))
    return dict(zip(sizes, np.split(table, ends[:-1], axis=1), strict=True))


def measured(net: Classifier, x: Float32) -> dict[str, FloatArray]:
    """The number of each number attribute, float64 (n,), of images (n, h, w, c)."""
    if not net.units:
        return {}

    def joined(batch: Tensor) -> Tensor:
        import torch

        return torch.stack(list(net.measure(batch).values()), dim=1)

    table = _batched(joined, _pixels_first(x)).astype(np.float64)
    return dict(zip(net.units, table.T, strict=True))


def _pixels_first(x: Float32) -> Float32:
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def _batched(network: Callable[..., Tensor], *rows: Float32) -> Float32:
    """``network`` over arrays of as many rows, in batches of a few fixed sizes."""
    import torch

    widths = [math.prod(array.shape[1:]) for array in rows]
    flat = [array.reshape(len(array), width) for array, width in zip(rows, widths, strict=True)]
    joined = rows[0] if len(rows) == 1 else np.concatenate(flat, axis=1)

    def run(batch: Float32) -> NDArray[Any]:
        parts = [batch] if len(rows) == 1 else np.split(batch, np.cumsum(widths)[:-1], axis=1)
        with torch.inference_mode():
            given = [
                torch.from_numpy(np.ascontiguousarray(part.reshape(len(part), *array.shape[1:])))
                for part, array in zip(parts, rows, strict=True)
            ]
            if given[0].ndim == 4:
                given[0] = given[0].contiguous(memory_format=torch.channels_last)
            found: NDArray[Any] = network(*given).numpy()
        return found

    return in_batches(run, joined, 1 if max(widths) > ALONE else None)
