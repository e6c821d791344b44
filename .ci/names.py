"""Write the names that editors and type checkers know of packages that find their classes.

``python .ci/names.py`` writes the lower part of each ``__init__.pyi``, one import a method;
``--check`` only says which are out of date, and fails if any is.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

MARK = "# Written by .ci/names.py from the files of the folder:\n"
WIDTH = 99


def imports(family) -> str:
    """One import for the class of each method."""
    lines = []
    for kind, name in sorted(family.classes().items(), key=lambda pair: pair[1]):
        module = f"{family.package}.{name.replace('-', '_')}"
        line = f"from {module} import {kind} as {kind}\n"
        if len(line) > WIDTH:
            line = f"from {module} import (\n    {kind} as {kind},\n)\n"
        lines.append(line)
    return "".join(lines)


def stale(root: Path, *, write: bool) -> list[str]:
    """The stubs below ``root`` that do not say what is there; brought up to date if ``write``."""
    from aegen.autoencoders import architectures
    from aegen.data import datasets
    from aegen.metrics import metrics
    from aegen.projections import projections
    from aegen.samplers import samplers

    found = []
    for family in (samplers, metrics, projections, datasets, architectures):
        stub = root / family.package.removesuffix(".networks").replace(".", "/") / "__init__.pyi"
        text = stub.read_text(encoding="utf-8")
        wanted = text.partition(MARK)[0] + MARK + imports(family)
        if text != wanted:
            found.append(str(stub.relative_to(root)))
            if write:
                stub.write_text(wanted, encoding="utf-8")
    return found


if __name__ == "__main__":
    check = "--check" in sys.argv
    old = stale(ROOT, write=not check)
    if old:
        print(f"{'out of date' if check else 'written'}: {', '.join(old)}")
    sys.exit(bool(old))
