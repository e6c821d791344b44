"""Draws for a target, edits and transfers as lines of Python and as commands."""

from __future__ import annotations

import shlex
from inspect import cleandoc

from aegen.app import services
from aegen.app.row_selection import quoted
from aegen.app.services.targets import Edit, TargetRequest

__all__ = [
    "command_of_edit",
    "command_of_target",
    "command_of_transfer",
    "python_of_edit",
    "python_of_target",
    "python_of_transfer",
]


def python_of_target(request: TargetRequest) -> str:
    """Draws for a target in Python.

    Example:
        >>> from aegen.app.services.samplers import SamplerSpec
        >>> spec = SamplerSpec("mnist", "kde")
        >>> print(python_of_target(TargetRequest(spec, "class=7", 64, 0)))
        import aegen
        from aegen import targeting
        <BLANKLINE>
        model = aegen.load("mnist").model("kde", rng=0)
        found = targeting.draw(model, "class=7", 64, rng=0)
        found.save("grid.png")
    """
    spec = request.spec
    fields = "".join(f", {name}={value!r}" for name, value in spec.fields)
    how = f', strategy="{request.strategy}"' if request.strategy != "auto" else ""
    how += ", max_misclassified=0" if request.strict else ""
    model = f'"{spec.sampler}", rng={services.samplers.FIT_SEED}{fields}'
    draws = f"model, {quoted(request.text)}, {request.n}, rng={request.seed}{how}"
    return cleandoc(f"""
        import aegen
        from aegen import targeting

        model = aegen.load("{spec.bundle}").model({model})
        found = targeting.draw({draws})
        found.save("grid.png")
    """)


def command_of_target(request: TargetRequest) -> str:
    """Draws for a target as a command.

    Example:
        >>> from aegen.app.services.samplers import SamplerSpec
        >>> spec = SamplerSpec("mnist", "kde")
        >>> command_of_target(TargetRequest(spec, "class=7 or class=9", 64, 0))
        "aegen target mnist 'class=7 or class=9' --sampler kde -n 64 --seed 0 --out grid.png"
    """
    spec = request.spec
    fields = "".join(f" --field {name}={value}" for name, value in spec.fields)
    how = f" --strategy {request.strategy}" if request.strategy != "auto" else ""
    how += " --max-misclassified 0" if request.strict else ""
    return (
        f"aegen target {spec.bundle} {shlex.quote(request.text)} --sampler {spec.sampler}{fields}"
        f"{how} -n {request.n} --seed {request.seed} --out grid.png"
    )


def python_of_transfer(bundle: str, source: str, margins: str, n: int, seed: int) -> str:
    """A transfer in Python.

    Example:
        >>> print(python_of_transfer("sprites", "hair=1", "hair=4", 64, 0).splitlines()[-3])
        moved = transfer(bundle, "hair=1", "hair=4", 64, rng=0)
    """
    return cleandoc(f"""
        import aegen
        from aegen.targeting import transfer

        bundle = aegen.load("{bundle}")
        moved = transfer(bundle, {quoted(source)}, {quoted(margins)}, {n}, rng={seed})
        print(moved.summary())
        moved.save("grid.png")
    """)


def command_of_transfer(bundle: str, source: str, margins: str, n: int, seed: int) -> str:
    """A transfer as a command.

    Example:
        >>> command_of_transfer("sprites", "hair=1", "hair=4", 64, 0)
        'aegen target sprites hair=1 --margins hair=4 -n 64 --seed 0 --out grid.png'
    """
    return (
        f"aegen target {bundle} {shlex.quote(source)} --margins {shlex.quote(margins)} -n {n} "
        f"--seed {seed} --out grid.png"
    )


def python_of_edit(change: Edit) -> str:
    """An edit in Python.

    Example:
        >>> print(python_of_edit(Edit("sprites", 5, "hair=4")))
        import aegen
        from aegen import targeting
        <BLANKLINE>
        bundle = aegen.load("sprites")
        strip = targeting.edit(bundle, 5, "hair=4")
        strip.save("strip.png")
    """
    start = change.start if isinstance(change.start, int) else list(change.start)
    how = f', kind="{change.kind}"' if change.kind != "effects" else ""
    how += f", hold={list(change.hold)!r}" if change.hold is not None else ""
    how += f", reach={change.reach:g}" if change.reach != 1 else ""
    return cleandoc(f"""
        import aegen
        from aegen import targeting

        bundle = aegen.load("{change.bundle}")
        strip = targeting.edit(bundle, {start}, {quoted(change.text)}{how})
        strip.save("strip.png")
    """)


def command_of_edit(change: Edit) -> str | None:
    """An edit as a command; None where it starts from a picture or holds nothing at all.

    Example:
        >>> command_of_edit(Edit("sprites", 5, "hair=4", reach=1.5))
        'aegen edit sprites hair=4 --row 5 --reach 1.5 --out strip.png'
    """
    if not isinstance(change.start, int) or change.hold == ():
        return None
    how = f" --kind {change.kind}" if change.kind != "effects" else ""
    how += "".join(f" --hold {shlex.quote(name)}" for name in change.hold or ())
    how += f" --reach {change.reach:g}" if change.reach != 1 else ""
    return (
        f"aegen edit {change.bundle} {shlex.quote(change.text)} --row {change.start}{how} "
        "--out strip.png"
    )
