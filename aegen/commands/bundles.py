"""`aegen bundles`: list them, check one, make one from a training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["bundles"]

bundles = typer.Typer(
    help="The autoencoders at hand; without a command, lists them.", invoke_without_command=True
)


@bundles.callback()
def list_bundles(context: typer.Context) -> None:
    """List the bundles at hand."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from aegen.bundles import bundles as names
    from aegen.bundles import read

    table = Table("name", "what", "rows", "dimensions", "size")
    for name in names():
        bundle = read(name)
        manifest = bundle.manifest
        size = sum(file.bytes for file in manifest.files.values())
        table.add_row(
            name,
            manifest.title,
            f"{manifest.rows:,} + {manifest.holdout_rows:,} held out",
            str(manifest.latent_dim),
            f"{size / 1e6:.1f} MB",
        )
    Console().print(table)


@bundles.command("check")
def check_bundle(
    bundle: Annotated[str, typer.Argument(help="Name of a bundle, or its folder")],
    deep: Annotated[
        str | None,
        typer.Option(
            help="Data set to measure on (mnist, fashion-mnist, sprites): encodes and decodes its "
            "held-out images and asks the classifier"
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of idx files, or npz file, that holds the images")
    ] = None,
) -> None:
    """Check every file of a bundle; with --deep, measure it on real held-out images."""
    from aegen.bundles import check, deep_check, find, read

    report = check(find(bundle))
    typer.echo(report.text())
    if not report.ok:
        raise typer.Exit(1)
    if deep is not None:
        from aegen.data import datasets

        images = datasets.create(deep).load(data)
        typer.echo(deep_check(read(bundle), images).text())


@bundles.command("create")
def create_bundle(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of a trained autoencoder")],
    classifier: Annotated[Path, typer.Option(help="Folder of a trained classifier")],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle; its name is the bundle's")],
    title: Annotated[str, typer.Option(help="The name that people see")],
    description: Annotated[str, typer.Option(help="What it is, in a sentence")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of idx files, or npz file, that holds the images")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the UMAP projection")] = 0,
) -> None:
    """Write a bundle from what `aegen train` left: codes, projections, thumbnails, figures."""
    from rich.console import Console

    from aegen.autoencoders.trainings import trained
    from aegen.bundles import create
    from aegen.core.errors import InvalidInput
    from aegen.data import datasets

    autoencoder, about, history = trained(checkpoint / "checkpoint.safetensors")
    judge, judged, _ = trained(classifier / "checkpoint.safetensors")
    for found, wanted in ((about, "autoencoder"), (judged, "classifier")):
        if found["kind"] != wanted:
            raise InvalidInput(f"a trained {wanted} is needed, but that is a {found['kind']}")
    images = datasets.create(about["dataset"]).load(data)
    training = {**about["recipe"], "rows": about["rows"], "history": history}
    with Console().status("Encoding") as status:
        create(
            out,
            name=out.name,
            title=title,
            description=description,
            image_set=images,
            autoencoder=autoencoder,
            classifier=judge,
            training=training,
            rng=seed,
            progress=status.update,
        )
    typer.echo(f"written: {out}")
