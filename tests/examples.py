"""The examples of CONTRIBUTING.md as files, where a reader would put them, and who is shipped."""

import re
import shutil
from pathlib import Path

__all__ = ["EXAMPLES", "checkout_with", "shipped"]

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")

EXAMPLES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, flags=re.DOTALL))
"""Text of each example by its path in a checkout."""


def checkout_with(examples, folder):
    """A copy of this checkout with the examples in it; the assets are linked.

    What is compiled already comes along, as its files keep their times, and so do the constants
    that Hypothesis found in them.
    """
    for part in ("aegen", "tests", "pages", ".ci", ".github", ".streamlit"):
        shutil.copytree(ROOT / part, folder / part)
    for part in ("app.py", "pyproject.toml", "README.md"):
        shutil.copy2(ROOT / part, folder / part)
    for part in ("assets", ".hypothesis/constants"):
        if (ROOT / part).exists():
            (folder / part).parent.mkdir(exist_ok=True)
            (folder / part).symlink_to(ROOT / part)
    for path, source in examples.items():
        assert not (folder / path).exists(), path
        (folder / path).write_text(source, encoding="utf-8")
    return folder


def shipped(package):
    """Names of the methods that editors are told of: those that come with aegen."""
    stub = (ROOT / "aegen" / package / "__init__.pyi").read_text(encoding="utf-8")
    written = stub.partition("# Written by")[2]
    stems = re.findall(r"^from [\w.]*\.(\w+) import", written, flags=re.MULTILINE)
    return [stem.replace("_", "-") for stem in stems]
