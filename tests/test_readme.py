"""The README tells the truth: its Python runs, its commands run, its pictures are there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aegen import __version__
from aegen.cli import app
from tests.examples import EXAMPLES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
SHELL = re.findall(r"```(?:bash|sh)\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [
    line
    for block in SHELL
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("aegen ")
]
QUICK = ("aegen sample", "aegen bundles")


def test_there_is_something_to_run():
    assert len(PYTHON) >= 2
    assert len([line for line in COMMANDS if line.startswith(QUICK)]) >= 2


@pytest.mark.parametrize("block", PYTHON)
def test_python_blocks_run(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith(QUICK)])
def test_quick_commands_run(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    if "--deep" in words or "create" in words:
        words = [*words[:2], "--help"]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("line", [line for line in COMMANDS if not line.startswith(QUICK)])
def test_options_of_other_commands_exist(line):
    words = shlex.split(line, comments=True)[1:]
    path = [word for word in words[:2] if not word.startswith("-")]
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    for option in (word for word in words if word.startswith("--")):
        assert option in shown.output


def test_its_latent_model_is_that_of_contributing():
    """Which is run through the whole contract of latent models by ``test_adding_methods.py``."""
    ((path, source),) = re.findall(r"```python\n# (\S+)\n(.*?)```", README, flags=re.DOTALL)
    assert source == EXAMPLES[path]


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_version_and_help_are_asked_for_in_short():
    asked = {"--version": f"aegen {__version__}\n", "-h": "Usage", "sample -h": "Usage"}
    for words, said in asked.items():
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0
        assert said in result.output


def test_pictures_are_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
