"""A bundle's networks with numpy at both ends: images to codes and back, images to attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.codes import tensors
from aegen.bundles.manifest import MANIFEST, Manifest, Network
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError, BundleError, InvalidInput

if TYPE_CHECKING:
    from torch import Tensor, nn

    from aegen.autoencoders import Autoencoder, Classifier

__all__ = [
    "CLASSIFIER",
    "WEIGHTS",
    "decode",
    "encode",
    "features",
    "load_autoencoder",
    "load_classifier",
    "narrowed",
    "probabilities",
    "reconstruction",
]

WEIGHTS, CLASSIFIER = "weights.safetensors", "classifier.safetensors"

BATCH, BLOCK = 64, 16
"""Images at a time, and the multiple to which the last batch is filled up.

Kernels are chosen by batch size, so the same code decoded in a batch of 7 and of 64 may differ in
the last bit. In multiples of 16 it did not (torch 2.15, one thread): a row's result depends on the
row alone. 64 at a time is also faster an image than 256, which leaves the processor's cache.
"""

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
    for name, k in net.arguments["attributes"].items():
        attribute = manifest.attributes.get(name)
        if attribute is None or len(attribute.values) != k:
            what = f"classifier.arguments.attributes.{name}: has {k} values"
            raise BundleError(manifest_path, f"{what}, which attributes does not list")
    _fill(net, content, path)
    return net


def _built(kind: Callable[..., Any], spec: Network, field: str, path: Path) -> Any:
    """A network without weights, from arguments that come from a file.

    Built on torch's "meta" device, which holds shapes but no memory, so that no argument can fill
    the machine.
    """
    import torch

    try:
        with torch.device("meta"):
            return kind(**spec.arguments).eval()
    except (AegenError, TypeError, ValueError, RuntimeError, ArithmeticError) as problem:
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
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise BundleError(path, f"{name}: holds values that are NaN or infinite")
        filled[name] = torch.from_numpy(np.array(array)).to(wanted[name].dtype)
    net.load_state_dict(filled, assign=True)
    net.requires_grad_(False)


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


def encode(net: Autoencoder, x: Float32) -> FloatArray:
    """Codes, float64 (n, d), of images (n, h, w, c)."""
    return _batched(net.encode, _pixels_first(x)).astype(np.float64)


def decode(net: Autoencoder, z: FloatArray) -> Float32:
    """Images, float32 (n, h, w, c) in [0, 1], of codes (n, d).

    Raises:
        InvalidInput: codes so large that the network overflows.
    """
    with np.errstate(over="ignore"):  # too large for float32 shows below as pixels that are NaN
        x = _batched(net.decode, z.astype(np.float32))
    bad = ~np.isfinite(x).all(axis=(1, 2, 3))
    if bad.any():
        raise InvalidInput(
            f"{int(bad.sum())} of {len(z)} codes are too large to decode, first row "
            f"{int(bad.argmax())}: take codes nearer to the data"
        )
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def reconstruction(net: Autoencoder, x: Float32) -> tuple[float, float]:
    """Errors of images (n, h, w, c), n >= 1, after encoding and decoding.

    Returns:
        mean squared error a pixel, and binary cross-entropy in nats an image (training's loss).
    """
    import torch

    squares = entropy = 0.0
    with torch.inference_mode():
        for start in range(0, len(x), BATCH):
            real = torch.from_numpy(_pixels_first(x[start : start + BATCH]))
            logits = net.logits(net.encode(real))
            squares += float(((torch.sigmoid(logits) - real) ** 2).sum(dtype=torch.float64))
            entropy += float(net.reconstruction_loss(logits, real)) * len(real)
    return squares / x.size, entropy / len(x)


def features(net: Classifier, x: Float32) -> Float32:
    """The classifier's features, float32 (n, f), of images (n, h, w, c)."""
    return _batched(net.features, _pixels_first(x))


def probabilities(net: Classifier, x: Float32, f: Float32 | None = None) -> dict[str, FloatArray]:
    """Probability of each value, float64 (n, k) an attribute, of images (n, h, w, c).

    ``f`` (n, f) spares the most of it where `features` was called before.
    """
    sizes: Mapping[str, int] = net.arguments["attributes"]

    def joined(*batch: Tensor) -> Tensor:
        import torch

        logits = net(*batch)
        return torch.cat([logits[name].softmax(dim=1) for name in sizes], dim=1)

    known = () if f is None else (f,)
    table = _batched(joined, _pixels_first(x), *known).astype(np.float64)
    ends = np.cumsum(list(sizes.values()))
    return dict(zip(sizes, np.split(table, ends[:-1], axis=1), strict=True))


def _pixels_first(x: Float32) -> Float32:
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def _batched(network: Callable[..., Tensor], *rows: Float32) -> NDArray[Any]:
    """``network`` over arrays of as many rows in batches of a few fixed sizes."""
    import torch

    n = len(rows[0])
    # An empty input still tells its output's width.
    filled = -(-n // BLOCK) * BLOCK if n else BLOCK
    pieces = []
    with torch.inference_mode():
        for start in range(0, filled, BATCH):
            stop = min(start + BATCH, filled)
            pieces.append(network(*(_batch(array, start, stop) for array in rows)).numpy())
    return np.concatenate(pieces)[:n]


def _batch(rows: Float32, start: int, stop: int) -> Tensor:
    """Rows ``start`` to ``stop``; zeros where there are none any more."""
    import torch

    batch = rows[start:stop]
    missing = stop - start - len(batch)
    if missing:
        batch = np.concatenate([batch, np.zeros((missing, *rows.shape[1:]), np.float32)])
    # torch warns about arrays that it could not write to, though it does not
    return torch.from_numpy(np.require(batch, requirements=["C", "W"]))
