"""What `aegen train classifier` does: which attributes, for how long, and how well in the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from aegen.commands.training_images import TrainingImages
from aegen.commands.training_run import figures_line, follow, next_command
from aegen.core.errors import InvalidInput, UnknownName

__all__ = ["train_on"]


def train_on(
    found: Any,
    images: TrainingImages,
    out: Path,
    *,
    only: Sequence[str] | None,
    details: Sequence[str],
    recipe: dict[str, Any],
    device: str,
) -> None:
    """Train to the end, or go on with what is in ``out``; then say how each attribute is read.

    Args:
        found: an `aegen.data.ImageSet` with attributes.
        images: how a person named it.
        out: the folder of the training.
        only: attributes to learn, in place of all.
        details: attributes that a single pixel may decide.
        recipe: fields of `aegen.autoencoders.training_loop.Recipe`, None where they are to be
            chosen; without epochs it may stop early.
        device: "cpu" or "cuda".

    Raises:
        InvalidInput: no attribute that can be learned.
        UnknownName: an attribute to learn that is not there.
        TrainingError: see `aegen.autoencoders.train.train_classifier`.
    """
    from aegen.autoencoders.attribute_labels import attribute_labels
    from aegen.autoencoders.defaults import chosen_batch, chosen_epochs, chosen_patience

    labels = attribute_labels(_columns(found, only))
    if not images.is_named:
        for name, reason in labels.left_out.items():
            typer.echo(f"attribute {name} is left out: {reason}")
        typer.echo(f"learns {', '.join([*labels.values, *labels.numbers])}")
    held = found.holdout
    rows = int((~held).sum())
    recipe["batch"] = recipe["batch"] or chosen_batch(rows, found.image_shape, most=128)
    if recipe["epochs"] is None:
        epochs = chosen_epochs(rows, recipe["batch"], steps=3_000, least=8, most=60)
        recipe |= {"epochs": epochs, "patience": chosen_patience(epochs)}
    from aegen.autoencoders.image_rows import parts
    from aegen.autoencoders.train import train_classifier
    from aegen.autoencoders.training_loop import Recipe

    shown, kept_out = parts(found.images, held)
    steps = train_classifier(
        shown,
        labels.classes[~held],
        kept_out,
        labels.classes[held],
        checkpoint := out / "checkpoint.safetensors",
        attributes=labels.counts,
        numbers={name: column[~held] for name, column in labels.numbers.items()},
        held_out_numbers={name: column[held] for name, column in labels.numbers.items()},
        details=details,
        dataset=found.name,
        source=images.source,
        recipe=Recipe(**recipe),
        device=device,
    )
    follow(steps, recipe["epochs"], checkpoint)
    _tell_end(checkpoint, recipe, details)
    _tell_scores(checkpoint, kept_out, labels, held)
    typer.echo(f"next: {next_command(images, Path(f'runs/{images.name}-autoencoder'), out)}")


def _columns(found: Any, only: Sequence[str] | None) -> Any:
    """The attributes to learn from."""
    table = found.attributes
    if not len(table.columns):
        raise InvalidInput(
            f"{found.title} has no attributes, so there is nothing to learn: give a table of them "
            "with --attributes, or put the pictures into a folder a class"
        )
    for name in only or ():
        if name not in table.columns:
            raise UnknownName("attribute", name, map(str, table.columns))
    return table[list(only)] if only else table


def _tell_end(checkpoint: Path, recipe: dict[str, Any], details: Sequence[str]) -> None:
    """Say which epoch's weights these are, and what details added."""
    from aegen.autoencoders.checkpoint import read_checkpoint
    from aegen.autoencoders.training_loop import best_epoch

    history = read_checkpoint(checkpoint).history
    if (patience := recipe.get("patience")) is not None:
        if len(history) < recipe["epochs"]:
            typer.echo(
                f"stopped after epoch {len(history)} of {recipe['epochs']}: the loss on a tenth "
                f"of the training pictures, kept aside, has not fallen for {patience} epochs"
            )
        typer.echo(
            f"the weights are those of epoch {best_epoch(history)}, where the loss on pictures "
            "kept aside was lowest"
        )
    if details:
        typer.echo(f"with details: {figures_line(history[-1])}")


def _tell_scores(checkpoint: Path, kept_out: Any, labels: Any, held: Any) -> None:
    """Say how well each attribute is read off held-out pictures."""
    from aegen.autoencoders import Classifier
    from aegen.autoencoders.classifier_scores import attribute_scores
    from aegen.autoencoders.train import trained

    network = trained(checkpoint)[0]
    assert isinstance(network, Classifier)
    numbers = {name: column[held] for name, column in labels.numbers.items()}
    scores = attribute_scores(network, kept_out, labels.classes[held], numbers)
    if not scores:
        typer.echo("there are no held-out pictures with attributes to tell how well it reads them")
        return
    typer.echo("on held-out pictures, with 95 % intervals:")
    width = max(map(len, scores))
    for name, score in scores.items():
        typer.echo(f"  {name:<{width}}  {score}")
