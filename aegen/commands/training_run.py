"""A training as a command runs it: a bar, a line an epoch, what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import typer

from aegen.commands.progress_bar import progress_bar
from aegen.commands.training_images import TrainingImages

__all__ = ["figures_line", "follow", "next_command"]


def follow(steps: Any, epochs: int, checkpoint: Path, keep_every: int | None = None) -> None:
    """Run a training under a progress bar with the time left; a line an epoch.

    Raises:
        StorageError: another process writes the checkpoint.
    """
    from aegen.core.progress import reporting
    from aegen.core.storage import claimed

    with claimed(checkpoint), progress_bar() as bar:
        _keep(checkpoint, keep_every)  # one that was stopped between its checkpoint and this
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
                        f"epoch {step.epoch}: {figures_line(step.figures)}", highlight=False
                    )
                    _keep(checkpoint, keep_every)
    typer.echo(f"trained; the checkpoint is {checkpoint}")


def figures_line(figures: dict[str, float]) -> str:
    """Figures by their names, as one line."""
    return ", ".join(f"{name} {value:.4f}" for name, value in figures.items())


def next_command(images: TrainingImages, autoencoder: Path, classifier: Path | None = None) -> str:
    """The command that makes a bundle of what was trained."""
    name = images.name
    words = [f"aegen bundles create {name} --trained", shlex.quote(str(autoencoder))]
    words.append(f"--classifier {shlex.quote(str(classifier or f'runs/{name}-classifier'))}")
    return " ".join(words) + images.options()


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
