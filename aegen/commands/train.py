"""`aegen train`: an autoencoder, plain, variational or masked, or the classifier; resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aegen.commands.progress_bar import progress_bar
from aegen.commands.recipe_options import recipe_options
from aegen.supermask.training.recipe import MaskRecipe

__all__ = ["train"]

train = typer.Typer(help="Train an autoencoder, or the classifier.", no_args_is_help=True)

Dataset = Annotated[
    str,
    typer.Argument(help="Name of a data set, such as mnist; another lists all", metavar="DATA"),
]
DataPath = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of idx files, or npz file, that holds the images"),
]
Out = Annotated[Path | None, typer.Option(help="Folder for the checkpoint [runs/<data>-<kind>]")]
Epochs = Annotated[int, typer.Option(min=1, help="Passes over the training rows")]
Batch = Annotated[int, typer.Option(min=2, help="Images a step")]
Rate = Annotated[float, typer.Option(min=1e-6, max=1.0, help="Learning rate at its highest")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random")]
Device = Annotated[str, typer.Option(help="cpu or cuda")]
Limit = Annotated[int | None, typer.Option(min=2, help="Use only so many training rows")]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads [all]")]
KeepEvery = Annotated[
    int | None,
    typer.Option(min=1, help="Keep the weights of every so many epochs beside the checkpoint"),
]
LatentDim = Annotated[int, typer.Option(min=1, max=1024, help="Dimensions of a code")]


@train.command("autoencoder")
def train_plain(
    dataset: Dataset,
    data: DataPath = None,
    out: Out = None,
    architecture: Annotated[
        str, typer.Option(metavar="NAME", help="Name of an architecture; another lists all")
    ] = "convolutional",
    latent_dim: LatentDim = 10,
    epochs: Epochs = 20,
    batch: Batch = 256,
    learning_rate: Rate = 2e-3,
    seed: Seed = 0,
    limit: Limit = None,
    keep_every: KeepEvery = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Train an autoencoder; the same command continues one that was stopped."""
    arguments = {"latent_dim": latent_dim}
    recipe = {"epochs": epochs, "batch": batch, "learning_rate": learning_rate, "seed": seed}
    out = out or Path("runs") / f"{dataset}-autoencoder"
    _use_threads(threads)
    _autoencoder(architecture, arguments, dataset, data, out, recipe, limit, keep_every, device)


@train.command("vae")
def train_vae(
    dataset: Dataset,
    data: DataPath = None,
    out: Out = None,
    latent_dim: LatentDim = 10,
    beta: Annotated[float, typer.Option(min=0.0, help="Weight of the pull to N(0, I)")] = 1.0,
    epochs: Epochs = 20,
    batch: Batch = 256,
    learning_rate: Rate = 2e-3,
    seed: Seed = 0,
    limit: Limit = None,
    keep_every: KeepEvery = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Train a variational autoencoder of the same backbone."""
    arguments = {"latent_dim": latent_dim, "beta": beta}
    recipe = {"epochs": epochs, "batch": batch, "learning_rate": learning_rate, "seed": seed}
    out = out or Path("runs") / f"{dataset}-vae"
    _use_threads(threads)
    _autoencoder("variational", arguments, dataset, data, out, recipe, limit, keep_every, device)


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
    from aegen.supermask.networks.fcn import sizes

    images = _images(dataset, data, limit)
    _use_threads(threads)
    arguments: dict[str, Any] = {"latent_dim": latent_dim, "encoder": sizes(encoder, "--encoder")}
    if decoder is not None:
        arguments["decoder"] = sizes(decoder, "--decoder")
    train_masks(
        images,
        dataset,
        out or Path("runs") / f"{dataset}-supermask",
        classifier or dataset,
        {**arguments, "gain": gain},
        settings,
    )


@train.command("classifier")
def train_attributes(
    dataset: Dataset,
    data: DataPath = None,
    out: Out = None,
    epochs: Epochs = 8,
    batch: Batch = 128,
    learning_rate: Rate = 2e-3,
    seed: Seed = 0,
    details: Annotated[
        list[str] | None,
        typer.Option(help="An attribute that a single pixel may decide; can be given repeatedly"),
    ] = None,
    limit: Limit = None,
    device: Device = "cpu",
    threads: Threads = None,
) -> None:
    """Train the classifier that predicts the data set's attributes of images."""
    import numpy as np

    images = _images(dataset, data, limit)
    _use_threads(threads)
    from aegen.autoencoders.train import train_classifier
    from aegen.autoencoders.training_loop import Recipe

    table = images.attributes
    labels = np.stack([table[name].cat.codes.to_numpy(np.int64) for name in table], axis=1)
    held = images.holdout
    steps = train_classifier(
        images.images[~held],
        labels[~held],
        images.images[held],
        labels[held],
        checkpoint := (out or Path("runs") / f"{dataset}-classifier") / "checkpoint.safetensors",
        attributes={str(name): len(table[name].cat.categories) for name in table},
        details=details or (),
        dataset=dataset,
        recipe=Recipe(epochs, batch, learning_rate, seed),
        device=device,
    )
    _follow(steps, epochs, checkpoint)
    if details:
        from aegen.autoencoders.checkpoint import read_checkpoint

        typer.echo(f"with details: {_line(read_checkpoint(checkpoint).history[-1])}")


def _autoencoder(
    architecture: str,
    arguments: dict[str, Any],
    dataset: str,
    data: Path | None,
    out: Path,
    recipe: dict[str, Any],
    limit: int | None,
    keep_every: int | None,
    device: str,
) -> None:
    images = _images(dataset, data, limit)
    from aegen.autoencoders.train import train_autoencoder
    from aegen.autoencoders.training_loop import Recipe

    steps = train_autoencoder(
        images.images[~images.holdout],
        images.images[images.holdout],
        checkpoint := out / "checkpoint.safetensors",
        architecture=architecture,
        arguments=arguments,
        dataset=dataset,
        recipe=Recipe(**recipe),
        device=device,
    )
    _follow(steps, recipe["epochs"], checkpoint, keep_every)


def _images(dataset: str, path: Path | None, limit: int | None) -> Any:
    from aegen.data import datasets

    images = datasets.create(dataset).load(path)
    return images if limit is None else images.limited(limit)


def _use_threads(threads: int | None) -> None:
    if threads is not None:
        import torch

        torch.set_num_threads(threads)


def _follow(steps: Any, epochs: int, checkpoint: Path, keep_every: int | None = None) -> None:
    """Run a training under a progress bar with the time left; a line an epoch."""
    from aegen.core.progress import reporting

    _keep(checkpoint, keep_every)  # one that was stopped between its checkpoint and this
    with progress_bar() as bar:
        task = bar.add_task(f"epoch 1 of {epochs}", total=None)

        def told(_: float, text: str) -> None:
            """What follows the last epoch: nobody knows for how long."""
            bar.add_task(text, total=None)

        with reporting(told):
            for step in steps:
                bar.update(
                    task,
                    total=step.steps,
                    completed=step.step,
                    description=f"epoch {step.epoch} of {epochs}, loss {step.loss:.2f}",
                )
                if step.figures:
                    bar.console.print(
                        f"epoch {step.epoch}: {_line(step.figures)}", highlight=False
                    )
                    _keep(checkpoint, keep_every)
    typer.echo(f"trained; the checkpoint is {checkpoint}")


def _line(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in figures.items())


def _keep(checkpoint: Path, every: int | None) -> None:
    """Copy the checkpoint to ``epoch-NNN.safetensors`` where its epoch is one to keep."""
    import shutil

    from aegen.autoencoders.checkpoint import read_checkpoint
    from aegen.core.storage import replacing

    if every is None or not checkpoint.exists():
        return
    epoch = len(read_checkpoint(checkpoint).history)
    if epoch % every == 0:
        with replacing(checkpoint.with_name(f"epoch-{epoch:03d}.safetensors")) as part:
            shutil.copyfile(checkpoint, part)
