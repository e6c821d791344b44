"""Opens a bundle's networks of torch weights: its classifier, and an autoencoder of format 1."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.autoencoders.classifier_layout import ClassifierLayout
from aegen.bundles.classifier_network import ClassifierNetwork
from aegen.bundles.codec import Codec
from aegen.bundles.codes import tensors
from aegen.bundles.convention import Convention
from aegen.bundles.manifest import MANIFEST, Manifest
from aegen.bundles.onnx_network import in_batches
from aegen.core.errors import AegenError, BundleError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from aegen.autoencoders import Autoencoder, Classifier

__all__ = [
    "CLASSIFIER",
    "WEIGHTS",
    "codec",
    "load_autoencoder",
    "load_classifier",
    "narrowed",
    "open_classifier",
]

WEIGHTS, CLASSIFIER = "weights.safetensors", "classifier.safetensors"

COUNTER = "num_batches_tracked"
"""The one weight of a classifier that is a whole number."""

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
    net: Autoencoder = _built(kind, spec.arguments, "architecture", manifest_path)
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
    """The classifier that bundle.json describes with the weights in ``content``, as torch has it.

    Raises:
        BundleError: a network or arguments that do not exist or do not fit.
    """
    from aegen.autoencoders import Classifier

    layout = _layout(manifest, path)
    net: Classifier = _built(Classifier, layout.arguments, "classifier", path.with_name(MANIFEST))
    _fill(net, content, path)
    return net


def open_classifier(manifest: Manifest, content: bytes, path: Path) -> ClassifierNetwork:
    """The same without torch, to read pictures.

    Raises:
        BundleError: as `load_classifier`.
    """
    layout = _layout(manifest, path)
    wanted = {name: (shape, not name.endswith(COUNTER)) for name, shape in layout.weights.items()}
    return ClassifierNetwork(layout, _weights(content, path, wanted), path)


def _layout(manifest: Manifest, path: Path) -> ClassifierLayout:
    """What bundle.json says of the classifier, compared with all else that it says."""
    spec = manifest.classifier
    manifest_path = path.with_name(MANIFEST)
    if spec is None or spec.name != "classifier":
        raise BundleError(manifest_path, 'classifier.name: must be "classifier"')
    with _building("classifier", manifest_path):
        layout = ClassifierLayout.of(**spec.arguments)
    h, w, c = manifest.image_shape
    if (*layout.size, layout.channels) != (h, w, c):
        taken = (*layout.size, layout.channels)
        fault = f"takes images {taken}, where the bundle's are {(h, w, c)}"
        raise BundleError(manifest_path, f"classifier.arguments: {fault}")
    for name, k in layout.attributes.items():
        attribute = manifest.attributes.get(name)
        if attribute is None or len(attribute.classes) != k:
            what = f"classifier.arguments.attributes.{name}: has {k} values"
            raise BundleError(manifest_path, f"{what}, which attributes does not list")
    for name in layout.numbers:
        attribute = manifest.attributes.get(name)
        if attribute is None or attribute.kind != "number":
            what = f"classifier.arguments.numbers.{name}: is no number that attributes lists"
            raise BundleError(manifest_path, what)
    return layout


UNFIT = (
    *(AegenError, ArithmeticError, AttributeError, LookupError),
    *(RuntimeError, TypeError, ValueError),
)
"""What a network raises at arguments of any other kind than it takes."""


@contextlib.contextmanager
def _building(field: str, path: Path) -> Iterator[None]:
    """Arguments come from a file: whatever they break is said of their ``field`` there."""
    try:
        yield
    except UNFIT as problem:
        fault = f"cannot build a network ({str(problem).splitlines()[0]})"
        raise BundleError(path, f"{field}.arguments: {fault}") from problem


def _built(kind: Callable[..., Any], arguments: Mapping[str, Any], field: str, path: Path) -> Any:
    """A network without weights, from arguments that come from a file.

    Built on torch's "meta" device, which holds shapes but no memory, so that no argument can fill
    the machine.
    """
    import torch

    with _building(field, path), torch.device("meta"):
        return kind(**arguments).eval()


def _fill(net: nn.Module, content: bytes, path: Path) -> None:
    """Give a network of the "meta" device its weights."""
    import torch

    kinds = net.state_dict()
    wanted = {name: (tuple(w.shape), w.is_floating_point()) for name, w in kinds.items()}
    filled = {
        name: torch.from_numpy(np.array(array)).to(kinds[name].dtype)
        for name, array in _weights(content, path, wanted).items()
    }
    net.load_state_dict(filled, assign=True)
    net.requires_grad_(False)


def _weights(
    content: bytes, path: Path, wanted: Mapping[str, tuple[tuple[int, ...], bool]]
) -> dict[str, NDArray[Any]]:
    """The weights of a file, if they are those that are ``wanted``: their shape, whether real.

    Raises:
        BundleError: one is missing, one too many, or one of another shape, type or range.
    """
    named = tensors(content, path)
    for name in sorted(set(wanted) ^ set(named)):
        what = "is missing" if name in wanted else "is no weight of this architecture"
        raise BundleError(path, f"{name}: {what}")
    for name, array in named.items():
        shape, real = wanted[name]
        if tuple(array.shape) != shape:
            raise BundleError(
                path,
                f"{name}: has shape {array.shape} where the architecture in bundle.json needs "
                f"{shape}",
            )
        if fault := _fault(name, array, real):
            raise BundleError(path, f"{name}: {fault}")
    return dict(named)


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


def _batched(network: Callable[[Tensor], Tensor], x: Float32) -> Float32:
    """``network`` over rows (n, ...), in batches of a few fixed sizes."""
    import torch

    def run(batch: Float32) -> NDArray[Any]:
        given = torch.from_numpy(batch)
        if given.ndim == 4:
            given = given.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            found: NDArray[Any] = network(given).numpy()
        return found

    return in_batches(run, x, 1 if math.prod(x.shape[1:]) > ALONE else None)
