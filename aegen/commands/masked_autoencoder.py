"""What `aegen train supermask-autoencoder` does: a bar, a line an epoch, and the files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from aegen.commands.progress_bar import followed
from aegen.core.errors import InvalidInput
from aegen.supermask.training.runs import CLASS, classes

if TYPE_CHECKING:
    from aegen.supermask.training.autoencoder import EvaluationSet

__all__ = ["TICKET", "classifier_of", "train_masks"]

TICKET = "autoencoder.ticket"
"""The ticket's file in the folder of a training; its history is beside it."""


def classifier_of(bundle: str, names: list[str]) -> EvaluationSet:
    """The classifier of a bundle, as a training asks it.

    Raises:
        InvalidInput: the bundle has none that distinguishes these classes.
        UnknownName: there is no such bundle.
    """
    from aegen.bundles import read

    found = read(bundle)
    attribute = found.manifest.attributes.get(CLASS)
    if found.manifest.classifier is None or attribute is None or attribute.values != tuple(names):
        raise InvalidInput(
            f"the bundle {bundle} has no classifier that distinguishes {', '.join(names)}: name "
            "another with --classifier"
        )
    return lambda x: found.classify(x)[CLASS].argmax(axis=1)


def train_masks(
    images: Any,
    dataset: str,
    out: Path,
    classifier: str,
    arguments: Mapping[str, Any],
    recipe: Mapping[str, Any],
) -> None:
    """Train to the end, or go on with what is in ``out``; then write ticket and history.

    Args:
        images: an `aegen.data.ImageSet` whose rows have a class.
        dataset: its name.
        out: the folder of the training.
        classifier: a bundle whose classifier is shown the reconstructions.
        arguments: of the architecture "masked".
        recipe: fields of `aegen.supermask.training.autoencoder.MaskRecipe`.

    Raises:
        InvalidInput: rows without a class, a classifier of other classes, settings out of range.
        TrainingError: see `aegen.supermask.training.autoencoder.MaskedTraining`.
    """
    from aegen.core.storage import claimed

    with claimed(out):
        _train(images, dataset, out, classifier, arguments, recipe)


def _train(
    images: Any,
    dataset: str,
    out: Path,
    classifier: str,
    arguments: Mapping[str, Any],
    recipe: Mapping[str, Any],
) -> None:
    from aegen.supermask.training.autoencoder import MaskedTraining, MaskRecipe

    labels, names = classes(images.attributes, images.title)
    evaluation_set = classifier_of(classifier, names)
    held = images.holdout
    training = MaskedTraining(
        images.images[~held],
        images.images[held],
        labels[held],
        evaluation_set,
        MaskRecipe(**recipe),
        arguments=arguments,
        dataset=dataset,
        folder=out,
        about={"licence": images.licence, "citation": images.citation, "classifier": classifier},
    )
    with followed() as console:
        for record in training:
            console.print(
                f"epoch {record.epoch}: loss {record.loss:.2f}, held out {record.test_loss:.2f}, "
                f"recognised {record.accuracy:.2%}, remaining {record.remaining:.2%}, "
                f"{sum(record.flips.values()):,} flips",
                highlight=False,
            )
    training.history().write((out / TICKET).with_suffix(".history"))
    training.ticket(title=f"{images.title}, autoencoder").write(out / TICKET)
    typer.echo(str(training.report))
    typer.echo(f"trained; {out} holds checkpoint.safetensors and {TICKET}")
