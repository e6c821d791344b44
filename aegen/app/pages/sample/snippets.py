"""A draw of the Sample page as lines of Python and as a command."""

from __future__ import annotations

from aegen.app import services
from aegen.app.row_selection import python_imports, python_rows
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
    lines = ["import aegen"]
    options = [f"{name}={value!r}" for name, value in spec.fields]
    by_rows = services.samplers.by_rows(spec)
    if spec.within is not None:
        lines += python_imports(spec.within)
    lines += ["", f'bundle = aegen.load("{spec.bundle}")']
    if spec.within is not None:
        lines += python_rows(spec.within)
        options += [] if by_rows else ["rows=rows"]
    arguments = ", ".join([f'"{spec.sampler}"', f"rng={services.samplers.FIT_SEED}", *options])
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
