"""Weights by name: found in a checkpoint, matched with a network's own, and put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.core.errors import StorageError

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["NAMES", "fill", "safetensors_weights", "settings", "weights"]

NAMES = (
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "autoencoder",
    "vae",
    "weights",
    "params",
    "ema",
    "ema_state_dict",
    "model_ema",
    "params_ema",
)
"""Under which names training scripts keep weights, those of averages after those of training."""

COUNTERS = "num_batches_tracked"
"""Of batch normalisation: used in training only, and missing in files of old versions."""

SHOWN = 3
"""Names that a message lists."""

Weights = dict[str, "Tensor"]


def weights(loaded: Any, path: Path, key: str | None = None) -> Weights:
    """The weights in what a checkpoint holds, by name.

    Args:
        loaded: a mapping of names to tensors, or one that holds such a mapping under the name
            ``state_dict``, ``model``, ``ema`` or their like; the first of `NAMES` counts.
        path: the file, for messages.
        key: the name to take instead; or a prefix of names, of which the rest is taken.

    Raises:
        StorageError: there is none; with what is there.
    """
    found = dict(_candidates(loaded))
    if not found:
        raise StorageError(path, f"holds no weights by name, but {_contents(loaded)}")
    if key is None:
        return next(iter(found.values()))
    if key in found:
        return found[key]
    for named in found.values():
        prefix = key.rstrip(".") + "."
        part = {n.removeprefix(prefix): t for n, t in named.items() if n.startswith(prefix)}
        if part:
            return part
    known = ", ".join(repr(name) for name in found if name) or "none by a name"
    raise StorageError(path, f"holds no weights under {key!r}; it holds: {known}")


def _candidates(loaded: Any, name: str = "", depth: int = 3) -> Iterator[tuple[str, Weights]]:
    import torch

    if not isinstance(loaded, Mapping) or depth == 0:
        return
    named = {
        str(n).replace("_orig_mod.", ""): value  # as torch.compile writes it
        for n, value in loaded.items()
        if isinstance(value, torch.Tensor)
    }
    inner = [n for n in NAMES if isinstance(loaded.get(n), Mapping)]
    for n in inner:
        yield from _candidates(loaded[n], n, depth - 1)
    others = [n for n in loaded if n not in NAMES and isinstance(loaded[n], Mapping)]
    if named and not inner and not others:
        yield name, named
    for n in others:  # such as "encoder" and "decoder": only by their name
        part = [v for v in loaded[n].values() if isinstance(v, torch.Tensor)]
        if part and not n.startswith("optim"):
            yield from _candidates(loaded[n], str(n), 1)


def _contents(loaded: Any) -> str:
    if not isinstance(loaded, Mapping):
        return f"a {type(loaded).__name__}"
    return f"the names {', '.join(map(repr, list(loaded)[:12]))}" if loaded else "nothing"


def settings(loaded: Any) -> dict[str, Any]:
    """Constructor arguments that a checkpoint of Lightning keeps; none of other files."""
    from aegen.bundles.imports.torch_file import Unread

    kept = loaded.get("hyper_parameters") if isinstance(loaded, Mapping) else None
    if not isinstance(kept, Mapping):
        return {}
    return {str(k): v for k, v in kept.items() if not isinstance(v, Unread)}


def safetensors_weights(path: Path) -> Weights:
    """The weights in a safetensors file, which runs nothing.

    Raises:
        StorageError: it is missing or not whole.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError, KeyError) as problem:
        raise StorageError(path, f"is not a whole safetensors file ({problem})") from problem


def fill(net: nn.Module, given: Mapping[str, Tensor], path: Path) -> None:
    """Give a network the weights of a file, names and shapes being the same.

    Names in the file may all have a prefix, as ``model.`` where the network was a part of a larger
    one: what stands outside the prefix then belongs to other parts.

    Raises:
        StorageError: names are missing, unexpected or of other shapes; the first few of each.
    """
    import torch

    own = {n: t for n, t in net.state_dict().items() if isinstance(t, torch.Tensor)}
    needed = {n for n in own if not n.endswith(COUNTERS)}
    if not needed:
        raise StorageError(path, f"holds weights, and {type(net).__name__} has none")
    prefix = _prefix(needed, given, path)
    part = {n.removeprefix(prefix): t for n, t in given.items() if n.startswith(prefix)}
    faults = [
        _listed("has no", sorted(needed - part.keys())),
        _listed(f"has what {type(net).__name__} has not:", sorted(part.keys() - own.keys())),
        _listed("has another shape of", _misshapen(own, part)),
    ]
    if any(faults):
        raise StorageError(
            path,
            f"does not fit {type(net).__name__}: it {', '.join(filter(None, faults))}; see "
            "whether class and arguments are those of its training",
        )
    try:
        net.load_state_dict(part, strict=False)
    except Exception as problem:  # RuntimeError, and what a person's own hooks raise
        line = (str(problem).strip().splitlines() or [""])[-1].strip()
        raise StorageError(path, f"does not fit {type(net).__name__} ({line})") from problem


def _prefix(needed: set[str], given: Mapping[str, Tensor], path: Path) -> str:
    """What stands before each needed name in the file; "" where nothing makes all names match."""
    if needed <= given.keys():
        return ""
    longest = max(needed, key=lambda n: (len(n), n))
    ends = [n.removesuffix(longest) for n in given if n.endswith("." + longest)]
    whole = [p for p in ends if all(p + n in given for n in needed)]
    if len(whole) > 1:
        raise StorageError(
            path,
            f"holds such weights more than once, under {', '.join(whole)}: say which, as "
            f"key={whole[0]!r}",
        )
    return whole[0] if whole else ""


def _misshapen(own: Mapping[str, Tensor], part: Mapping[str, Tensor]) -> list[str]:
    from torch.nn.parameter import is_lazy

    return [
        f"{n} {tuple(part[n].shape)} in the place of {tuple(t.shape)}"
        for n, t in own.items()
        if n in part and not is_lazy(t) and part[n].shape != t.shape
    ]


def _listed(what: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{what} {', '.join(names[:SHOWN])}{more}"
