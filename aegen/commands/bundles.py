"""`aegen bundles`: list them, check one, make one from a training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aegen.commands.sample import BundleName
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.storage import make_folder

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
        try:
            bundle = read(name)
            manifest = bundle.manifest
        except AegenError as problem:
            table.add_row(name, f"cannot be used: {problem}")
            continue
        size = sum(file.stat().st_size for file in bundle.path.iterdir())
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
    bundle: BundleName,
    deep: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Measure it on real held-out images too: folder of idx files or npz file that "
            "holds its data set, or the data set's name to fetch it",
        ),
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

        found = read(bundle)
        wanted = found.manifest.dataset
        named = deep in datasets.names() and not Path(deep).exists()
        if named and deep != wanted:
            raise InvalidInput(f"{bundle} was made from {wanted}, not from {deep}")
        images = datasets.create(wanted).load(None if named else Path(deep))
        figures = deep_check(found, images)
        typer.echo(figures.text())
        if not figures.ok:
            raise typer.Exit(1)


@bundles.command("create")
def create_bundle(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of a trained autoencoder")],
    classifier: Annotated[
        Path, typer.Option(help="Folder of a trained classifier, or a bundle that has one")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle; its name is the bundle's")],
    title: Annotated[str, typer.Option(help="The name that people see")],
    description: Annotated[str, typer.Option(help="What it is, in a sentence")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of idx files, or npz file, that holds the images")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=2, help="The limit that the autoencoder was trained with")
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(min=3, help="Hold only so many training rows, and a sixth as many others"),
    ] = None,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Round the classifier to half precision: half the bytes"),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the UMAP projection")] = 0,
) -> None:
    """Write a bundle from what `aegen train` left: codes, projections, thumbnails, figures."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from aegen.autoencoders import Autoencoder, Classifier
    from aegen.autoencoders.train import trained
    from aegen.bundles import create
    from aegen.core.progress import reporting
    from aegen.data import datasets

    autoencoder, about, history = trained(checkpoint / "checkpoint.safetensors")
    network = _classifier(classifier)
    if not isinstance(autoencoder, Autoencoder) or not isinstance(network, Classifier):
        raise InvalidInput(
            f"a bundle needs an autoencoder and a classifier, but {checkpoint} holds "
            f"{type(autoencoder).__name__} and {classifier} {type(network).__name__}"
        )
    epochs = about["recipe"]["epochs"]
    if len(history) < epochs:
        raise InvalidInput(
            f"{checkpoint} stands after epoch {len(history)} of {epochs}: let `aegen train` finish"
        )
    images = datasets.create(about["dataset"]).load(data)
    images = images if limit is None else images.limited(limit)
    found = int((~images.holdout).sum())
    if found != about["rows"]:
        raise InvalidInput(
            f"{checkpoint} was trained on {about['rows']:,} rows, these are {found:,}: give the "
            "data and the --limit of its training"
        )
    images = images if rows is None else images.limited(rows)
    make_folder(out.resolve().parent)
    training = {**about["recipe"], "rows": about["rows"], "history": history}
    columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()]
    with Progress(*columns) as bar:
        task = bar.add_task("reading", total=1.0)
        with reporting(lambda share, what: bar.update(task, description=what, completed=share)):
            create(
                out.resolve().name,
                autoencoder,
                images,
                path=out,
                title=title,
                description=description,
                classifier=network.half().float() if compact else network,
                training=training,
                rng=seed,
            )
    typer.echo(f"written: {out}")


def _classifier(place: Path) -> Any:
    """A copy of the network in the folder of a training, or of a bundle's classifier."""
    import copy

    from aegen.autoencoders.train import trained
    from aegen.bundles import bundles as names
    from aegen.bundles import read

    checkpoint = place / "checkpoint.safetensors"
    if not checkpoint.exists() and (str(place) in names() or (place / "bundle.json").exists()):
        return copy.deepcopy(read(str(place)).classifier())
    return trained(checkpoint)[0]
