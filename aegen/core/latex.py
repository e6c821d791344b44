r"""Text, tables and figures as LaTeX; the preamble needs ``booktabs`` and ``graphicx``."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["booktabs", "escaped", "figure", "typewriter"]

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "→": r"$\to$",
    "–": "--",
    "’": "'",
    "\u00a0": "~",
    "\u2009": r"\,",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
"""What stands in a text for signs that LaTeX takes for its own."""


def escaped(text: str) -> str:
    r"""A text with its special signs as LaTeX wants them.

    Example:
        >>> print(escaped("two_moons: 50 %"))
        two\_moons: 50 \%
    """
    return "".join(SPECIAL.get(sign, sign) for sign in text)


def typewriter(text: str) -> str:
    r"""A command, or code, in letters of one width.

    Example:
        >>> print(typewriter("aegen compare two_moons"))
        \texttt{aegen compare two\_moons}
    """
    return f"\\texttt{{{escaped(text).replace('--', '-{}-')}}}"


def booktabs(
    head: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    caption: str,
    label: str,
    columns: str | None = None,
) -> str:
    r"""A table environment with the rules of booktabs. All parts are LaTeX already.

    Args:
        head: names of the columns.
        lines: the cells of each line.
        caption: without its command.
        label: likewise.
        columns: their alignment; by default the first to the left and the others to the right.

    Example:
        >>> print(booktabs(["a", "b"], [["x", "1"]], caption="C.", label="tab:c").splitlines()[4])
          \begin{tabular}{lr}
    """
    columns = columns or "l" + "r" * (len(head) - 1)
    body = "\n".join(f"    {' & '.join(line)} \\\\" for line in lines)
    return (
        "\\begin{table}\n"
        "  \\centering\n"
        f"  \\caption{{{caption}}}\n"
        f"  \\label{{{label}}}\n"
        f"  \\begin{{tabular}}{{{columns}}}\n"
        "    \\toprule\n"
        f"    {' & '.join(head)} \\\\\n"
        "    \\midrule\n"
        f"{body}\n"
        "    \\bottomrule\n"
        "  \\end{tabular}\n"
        "\\end{table}\n"
    )


def figure(file: str, *, caption: str, label: str, width: float) -> str:
    r"""A figure environment around a file, ``width`` millimetres wide. The caption is LaTeX.

    Example:
        >>> print(figure("a.pdf", caption="C.", label="fig:a", width=85).splitlines()[2])
          \includegraphics[width=85mm]{a.pdf}
    """
    return (
        "\\begin{figure}\n"
        "  \\centering\n"
        f"  \\includegraphics[width={width:g}mm]{{{file}}}\n"
        f"  \\caption{{{caption}}}\n"
        f"  \\label{{{label}}}\n"
        "\\end{figure}\n"
    )
