"""What a page does, as lines of Python, as a command and as a link."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlencode

import streamlit as st

from aegen.app import navigation, services, state
from aegen.app.selection import Area, Having, Selection
from aegen.app.services import BUDGETS, Asked, Edit, Spec, Wish

__all__ = [
    "command",
    "command_of_comparison",
    "command_of_edit",
    "command_of_target",
    "command_of_transfer",
    "link",
    "of_selection",
    "python",
    "python_of_comparison",
    "python_of_edit",
    "python_of_target",
    "python_of_transfer",
]


def python(spec: Spec, n: int, seed: int) -> str:
    """The draw in Python.

    Example:
        >>> print(python(Spec("mnist", "gaussian"), 64, 0))
        import aegen
        <BLANKLINE>
        bundle = aegen.load("mnist")
        model = bundle.model("gaussian", rng=0)
        draw = model.sample(64, rng=0)
        draw.save("grid.png")
    """
    lines = ["import aegen"]
    options = [f"{name}={value!r}" for name, value in spec.fields]
    by_rows = services.by_rows(spec)
    if spec.within is not None:
        lines += _imports(spec.within, weights=by_rows)
    lines += ["", f'bundle = aegen.load("{spec.bundle}")']
    if spec.within is not None:
        lines += _rows(spec.within)
        options += [] if by_rows else ["rows=rows"]
    arguments = ", ".join([f'"{spec.sampler}"', f"rng={services.FIT_SEED}", *options])
    lines.append(f"model = bundle.model({arguments})")
    if by_rows:
        return "\n".join(
            [
                *lines,
                "weights = np.zeros(len(bundle.codes))",
                "weights[rows] = 1",
                f"codes, start = model.sampler.sample_rows({n}, weights=weights, rng={seed})",
                "images = bundle.decode(codes)",
            ]
        )
    return "\n".join([*lines, f"draw = model.sample({n}, rng={seed})", 'draw.save("grid.png")'])


def of_selection(bundle: str, chosen: Selection | None) -> str:
    """The selected rows and their pictures in Python.

    Example:
        >>> print(of_selection("mnist", Having("class", "4")))
        import aegen
        import numpy as np
        <BLANKLINE>
        bundle = aegen.load("mnist")
        rows = np.flatnonzero(bundle.attributes["class"].astype(str) == "4")
        images = bundle.decode(bundle.codes[rows[:24]])
    """
    if chosen is None:
        return f'import aegen\n\nbundle = aegen.load("{bundle}")\nbundle.codes, bundle.attributes'
    return "\n".join(
        [
            "import aegen",
            *_imports(chosen, weights=False),
            "",
            f'bundle = aegen.load("{bundle}")',
            *_rows(chosen),
            "images = bundle.decode(bundle.codes[rows[:24]])",
        ]
    )


def _imports(chosen: Selection, *, weights: bool) -> list[str]:
    inside = ["from aegen.core.polygons import inside"] if isinstance(chosen, Area) else []
    return ["import numpy as np", *inside]


def _rows(chosen: Selection) -> list[str]:
    """Lines that find the selected rows."""
    if isinstance(chosen, Having):
        return [
            f"rows = np.flatnonzero(bundle.attributes[{_quoted(chosen.attribute)}].astype(str) "
            f"== {_quoted(chosen.value)})"
        ]
    corners = ", ".join(f"({x:g}, {y:g})" for x, y in chosen.polygon)
    axes = services.axes_of(chosen.projection)
    where = (
        f'bundle.projection("{chosen.projection}")'
        if axes is None
        else f"bundle.codes[:, [{axes[0]}, {axes[1]}]]"
    )
    return [f"polygon = [{corners}]", f"rows = np.flatnonzero(inside({where}, polygon))"]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def command(spec: Spec, n: int, seed: int) -> str | None:
    """The draw as a command; None where it is restricted to rows, which no command can say.

    Example:
        >>> command(Spec("mnist", "kde", (("bandwidth", 0.2),)), 64, 0)
        'aegen sample mnist --sampler kde --field bandwidth=0.2 -n 64 --seed 0 --out grid.png'
    """
    if spec.within is not None:
        return None
    fields = "".join(f" --field {name}={value}" for name, value in spec.fields)
    return (
        f"aegen sample {spec.bundle} --sampler {spec.sampler}{fields} -n {n} --seed {seed} "
        "--out grid.png"
    )


def python_of_comparison(asked: Asked) -> str:
    """A comparison in Python.

    Example:
        >>> print(python_of_comparison(Asked("mnist", ("gaussian", "kde"), 2000, 0, "quick")))
        from aegen import comparison
        from aegen.comparison.table import to_markdown
        <BLANKLINE>
        models = comparison.parse_all(["gaussian", "kde"])
        metrics = comparison.criteria(["quick"])
        tasks = comparison.tasks(
            ["mnist"], models + comparison.REFERENCES, seeds=1, draws=2000, criteria=metrics
        )
        table = comparison.Table("mnist", models, metrics)
        for result in comparison.run(tasks):
            table.add(result)
        print(to_markdown(table))
    """
    budget = BUDGETS[asked.budget]
    models = ", ".join(f'"{model}"' for model in asked.models)
    lines = [
        "from aegen import comparison",
        "from aegen.comparison.table import to_markdown",
        "",
        f"models = comparison.parse_all([{models}])",
        f'metrics = comparison.criteria(["{budget.preset}"])',
        "tasks = comparison.tasks(",
        f'    ["{asked.bundle}"], models + comparison.REFERENCES, seeds={budget.seeds}, '
        f"draws={asked.draws}, criteria=metrics" + (f", first={asked.seed}" if asked.seed else ""),
        ")",
    ]
    return "\n".join(
        [
            *lines,
            f'table = comparison.Table("{asked.bundle}", models, metrics)',
            "for result in comparison.run(tasks):",
            "    table.add(result)",
            "print(to_markdown(table))",
        ]
    )


def command_of_comparison(asked: Asked) -> str:
    """A comparison as a command.

    Example:
        >>> command_of_comparison(Asked("mnist", ("kde",), 2000, 0, "quick"))
        'aegen compare mnist --samplers kde --seeds 1 --draws 2000 --metrics quick --out report'
    """
    budget = BUDGETS[asked.budget]
    first = f"--first-seed {asked.seed} " if asked.seed else ""
    return (
        f"aegen compare {asked.bundle} --samplers {','.join(asked.models)} --seeds {budget.seeds} "
        f"{first}--draws {asked.draws} --metrics {budget.preset} --out report"
    )


def python_of_target(wish: Wish) -> str:
    """Draws for a target in Python.

    Example:
        >>> print(python_of_target(Wish(Spec("mnist", "kde"), "class=7", 64, 0)))
        import aegen
        from aegen import targeting
        <BLANKLINE>
        model = aegen.load("mnist").model("kde", rng=0)
        found = targeting.draw(model, "class=7", 64, rng=0)
        found.save("grid.png")
    """
    spec = wish.spec
    fields = "".join(f", {name}={value!r}" for name, value in spec.fields)
    how = f', strategy="{wish.strategy}"' if wish.strategy != "auto" else ""
    how += ", lenience=0" if wish.strict else ""
    return "\n".join(
        [
            "import aegen",
            "from aegen import targeting",
            "",
            f'model = aegen.load("{spec.bundle}").model("{spec.sampler}", '
            f"rng={services.FIT_SEED}{fields})",
            f"found = targeting.draw(model, {_quoted(wish.text)}, {wish.n}, rng={wish.seed}{how})",
            'found.save("grid.png")',
        ]
    )


def command_of_target(wish: Wish) -> str:
    """Draws for a target as a command.

    Example:
        >>> command_of_target(Wish(Spec("mnist", "kde"), "class=7 or class=9", 64, 0))
        "aegen target mnist 'class=7 or class=9' --sampler kde -n 64 --seed 0 --out grid.png"
    """
    spec = wish.spec
    fields = "".join(f" --field {name}={value}" for name, value in spec.fields)
    how = f" --strategy {wish.strategy}" if wish.strategy != "auto" else ""
    how += " --lenience 0" if wish.strict else ""
    return (
        f"aegen target {spec.bundle} {shlex.quote(wish.text)} --sampler {spec.sampler}{fields}"
        f"{how} -n {wish.n} --seed {wish.seed} --out grid.png"
    )


def python_of_transfer(bundle: str, source: str, margins: str, n: int, seed: int) -> str:
    """A transfer in Python.

    Example:
        >>> print(python_of_transfer("sprites", "hair=1", "hair=4", 64, 0).splitlines()[-3])
        moved = transfer(bundle, "hair=1", "hair=4", 64, rng=0)
    """
    return "\n".join(
        [
            "import aegen",
            "from aegen.targeting import transfer",
            "",
            f'bundle = aegen.load("{bundle}")',
            f"moved = transfer(bundle, {_quoted(source)}, {_quoted(margins)}, {n}, rng={seed})",
            "print(moved.summary())",
            'moved.save("grid.png")',
        ]
    )


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
    return "\n".join(
        [
            "import aegen",
            "from aegen import targeting",
            "",
            f'bundle = aegen.load("{change.bundle}")',
            f"strip = targeting.edit(bundle, {start}, {_quoted(change.text)}{how})",
            'strip.save("strip.png")',
        ]
    )


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


def link(address: str) -> str:
    """The link that reproduces what the page at ``address`` shows now."""
    return _join(st.context.url or "", address, state.link())


def _join(here: str, address: str, values: dict[str, str]) -> str:
    """The address of a page on the server that ``here`` is a page of.

    Example:
        >>> _join("http://localhost:8501/sample", "sample", {"seed": "3"})
        'http://localhost:8501/sample?seed=3'
    """
    base = here.partition("?")[0].rstrip("/")
    for entry in navigation.ENTRIES:
        base = base.removesuffix("/" + entry.address)
    front = address == navigation.ENTRIES[0].address
    path = base + ("/" if front else f"/{address}")
    return f"{path}?{urlencode(values, safe=',~=:')}" if values else path
