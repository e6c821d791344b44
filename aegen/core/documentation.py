"""What the class of a method says of itself, read from its file: nothing is imported for it.

A docstring has a first line that names the method, then paragraphs; of these one begins with
"Goes wrong" and says when the method misleads, one with "Cost:" and one with "Reference:".
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path

from aegen.core.references import Reference, reference

__all__ = ["Documentation", "read"]

MISLEADS, COST, SOURCE = "Goes wrong", "Cost:", "Reference:"
_SECTION = re.compile(r"(Args|Raises|Returns|Attributes|Class attributes|Example|Examples):\s*$")
_FILE = re.compile(r"\s*\((?:see )?`+\w+\.py`+\)|,\s*`+\w+\.py`+(?=\))")
_FORMULA = re.compile(r"\$[^$]+\$[.,]?")


@dataclass(frozen=True)
class Documentation:
    """A method in words, as Markdown with formulas between dollar signs.

    Attributes:
        name: of the method in its family.
        title: the name that people see.
        summary: one sentence; "" where the class has none.
        lead: the first line of the docstring.
        body: its paragraphs, but those below.
        misleads: when it misleads.
        cost: what it costs.
        source: where it is from, as the docstring says it.
        references: its papers.
    """

    name: str
    title: str
    summary: str
    lead: str
    body: tuple[str, ...]
    misleads: str
    cost: str
    source: str
    references: tuple[Reference, ...]

    @property
    def essence(self) -> tuple[str, ...]:
        """The paragraphs up to the first formula, those that follow it, and what explains them."""
        end = next((k for k, text in enumerate(self.body) if "$" in text), 0) + 1
        if self.body and _is_formula(self.body[end - 1]):
            end += 1
        while end < len(self.body) and _is_formula(self.body[end]):
            end += 2
        return self.body[:end]

    @property
    def rest(self) -> tuple[str, ...]:
        """The paragraphs after these."""
        return self.body[len(self.essence) :]


def read(path: Path, name: str) -> Documentation:
    """What the class says that ``path`` holds for the method ``name``.

    Raises:
        LookupError: it holds none.
    """
    module = ast.parse(path.read_text(encoding="utf-8"), str(path))
    texts = dict(_assigned(module))
    kinds = [node for node in module.body if isinstance(node, ast.ClassDef)]
    kind = next((k for k in kinds if k.name.lower() == name.replace("-", "")), None)
    if kind is None:
        raise LookupError(f"{path} has no class for {name}")
    values = texts | dict(_assigned(kind))
    lead, *paragraphs = _paragraphs(ast.get_docstring(kind) or "")
    starts = (MISLEADS, COST, SOURCE)
    special = {start: next((p for p in paragraphs if p.startswith(start)), "") for start in starts}
    cited = values.get("references")
    return Documentation(
        name=name,
        title=_text(values.get("title")) or name,
        summary=_text(values.get("summary")),
        lead=lead,
        body=tuple(p for p in paragraphs if not p.startswith(starts)),
        misleads=special[MISLEADS],
        cost=special[COST].removeprefix(COST).strip(),
        source=special[SOURCE].removeprefix(SOURCE).strip(),
        references=tuple(
            reference(_text(texts.get(item.id) if isinstance(item, ast.Name) else item))
            for item in (cited.elts if isinstance(cited, ast.Tuple) else ())
        ),
    )


def _assigned(owner: ast.Module | ast.ClassDef) -> list[tuple[str, ast.expr]]:
    """What is assigned to names directly in a module or a class."""
    found = []
    for node in owner.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.append((node.targets[0].id, node.value))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found.append((node.target.id, node.value))
    return found


def _text(value: ast.expr | None) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else ""


def _paragraphs(docstring: str) -> list[str]:
    """Paragraphs of a docstring as Markdown, without its sections of arguments and the like."""
    found = []
    for block in re.split(r"\n\s*\n", inspect.cleandoc(docstring)):
        if _SECTION.match(block.partition("\n")[0]):
            continue
        if block.startswith("    "):  # the rest of a section
            continue
        text = _FILE.sub("", " ".join(block.split())).replace("``", "`")
        found.append(f"${text.rstrip('.,')}$" if _is_formula(text) else text)
    return found or [""]


def _is_formula(text: str) -> bool:
    return _FORMULA.fullmatch(text.replace("$$", "$")) is not None
