"""A training of the Train page as lines of Python and as a command."""

from __future__ import annotations

from aegen.app import services
from aegen.app.pages.train.paper import material
from aegen.app.services.trainings import TrainingConfig
from aegen.app.widgets import share_bar
from aegen.app.widgets.for_paper import for_paper

__all__ = ["share"]


def share(asked: TrainingConfig) -> None:
    """The same as lines of Python and as a command, the link, and what a paper takes from it."""
    found, command = services.trainings.trained(asked), _command(asked)
    share_bar.share(
        "train",
        _python(asked),
        command,
        more=[lambda: for_paper("train", lambda: material(asked, found, command))]
        if found
        else (),
    )


def _python(asked: TrainingConfig) -> str:
    """The training in Python.

    Example:
        >>> print(_python(TrainingConfig("images:mnist", 10, "8", 2, 0.05, 0.001, 0.01, 6.0, 0)))
        import numpy as np
        from aegen.data import datasets
        from aegen.supermask import Recipe, networks, train
        <BLANKLINE>
        images = datasets.create("mnist").load("folder/of/mnist")
        labels = images.attributes["class"].cat.codes.to_numpy()
        own, test = np.flatnonzero(~images.holdout), np.flatnonzero(images.holdout)
        rows = own[np.random.default_rng(0).permutation(len(own))[:10]]
        x, y, test_x, test_y = (a[k] for k in (rows, test) for a in (images.images, labels))
        recipe = Recipe(
            epochs=2, learning_rate=0.05, decay=0.001, threshold=0.01, kappa=6.0, seed=0
        )
        training = train(networks.create("fcn", hidden="8"), x, y, test_x, test_y, recipe)
        for epoch in training:
            print(epoch.epoch, epoch.accuracy, epoch.remaining)
        training.ticket().write("mine.ticket")
    """
    kind, _, name = asked.source.partition(":")
    if kind == "images":
        lines = [
            "import numpy as np",
            "from aegen.data import datasets",
            "from aegen.supermask import Recipe, networks, train",
            "",
            f'images = datasets.create("{name}").load("folder/of/{name}")',
            'labels = images.attributes["class"].cat.codes.to_numpy()',
            "own, test = np.flatnonzero(~images.holdout), np.flatnonzero(images.holdout)",
            f"rows = own[np.random.default_rng(0).permutation(len(own))[:{asked.rows}]]",
            "x, y, test_x, test_y = (a[k] for k in (rows, test) for a in (images.images, labels))",
        ]
    else:
        lines = [
            "import aegen",
            "import numpy as np",
            "from aegen.core.images import quantize",
            "from aegen.supermask import Recipe, networks, train",
            "",
            f'bundle = aegen.load("{name}")',
            f"rows = np.random.default_rng(0).permutation(len(bundle.codes))[:{asked.rows}]",
            "x, test_x = (quantize(bundle.decode(z)) for z in (bundle.codes[rows], "
            "bundle.holdout))",
            'y = bundle.attributes["class"].cat.codes.to_numpy()[rows]',
            'test_y = bundle.holdout_attributes["class"].cat.codes.to_numpy()',
        ]
    recipe = ", ".join(f"{key}={value!r}" for key, value in asked.recipe.items())
    return "\n".join(
        [
            *lines,
            "recipe = Recipe(",
            f"    {recipe}",
            ")",
            f'training = train(networks.create("fcn", hidden="{asked.hidden}"), x, y, test_x, '
            "test_y, recipe)",
            "for epoch in training:",
            "    print(epoch.epoch, epoch.accuracy, epoch.remaining)",
            'training.ticket().write("mine.ticket")',
        ]
    )


def _command(asked: TrainingConfig) -> str | None:
    """The training as a command; None of decoded rows, which no command can say.

    The command takes other training rows where there are to be fewer than all.

    Example:
        >>> _command(TrainingConfig("bundle:mnist", 10, "8", 2, 0.05, 0.001, 0.01, 6.0, 0)) is None
        True
    """
    kind, _, name = asked.source.partition(":")
    if kind != "images":
        return None
    return (
        f"aegen supermask train fcn:hidden={asked.hidden} --data {name}=folder/of/{name} "
        f"--limit {asked.rows} --epochs {asked.epochs} --learning-rate {asked.rate:g} "
        f"--decay {asked.decay:g} --threshold {asked.threshold:g} --kappa {asked.kappa:g} "
        f"--seed {asked.seed}"
    )
