"""A finished comparison as files: figures to compute with, tables to read, a report to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aegen.comparison.latex import to_latex
from aegen.comparison.report import html
from aegen.comparison.sweep import Sweep
from aegen.comparison.table import Table, swept_csv, to_csv, to_markdown
from aegen.core.storage import make_folder, write_bytes

__all__ = ["Swept", "write_files"]

Swept = tuple[Sweep, Sequence[tuple[float, Table]]]
"""A sweep with the tables of its points."""


def write_files(
    out: Path | str, tables: Sequence[Table], sweeps: Sequence[Swept] = ()
) -> list[Path]:
    """Write ``table`` as csv, md and tex, ``sweep.csv`` where there is one, and ``report.html``.

    Each is written whole or not at all.

    Returns:
        what was written.

    Raises:
        StorageError: the folder or a file cannot be written.
    """
    out = Path(out)
    make_folder(out)
    files = {}
    if tables:
        pages = (f"## {table.bundle}\n\n{to_markdown(table)}" for table in tables)
        files = {"table.csv": to_csv(tables), "table.md": "\n".join(pages)}
        files["table.tex"] = "\n".join(map(to_latex, tables))
    if sweeps:
        files["sweep.csv"] = swept_csv((sweep.kind, placed) for sweep, placed in sweeps)
    files["report.html"] = html(tables, sweeps)
    for name, content in files.items():
        write_bytes(out / name, content.encode())
    return [out / name for name in files]
