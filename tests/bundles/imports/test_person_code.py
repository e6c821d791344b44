"""A person's class: imported with trust only, and built with what it takes."""

import sys

import pytest
import torch

from aegen.bundles import load_network
from aegen.bundles.imports import read_arguments
from aegen.bundles.imports.person_code import import_object
from aegen.core.errors import InvalidInput, StorageError


def test_a_module_is_not_run_without_trust(tmp_path):
    (tmp_path / "loud.py").write_text("raise AssertionError('it ran')")
    with pytest.raises(StorageError, match="a person's module, and importing it runs its code"):
        load_network(module=f"{tmp_path / 'loud.py'}:Net")
    with pytest.raises(InvalidInput, match=r"cannot be imported .AssertionError: it ran"):
        load_network(module=f"{tmp_path / 'loud.py'}:Net", trust_code=True)


def test_a_module_is_found_beside_the_working_folder(net_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    (tmp_path / "person_settings.py").write_text("from person_net import Net\nwidth = 2")
    assert import_object("person_settings:width", trust_code=True) == 2
    assert load_network(module="person_settings:Net", trust_code=True).encoder[1].out_features == 3
    assert sys.path == before


def test_a_file_does_not_take_the_place_of_a_library(net_file, tmp_path):
    file = net_file.rename(tmp_path / "torch.py")
    assert load_network(module=f"{file}:build", arguments={"width": 2}, trust_code=True)
    assert sys.modules["torch"] is torch


def test_a_network_may_be_ready(net_file):
    assert load_network(module=f"{net_file}:ready", trust_code=True).encoder[1].out_features == 3
    with pytest.raises(InvalidInput, match="no class and no function, so it takes no arguments"):
        load_network(module=f"{net_file}:ready", arguments={"width": 2}, trust_code=True)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("person_net", "a class is named as module:Name, such as my_model:Net, got 'person_net'"),
        (":Net", "a class is named as module:Name"),
        ("person_net:", "a class is named as module:Name"),
        ("no_such_module:Net", "no_such_module cannot be imported .ModuleNotFoundError"),
        ("no_such_file.py:Net", "there is no such file"),
        ("FILE:Nett", "has no Nett; its classes: Net, Scripted"),
        ("FILE:build", r"build\(\) cannot be built .TypeError.*; it takes width"),
    ],
)
def test_what_cannot_be_built(spec, said, net_file):
    with pytest.raises(InvalidInput, match=said):
        load_network(module=spec.replace("FILE", str(net_file)), trust_code=True)


def test_arguments_that_a_class_does_not_take(net_file):
    with pytest.raises(InvalidInput) as caught:
        load_network(module=f"{net_file}:Net", arguments={"depth": 5}, trust_code=True)
    assert "Net(depth=5) cannot be built (TypeError:" in str(caught.value)
    assert str(caught.value).endswith("--arg name=value; it takes width=3")


def test_a_script_that_leaves(tmp_path):
    (tmp_path / "train.py").write_text("import sys\nsys.exit(2)")
    with pytest.raises(InvalidInput, match=r"cannot be imported .SystemExit: 2"):
        load_network(module=f"{tmp_path / 'train.py'}:Net", trust_code=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("width", "written name=value, got 'width'"),
        ("a b=1", "written name=value"),
        ("bias=True", "values are JSON: write bias=true, not bias=True"),
        ("sizes=[1, 2", "no whole JSON"),
    ],
)
def test_arguments_of_a_command_that_cannot_be_read(given, said):
    with pytest.raises(InvalidInput, match=said):
        read_arguments([given])
    with pytest.raises(InvalidInput, match="'w' is given twice"):
        read_arguments(["w=1", "w=2"])
