"""README and the guides tell the truth: their Python and commands run, their links lead on."""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from aegen import __version__

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "README.md", *sorted((ROOT / "assets" / "docs").glob("*.md"))]
TEXTS = {file: file.read_text(encoding="utf-8") for file in FILES}
BLOCKS = {
    block: f"{file.stem}-{number}"
    for file, text in TEXTS.items()
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
}
PYTHON = [pytest.param(block, id=name) for block, name in BLOCKS.items()]
"""Each once: a guide may repeat one of README's."""
COMMANDS = [
    line.removeprefix("<!-- made by: ").removesuffix(" -->")
    for text in TEXTS.values()
    for block in [
        *re.findall(r"```(?:bash|sh)\n(.*?)```", text, flags=re.DOTALL),
        *re.findall(r"<!-- made by: aegen .*? -->", text),
    ]
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith(("aegen ", "<!-- made by: "))
]
QUICK = ("aegen sample", "aegen bundles")


def test_there_is_something_to_run():
    assert len(PYTHON) >= 2
    assert len([line for line in COMMANDS if line.startswith(QUICK)]) >= 2


@pytest.mark.parametrize("block", PYTHON)
def test_python_blocks_run(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "a guide", "exec"), {"__name__": "readme"})


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith(QUICK)])
def test_quick_commands_run(line, tmp_path, monkeypatch, aegen):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    if "--deep" in words or "create" in words:
        words = [*words[:2], "--help"]
    code, _, complaint = aegen(*words)
    assert code == 0, complaint


@pytest.mark.parametrize("line", [line for line in COMMANDS if not line.startswith(QUICK)])
def test_options_of_other_commands_exist(line, aegen):
    words = shlex.split(line, comments=True)[1:]
    path = [word for word in words[:2] if not word.startswith("-")]
    code, shown, complaint = aegen(*path, "--help")
    assert code == 0, complaint
    for option in (word for word in words if word.startswith("--")):
        assert option in shown


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_links_and_pictures_lead_somewhere(file):
    links = re.findall(r"\]\((?!http)([^)#]+)\)", TEXTS[file])
    links += re.findall(r'src="([^"]+)"', TEXTS[file])
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_the_readme_leads_to_every_guide_and_has_moving_pictures():
    readme = TEXTS[ROOT / "README.md"]
    for file in FILES[1:]:
        assert f"]({file.relative_to(ROOT)})" in readme
    with Image.open(ROOT / re.search(r'src="([^"]+\.webp)"', readme)[1]) as walk:
        assert walk.n_frames > 10
    assert len(readme.splitlines()) < 180  # what is longer is a guide


def test_the_version_and_help_are_asked_for_in_short(aegen):
    asked = {"--version": f"aegen {__version__}\n", "-h": "Usage", "sample -h": "Usage"}
    for words, said in asked.items():
        code, printed, _ = aegen(*words.split())
        assert code == 0
        assert said in printed
