"""`aegen bundles`: list them, check one, make one from a training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aegen.commands.destination import require_folder
from aegen.commands.progress_bar import followed
from aegen.commands.sample import BundleName
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.storage import make_folder

__all__ = ["bundles"]

NETWORKS, DATA = "The autoencoder", "The data"

CONVENTION = "unit, signed, bytes, imagenet or logits; ,bgr after it: how pixels stand at"

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
        size = manifest.size
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
            help="Measure it on real held-out images too: what holds its data (a folder of "
            "pictures or idx files, a ZIP, npz or parquet file), or a data set's name to fetch it",
        ),
    ] = None,
    attributes: Annotated[
        Path | None,
        typer.Option(help="With --deep: the table of attributes that it was made with"),
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
        from aegen.data import read as read_images

        found = read(bundle)
        wanted = found.manifest.dataset
        known = wanted in datasets.names()
        named = deep in datasets.names() and not Path(deep).exists()
        if named and deep != wanted:
            raise InvalidInput(f"{bundle} was made from {wanted}, not from {deep}")
        if known:
            images = datasets.create(wanted).load(None if named else Path(deep))
        else:  # a person's own
            shape = found.image_shape
            images = read_images(Path(deep), attributes=attributes, shape=shape, name=wanted)
        figures = deep_check(found, images)
        typer.echo(figures.text())
        if not figures.ok:
            raise typer.Exit(1)


@bundles.command("create")
def create_bundle(
    name: Annotated[str, typer.Argument(help="The bundle's name: small letters, digits, dashes")],
    encoder: Annotated[
        Path | None, typer.Option(help="ONNX file of the encoder", rich_help_panel=NETWORKS)
    ] = None,
    decoder: Annotated[
        Path | None, typer.Option(help="ONNX file of the decoder", rich_help_panel=NETWORKS)
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(
            help="Folder or file of another library: diffusers, Keras, pythae, TorchScript, .pt2",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    module: Annotated[
        str | None,
        typer.Option(
            help="Your class, my_model:Net or nets/model.py:Net", rich_help_panel=NETWORKS
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Its state_dict or Lightning checkpoint (.pt, .ckpt, .safetensors)",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    arg: Annotated[
        list[str] | None,
        typer.Option(
            help="An argument of its constructor, NAME=VALUE; can be given repeatedly",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    trust_code: Annotated[
        bool,
        typer.Option(
            "--trust-code",
            help="Run the code of the module or the file, as some formats need",
            rich_help_panel=NETWORKS,
        ),
    ] = False,
    trained: Annotated[
        Path | None,
        typer.Option(help="Folder in which `aegen train` left one", rich_help_panel=NETWORKS),
    ] = None,
    input: Annotated[
        str | None,
        typer.Option(help=f"{CONVENTION} the encoder [found out]", rich_help_panel=NETWORKS),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(help=f"{CONVENTION} the decoder [found out]", rich_help_panel=NETWORKS),
    ] = None,
    classifier: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a trained classifier, or a bundle that has one",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(
            help="ONNX file whose output metrics compare [the classifier's, or random ones]",
            rich_help_panel=NETWORKS,
        ),
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(
            help="Folder, ZIP, npz, npy or parquet file of pictures, or a data set's name",
            rich_help_panel=DATA,
        ),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(help="npz or npy file of series or of a table", rich_help_panel=DATA),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(help="File of codes, in the place of data", rich_help_panel=DATA),
    ] = None,
    attributes: Annotated[
        Path | None,
        typer.Option(help="CSV, JSON lines or parquet file of attributes", rich_help_panel=DATA),
    ] = None,
    titles: Annotated[
        Path | None,
        typer.Option(
            help="Table (attribute, value, title) of the words that people see for values",
            rich_help_panel=DATA,
        ),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(help="Size of the pictures, such as 64x48 or 64x48x3", rich_help_panel=DATA),
    ] = None,
    holdout: Annotated[
        float | None,
        typer.Option(
            min=0, max=0.9, help="Share of the rows held out [a sixth]", rich_help_panel=DATA
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="The limit that the autoencoder was trained with",
            rich_help_panel=DATA,
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            min=3,
            help="Hold only so many training rows, and a sixth as many others",
            rich_help_panel=DATA,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the new bundle [where aegen finds it by name]")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The name that people see")] = None,
    description: Annotated[str | None, typer.Option(help="What it is, in a sentence")] = None,
    licence: Annotated[str | None, typer.Option(help="Of the data ['not stated']")] = None,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="Round the classifier to half precision: half the bytes"),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is random")] = 0,
) -> None:
    """Make a bundle of an autoencoder and its data; one that was stopped goes on.

    An ONNX pair and a folder of pictures are enough.
    """
    from aegen.bundles import convention_of, create, plan
    from aegen.bundles.discovery import own_folder
    from aegen.bundles.imports import load_network, read_arguments
    from aegen.bundles.manifest import require_place
    from aegen.data import read_titles

    _require_labels(name, title, description, licence)
    place = out or own_folder() / name
    require_folder(place)
    if place.exists():
        require_place(place)
    said = None if titles is None else read_titles(titles)
    ends = [None if word is None else convention_of(word) for word in (input, output)]
    size = None if shape is None else _shape(shape)
    given = _one_of(images=images, rows=rows, codes=codes)
    net, training = None, dict[str, Any]()
    data: Any = given["images"] if rows is None else _array(rows)
    if trained is not None:
        if encoder is not None or decoder is not None or codes is not None:
            raise InvalidInput("--trained is an autoencoder: leave --encoder and --decoder out")
        net, training, data = _trained(trained, images, limit, keep)
    elif limit is not None or keep is not None:
        raise InvalidInput("--limit and --keep belong to --trained")
    if network is not None or module is not None or weights is not None:
        if trained is not None or (network is not None and weights is not None):
            raise InvalidInput(
                "give one autoencoder: --network, --module and --weights, --trained"
            )
        net = load_network(
            network or weights,
            module=module,
            arguments=read_arguments(arg or []),
            trust_code=trust_code,
        )
    make_folder(place.resolve().parent)
    judge = None if classifier is None else _classifier(classifier)
    with followed():
        found = plan(
            net,
            data,
            encoder=encoder,
            decoder=decoder,
            codes=codes,
            attributes=attributes,
            holdout=holdout,
            shape=size,
            input=ends[0],
            output=ends[1],
            rng=seed,
        )
    _say(found)
    with followed():
        bundle = create(
            name,
            found,
            classifier=judge.half().float() if judge is not None and compact else judge,
            features=features,
            titles=said,
            path=place,
            title=title,
            description=description,
            licence=licence,
            training=training,
            rng=seed,
        )
    typer.echo(f"written: {bundle.path}")


def _require_labels(
    name: str, title: str | None, description: str | None, licence: str | None
) -> None:
    """Refuse a name and texts that no bundle may have, before anything is read."""
    from aegen.bundles.manifest import NAME

    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"a bundle's name has up to 64 small letters, digits and dashes, got {name[:80]!r}"
        )
    for option, text, most in (
        ("--title", title, 200),
        ("--description", description, 20_000),
        ("--licence", licence, 20_000),
    ):
        if text is not None and not (text.strip() and len(text) <= most):
            raise InvalidInput(
                f"{option} must be text of 1 to {most:,} characters, got {len(text):,}"
            )
    if title is not None and not title.isprintable():
        raise InvalidInput("--title must be on one line, without control characters")


def _one_of(**given: Any) -> dict[str, Any]:
    named = [f"--{name}" for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise InvalidInput(f"{' and '.join(named)} cannot go together: give one of them")
    return given


def _shape(text: str) -> tuple[int, ...]:
    parts = text.lower().split("x")
    if len(parts) not in (2, 3) or not all(part.isdecimal() for part in parts):
        raise InvalidInput(f"a shape is HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, got {text!r}")
    return tuple(map(int, parts))


def _array(path: Path) -> Any:
    from aegen.data import read_values

    return read_values(path)


def _trained(
    folder: Path, data: str | None, limit: int | None, keep: int | None
) -> tuple[Any, dict[str, Any], Any]:
    """The autoencoder that a training left, how it was trained, and the images of that."""
    from aegen.autoencoders import Autoencoder
    from aegen.autoencoders.checkpoint import SOURCE
    from aegen.autoencoders.train import trained
    from aegen.data import datasets, read

    autoencoder, about, history = trained(folder / "checkpoint.safetensors")
    if not isinstance(autoencoder, Autoencoder):
        raise InvalidInput(
            f"a bundle needs an autoencoder, but {folder} holds {type(autoencoder).__name__}"
        )
    epochs = about["recipe"]["epochs"]
    if len(history) < epochs:
        raise InvalidInput(
            f"{folder} stands after epoch {len(history)} of {epochs}: let `aegen train` finish"
        )
    source = about.get(SOURCE)
    if source is None:
        images = datasets.create(about["dataset"]).load(None if data is None else Path(data))
        images = images if limit is None else images.limited(limit)
    else:
        asked = {key: source[key] for key in ("attributes", "limit") if key in source}
        asked |= {"shape": tuple(source["shape"])} if "shape" in source else {}
        asked |= {"limit": limit} if limit is not None else {}
        images = read(data or source["path"], **asked)
    found = int((~images.holdout).sum())
    if found != about["rows"]:
        raise InvalidInput(
            f"{folder} was trained on {about['rows']:,} rows, these are {found:,}: give the "
            "data and the --limit of its training"
        )
    images = images if keep is None else images.limited(keep)
    begun = {key: about[key] for key in ("begun_with", "decoder_only") if key in about}
    training = {**about["recipe"], **begun, "rows": about["rows"], "history": history}
    return autoencoder, training, images


def _say(found: Any) -> None:
    """What was found out, before the long work."""
    from aegen.bundles.evidence import table

    rows = found.rows
    held = int(rows.holdout.sum())
    typer.echo(f"{len(rows) - held:,} rows for training and {held:,} held out")
    if found.seconds > 10:
        typer.echo(f"encoding and decoding take some {found.seconds:,.0f} seconds")
    for note in rows.notes:
        typer.echo(f"- {note}")
    if len(found.trials) > 1:
        typer.echo("conventions, by how well pictures come back; * is taken (--input, --output)")
        typer.echo(table(found.trials))


def _classifier(place: Path) -> Any:
    """A copy of the network in the folder of a training, or of a bundle's classifier."""
    from aegen.autoencoders.train import trained
    from aegen.bundles import bundles as names
    from aegen.bundles import read

    checkpoint = place / "checkpoint.safetensors"
    if not checkpoint.exists() and (str(place) in names() or (place / "bundle.json").exists()):
        return read(str(place)).classifier()
    return trained(checkpoint)[0]
