"""`aegen train`: an autoencoder, plain, variational or masked, or the classifier; resumable.

What can be known is checked first: the place to write, the options, the images and their sizes,
the attributes, and then, by `aegen.autoencoders.train`, memory, disk space and the networks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aegen.commands.destination import require_folder
from aegen.commands.field_settings import parsed_fields
from aegen.commands.recipe_options import recipe_options
from aegen.commands.training_images import TrainingImages, describe
from aegen.commands.training_run import follow, next_command
from aegen.core.errors import InvalidInput, UnknownName
from aegen.supermask.training.recipe import MaskRecipe

__all__ = ["train"]

CHECKPOINT = "checkpoint.safetensors"

OWN = ("channels", "latent_dim")
"""Fields of an architecture that the images, or an option of their own, decide."""

train = typer.Typer(help="Train an autoencoder, or the classifier.", no_args_is_help=True)

Images = Annotated[
    str,
    typer.Argument(
        help="Name of a data set, such as mnist (another lists all), or a path: a folder of "
        "pictures, a ZIP, or a file of arrays",
        metavar="DATA",
    ),
]
Dataset = Annotated[
    str,
    typer.Argument(help="Name of a data set, such as mnist; another lists all", metavar="DATA"),
]
Table = Annotated[
    Path | None,
    typer.Option("--attributes", help="Table of attributes of the pictures at a path"),
]
Shape = Annotated[
    str | None,
    typer.Option(
        metavar="HxW",
        help="Height x width to bring pictures at a path to, as 64x48; 64x48x3 says channels too",
    ),
]
DataPath = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of idx files, or npz file, that holds the images"),
]
Out = Annotated[Path | None, typer.Option(help="Folder for the checkpoint (runs/<data>-<kind>)")]
Epochs = Annotated[
    int | None, typer.Option(min=1, help="Passes over the training rows (by their number)")
]
Batch = Annotated[
    int | None, typer.Option(min=2, help="Images a step (by the number of rows and their size)")
]
Rate = Annotated[float, typer.Option(min=1e-6, max=1.0, help="Learning rate at its highest")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random")]
Device = Annotated[str, typer.Option(help="cpu or cuda")]
Limit = Annotated[int | None, typer.Option(min=2, help="Use only so many training rows")]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads (all)")]
KeepEvery = Annotated[
    int | None,
    typer.Option(min=1, help="Keep the weights of every so many epochs beside the checkpoint"),
]
CodeSize = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Dimensions of a code (10; more for larger pictures)"),
]
LatentDim = Annotated[int, typer.Option(min=1, max=1024, help="Dimensions of a code")]


@train.command("autoencoder")
def train_plain(
    dataset: Images,
    data: DataPath = None,
    out: Out = None,
    architecture: Annotated[
        str, typer.Option(metavar="NAME", help="Name of an architecture; another lists all")
    ] = "convolutional",
    field: Annotated[
        list[str] | None,
        typer.Option(help="A field of the architecture, NAME=VALUE; can be given repeatedly"),
    ] = None,
    begin_with: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Begin with the weights of a training that is done, of the same architecture",
        ),
    ] = None,
    decoder_only: Annotated[
        bool,
        typer.Option(
            "--decoder-only", help="With --begin-with: train the decoder alone, so that codes stay"
        ),
    ] = False,
    latent_dim: CodeSize = None,
    epochs: Epochs = None,
    batch: Batch = None,
    learning_rate: Rate = 2e-3,
    seed: Seed = 0,
    limit: Limit = None,
    attributes: Table = None,
    shape: Shape = None,
    keep_every: KeepEvery = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Train an autoencoder on a data set or your own pictures.

    The same command continues one that was stopped.
    """
    from aegen.autoencoders import architectures

    known = [each for each in architectures.parameters(architecture) if each.name not in OWN]
    fields = parsed_fields(known, architecture, field or [])
    images = TrainingImages(dataset, data, attributes, shape, limit)
    out = out or Path("runs") / f"{images.name}-autoencoder"
    recipe = {"epochs": epochs, "batch": batch, "learning_rate": learning_rate, "seed": seed}
    arguments = {**fields, "latent_dim": latent_dim}
    if decoder_only and begin_with is None:
        raise InvalidInput(
            "a decoder alone learns from the codes of a trained encoder: name the training by "
            "--begin-with, or leave --decoder-only out"
        )
    _autoencoder(
        images,
        architecture,
        arguments,
        out,
        recipe,
        keep_every,
        device,
        threads,
        begin_with,
        decoder_only,
    )


@train.command("vae")
def train_vae(
    dataset: Images,
    data: DataPath = None,
    out: Out = None,
    latent_dim: CodeSize = None,
    beta: Annotated[float, typer.Option(min=0.0, help="Weight of the pull to N(0, I)")] = 1.0,
    epochs: Epochs = None,
    batch: Batch = None,
    learning_rate: Rate = 2e-3,
    seed: Seed = 0,
    limit: Limit = None,
    attributes: Table = None,
    shape: Shape = None,
    keep_every: KeepEvery = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Train a variational autoencoder of the same backbone."""
    images = TrainingImages(dataset, data, attributes, shape, limit)
    out = out or Path("runs") / f"{images.name}-vae"
    recipe = {"epochs": epochs, "batch": batch, "learning_rate": learning_rate, "seed": seed}
    arguments = {"latent_dim": latent_dim, "beta": beta}
    _autoencoder(images, "variational", arguments, out, recipe, keep_every, device, threads)


@train.command("supermask-autoencoder")
@recipe_options(MaskRecipe)
def train_masked(
    dataset: Dataset,
    data: DataPath = None,
    out: Out = None,
    classifier: Annotated[
        str | None,
        typer.Option(
            help="Shown the reconstructions: a bundle that has one (the data set's own bundle)"
        ),
    ] = None,
    latent_dim: LatentDim = 16,
    encoder: Annotated[
        str, typer.Option(help="Sizes of the layers between image and code")
    ] = "512-128",
    decoder: Annotated[
        str | None, typer.Option(help="Those between code and image (the encoder's reversed)")
    ] = None,
    gain: Annotated[
        float, typer.Option(min=0.001, help="What the logits are multiplied by")
    ] = 3.0,
    limit: Limit = None,
    threads: Threads = None,
    *,
    settings: dict[str, Any],
) -> None:
    """Train which weights of an autoencoder are kept, inverted and dropped, and no weight at all.

    Writes a checkpoint for `aegen bundles create`, a ticket and its history.
    """
    from aegen.commands.masked_autoencoder import train_masks
    from aegen.data import datasets
    from aegen.supermask.networks.fcn import sizes

    images = TrainingImages(dataset, data, limit=limit)
    if not images.is_named:
        raise UnknownName("data set", dataset, datasets.names())
    out = out or Path("runs") / f"{dataset}-supermask"
    found = _checked(images, out, "cpu", threads)
    arguments: dict[str, Any] = {"latent_dim": latent_dim, "encoder": sizes(encoder, "--encoder")}
    if decoder is not None:
        arguments["decoder"] = sizes(decoder, "--decoder")
    train_masks(
        found,
        dataset,
        out,
        classifier or dataset,
        {**arguments, "gain": gain},
        settings,
    )


@train.command("classifier")
def train_attributes(
    dataset: Images,
    data: DataPath = None,
    out: Out = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Passes over the training rows (by their number, fewer where it no longer "
            "improves on a tenth of them that is kept aside)",
        ),
    ] = None,
    batch: Batch = None,
    learning_rate: Rate = 2e-3,
    seed: Seed = 0,
    details: Annotated[
        list[str] | None,
        typer.Option(help="An attribute that a single pixel may decide; can be given repeatedly"),
    ] = None,
    limit: Limit = None,
    attributes: Table = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="An attribute to learn, in place of all; can be given repeatedly"),
    ] = None,
    shape: Shape = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Train the classifier that reads attributes off pictures: classes, yes or no, numbers.

    Without --epochs it stops where it no longer improves. Held-out pictures then tell how well
    it reads each attribute.
    """
    from aegen.commands.train_classifier import train_on

    images = TrainingImages(dataset, data, attributes, shape, limit)
    out = out or Path("runs") / f"{images.name}-classifier"
    train_on(
        _checked(images, out, device, threads),
        images,
        out,
        only=only,
        details=details or (),
        recipe={"epochs": epochs, "batch": batch, "learning_rate": learning_rate, "seed": seed},
        device=device,
    )


def _autoencoder(
    images: TrainingImages,
    architecture: str,
    arguments: dict[str, Any],
    out: Path,
    recipe: dict[str, Any],
    keep_every: int | None,
    device: str,
    threads: int | None,
    begin_with: Path | None = None,
    decoder_only: bool = False,
) -> None:
    from aegen.autoencoders import architectures
    from aegen.autoencoders.defaults import chosen_batch, chosen_epochs, chosen_latent_dim

    learns = architectures.get(architecture).learns_attributes
    found = _checked(images, out, device, threads)
    known = _labels(found) if learns else {}
    rows = int((~found.holdout).sum())
    arguments["latent_dim"] = arguments["latent_dim"] or chosen_latent_dim(found.image_shape)
    recipe["batch"] = recipe["batch"] or chosen_batch(rows, found.image_shape, most=256)
    recipe["epochs"] = recipe["epochs"] or chosen_epochs(
        rows, recipe["batch"], steps=1_500, least=20, most=200
    )
    if not images.is_named:
        typer.echo(
            f"codes of {arguments['latent_dim']} dimensions; {recipe['epochs']} epochs in steps "
            f"of {recipe['batch']} pictures"
        )
    from aegen.autoencoders.image_rows import parts
    from aegen.autoencoders.train import train_autoencoder
    from aegen.autoencoders.training_loop import Recipe

    steps = train_autoencoder(
        *parts(found.images, found.holdout),
        checkpoint := out / CHECKPOINT,
        architecture=architecture,
        arguments=arguments,
        **known,
        begin_with=None if begin_with is None else begin_with / CHECKPOINT,
        decoder_only=decoder_only,
        dataset=found.name,
        source=images.source,
        recipe=Recipe(**recipe),
        device=device,
    )
    follow(steps, recipe["epochs"], checkpoint, keep_every)
    typer.echo(f"next: {next_command(images, out)}")


def _labels(found: Any) -> dict[str, Any]:
    """The classes of the training rows, as `train_autoencoder` takes them."""
    from aegen.autoencoders.attribute_labels import attribute_labels

    labels = attribute_labels(found.attributes)
    return {"labels": labels.classes[~found.holdout], "attributes": labels.counts}


def _checked(images: TrainingImages, out: Path, device: str, threads: int | None) -> Any:
    """The `aegen.data.ImageSet` to train on, read once all else has been checked."""
    images.check()
    require_folder(out)
    if device != "cpu" or threads is not None:
        import torch

        from aegen.autoencoders.train import check_device

        check_device(device)
        if threads is not None:
            torch.set_num_threads(threads)
    found = images.read()
    if not images.is_named:
        describe(found)
    return found
