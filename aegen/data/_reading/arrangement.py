"""What folders say of the pictures in them: classes, and parts for training and for testing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Arrangement", "arrange", "is_held_out", "is_part"]

TRAINING = {"train", "training"}
HELD_OUT = {
    "dev",
    "eval",
    "held-out",
    "holdout",
    "test",
    "testing",
    "val",
    "valid",
    "validation",
}


def is_part(word: str) -> bool:
    """Whether a word is the name of a part of a data set, such as "train"."""
    return word.lower() in TRAINING | HELD_OUT


def is_held_out(word: str) -> bool:
    """Whether the part of that name is kept out of training."""
    return word.lower() in HELD_OUT


@dataclass(frozen=True)
class Arrangement:
    """What the folders say.

    Attributes:
        classes: class of each picture, None for one beside the class folders; or None.
        parts: part of each picture; or None.
    """

    classes: list[str | None] | None
    parts: list[str] | None


def arrange(names: Sequence[str]) -> Arrangement:
    """The arrangement of pictures by their paths below a folder, with slashes.

    A lone folder is entered and says nothing. Folders of which one is for training and the others
    are for testing are parts. Two folders or more are classes, whatever lies deeper in them.

    Example:
        >>> arrange(["a/1.png", "b/1.png"]).classes
        ['a', 'b']
        >>> arrange(["photos/1.png", "photos/2.png"]).classes is None
        True
    """
    paths = [name.split("/") for name in names]
    depth = _below_lone_folders(paths, 0)
    heads = _folders(paths, depth)
    loose = any(len(path) == depth + 1 for path in paths)
    held = [is_held_out(head) for head in heads]
    parts = None
    if not loose and all(map(is_part, heads)) and any(held) and not all(held):
        parts = [path[depth] for path in paths]
        depth = _below_lone_folders(paths, depth + 1)
        heads = _folders(paths, depth)
    if len(heads) < 2:
        return Arrangement(None, parts)
    return Arrangement([p[depth] if len(p) > depth + 1 else None for p in paths], parts)


def _folders(paths: list[list[str]], depth: int) -> set[str]:
    return {path[depth] for path in paths if len(path) > depth + 1}


def _below_lone_folders(paths: list[list[str]], depth: int) -> int:
    """The depth at which there is more than one folder and nothing else."""
    while len(_folders(paths, depth)) == 1 and all(len(path) > depth + 1 for path in paths):
        depth += 1
    return depth
