"""A draw of the Sample page as lines of Python and as a command."""

from __future__ import annotations

from aegen.app import row_selection, services
from aegen.app.services.samplers import SamplerSpec

__all__ = ["command", "python"]


def python(spec: SamplerSpec, n: int, seed: int) -> str:
    """The draw in Python.

    Example:
        >>> print(python(SamplerSpec("mnist", "gaussian"), 64, 0))
        import aegen
        <BLANKLINE>
        bundle = aegen.load("mnist")
        model = bundle.model("gaussian", rng=0)
        draw = model.sample(64, rng=0)
        draw.save("grid.png")
    """
    options = [f"{name}={value!r}" for name, value in spec.fields]
    by_rows = services.samplers.by_rows(spec)
    imports, rows = ([], []) if spec.within is None else row_selection.python(spec.within)
    if rows and not by_rows:
        options.append("rows=rows")
    arguments = ", ".join([f'"{spec.sampler}"', f"rng={services.samplers.FIT_SEED}", *options])
    draw = [f"draw = model.sample({n}, rng={seed})", 'draw.save("grid.png")']
    if by_rows:
        draw = [
            "weights = np.zeros(len(bundle.codes))",
            "weights[rows] = 1",
            f"codes, start = model.sampler.sample_rows({n}, weights=weights, rng={seed})",
            "images = bundle.decode(codes)",
        ]
    return "\n".join(
        [
            "import aegen",
            *imports,
            "",
            f'bundle = aegen.load("{spec.bundle}")',
            *rows,
            f"model = bundle.model({arguments})",
            *draw,
        ]
    )


def command(spec: SamplerSpec, n: int, seed: int) -> str | None:
    """The draw as a command; None where it is restricted to rows, which no command can say.

    Example:
        >>> command(SamplerSpec("mnist", "kde", (("bandwidth", 0.2),)), 64, 0)
        'aegen sample mnist --sampler kde --field bandwidth=0.2 -n 64 --seed 0 --out grid.png'
    """
    if spec.within is not None:
        return None
    fields = "".join(f" --field {name}={value}" for name, value in spec.fields)
    return (
        f"aegen sample {spec.bundle} --sampler {spec.sampler}{fields} -n {n} --seed {seed} "
        "--out grid.png"
    )
