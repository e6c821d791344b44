"""What is wrong with a bundle: one finding a fault, each with its file and field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aegen.core.errors import BundleError
from aegen.core.plain_text import line

__all__ = ["Finding", "Report"]


@dataclass(frozen=True)
class Finding:
    """One fault of a bundle.

    Attributes:
        file: the file's name within the bundle, "" for the folder itself.
        field: the field, tensor or column within it, "" for the file as a whole.
        problem: what is wrong and what to do.
        warning: True where the bundle can still be used.
    """

    file: str
    field: str
    problem: str
    warning: bool = False

    def __post_init__(self) -> None:
        """One line that a terminal and a page can show, whatever was in the file."""
        for name, most in (("file", 140), ("field", 140), ("problem", 400)):
            object.__setattr__(self, name, line(getattr(self, name), most))

    def error(self, folder: Path) -> BundleError:
        """The finding as the error that reading this bundle raises."""
        what = f"{self.field}: {self.problem}" if self.field else self.problem
        return BundleError(folder / self.file if self.file else folder, what)

    def __str__(self) -> str:
        kind = "warning" if self.warning else "error"
        where = " · ".join(part for part in (self.file, self.field) if part)
        return f"{kind}  {where}: {self.problem}" if where else f"{kind}  {self.problem}"


@dataclass(frozen=True)
class Report:
    """What `check` found.

    Attributes:
        path: the bundle's folder.
        findings: every fault, errors first.
        facts: what the bundle holds, by label, for people to read.
    """

    path: Path
    findings: tuple[Finding, ...]
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the bundle can be used: no error, warnings allowed."""
        return all(finding.warning for finding in self.findings)

    def text(self) -> str:
        """The report as lines for a terminal."""
        lines = [line(str(self.path), 400)]
        lines += [f"  {label:<16}{value}" for label, value in self.facts.items()]
        lines += [f"  {finding}" for finding in self.findings]
        errors = sum(not finding.warning for finding in self.findings)
        warnings = len(self.findings) - errors
        verdict = "sound" if not errors else f"{errors} error{'s' * (errors != 1)}"
        if warnings:
            verdict += f", {warnings} warning{'s' * (warnings != 1)}"
        return "\n".join([*lines, f"  {verdict}"])
