"""`aegen app`: what it tells Streamlit, and what it refuses."""

import json
import os
import socket

import pytest
from typer.testing import CliRunner

from aegen.app.server.sharing import VARIABLE, sharing
from aegen.cli import app


@pytest.fixture
def told(monkeypatch, tmp_path):
    """``told("--port", "80")``: Streamlit's options and the environment that it would start in."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "no")
    monkeypatch.chdir(tmp_path)
    started = []
    monkeypatch.setattr(os, "execv", lambda path, words: started.append((words, dict(os.environ))))

    def run(*words):
        sharing.cache_clear()
        result = CliRunner().invoke(app, ["app", *words])
        if result.exit_code:
            return result
        command, environment = started.pop()
        options = dict(word[2:].split("=", 1) for word in command if word.startswith("--"))
        return options, environment

    yield run
    sharing.cache_clear()


def test_it_listens_to_this_computer_unless_it_is_told_more(told):
    assert told()[0]["server.address"] == "127.0.0.1"
    assert told("--address", "localhost")[0]["server.address"] == "127.0.0.1"
    assert told("--address", "192.168.1.20")[0]["server.address"] == "192.168.1.20"
    everywhere = told("--address", "0.0.0.0")[0]
    assert everywhere["server.address"] == "0.0.0.0"
    assert everywhere["browser.serverAddress"] == socket.gethostname()  # and looks nowhere for it


def test_a_proxy_s_path_and_the_header_that_it_names_people_in(told):
    options, _ = told("--base-path", "/lab/aegen/", "--user-header", "X-Remote-User")
    assert options["server.baseUrlPath"] == "lab/aegen"
    assert json.loads(options["server.trustedUserHeaders"]) == {"X-Remote-User": "name"}


def test_shared_or_alone_is_told_by_the_environment(told, monkeypatch):
    options, environment = told("--shared")
    assert environment[VARIABLE] == "yes"
    assert options["server.headless"] == "true"
    options, environment = told("--alone")
    assert environment[VARIABLE] == "no"
    assert options["server.headless"] == "false"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--address", "lab.example"], "must be an address of this computer"),
        (["--address", "127.0.0.1 --x"], "must be an address of this computer"),
        (["--base-path", "a/../b"], "must be words with / between"),
        (["--base-path", "a?b"], "must be words with / between"),
        (["--user-header", "X Remote"], "must be a header's name"),
        (["--user-header", 'X":1'], "must be a header's name"),
    ],
)
def test_what_cannot_be_is_a_sentence(told, words, sentence):
    result = told(*words)
    assert result.exit_code
    assert sentence in " ".join(str(result.exception or result.output).split())
