"""A table of names and numbers, written as CSV to compute with and as LaTeX to read."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from aegen.core import latex

__all__ = ["Cell", "TextTable"]

Cell = str | int | float | None


@dataclass(frozen=True)
class TextTable:
    r"""A table.

    Attributes:
        head: names of the columns.
        rows: cells of each line; None where there is none.

    Example:
        >>> TextTable(("layer", "remaining"), (("fc1", 0.25),)).csv()
        'layer,remaining\nfc1,0.25\n'
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def csv(self) -> str:
        """Numbers in full, so that they can be computed with."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.head)
        writer.writerows(["" if cell is None else cell for cell in row] for row in self.rows)
        return text.getvalue()

    def latex(self, caption: str, label: str) -> str:
        r"""With the rules of booktabs; numbers to four digits, to the right.

        Args:
            caption: as LaTeX.
            label: such as "tab:layers".
        """
        return latex.booktabs(
            [latex.escaped(name) for name in self.head],
            [[_written(cell) for cell in row] for row in self.rows],
            caption=caption,
            label=label,
            columns="".join("r" if right else "l" for right in self._numeric),
        )

    @property
    def _numeric(self) -> list[bool]:
        """Whether a column holds numbers alone."""
        return [
            all(not isinstance(row[k], str) for row in self.rows) for k in range(len(self.head))
        ]

    def markdown(self) -> str:
        """As a text file of pipes; numbers as in LaTeX, to the right."""
        rows = [
            self.head,
            ["---:" if right else "---" for right in self._numeric],
            *([cell if isinstance(cell, str) else _number(cell) for cell in r] for r in self.rows),
        ]
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _written(cell: Cell) -> str:
    r"""A cell as LaTeX.

    Example:
        >>> _written(12345), _written(0.123456), _written(None), _written("a_b")
        ('12,345', '0.1235', '--', 'a\\_b')
    """
    if isinstance(cell, str):
        return latex.escaped(cell)
    text = _number(cell)
    return f"${text}$" if cell is not None and cell < 0 else text


def _number(cell: float | None) -> str:
    if cell is None:
        return "--"
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.4g}"
