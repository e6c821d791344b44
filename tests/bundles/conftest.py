"""A tiny bundle to read, written once, and copies of it to spoil."""

import functools
import json
import shutil

import pytest

from tests.bundles.format_one import format_one
from tests.bundles.refusals import listed
from tests.tiny_bundle import tiny_bundle, tiny_networks


@pytest.fixture(scope="session", autouse=True)
def _one_thread(one_thread):
    """Bundles are the same whatever the machine."""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A sound bundle that nobody changes."""
    return tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def torch_networks():
    """An autoencoder and a classifier of aegen, as a training leaves them: not in eval mode."""
    net, classifier = tiny_networks()
    return net.train(), classifier.train()


@pytest.fixture(scope="session")
def of_torch(torch_networks, tmp_path_factory):
    """A sound bundle of one of aegen's own networks; nobody changes it."""
    net, classifier = torch_networks
    folder = tmp_path_factory.mktemp("bundles") / "torch"
    return tiny_bundle(folder, network=net, classifier=classifier)


@pytest.fixture(scope="session")
def old(of_torch, tmp_path_factory):
    """The folder of the same bundle in format 1."""
    return format_one(of_torch, tiny_networks()[0], tmp_path_factory.mktemp("bundles") / "old")


@pytest.fixture
def folder(tiny, tmp_path):
    """The folder of a copy that a test may spoil."""
    shutil.copytree(tiny.path, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def edit(folder):
    """Change fields of the copy's bundle.json: ``edit(latent_dim=4)`` or a function of it."""

    def change(how=None, **fields):
        file = folder / "bundle.json"
        document = json.loads(file.read_text())
        document.update(fields)
        if how:
            how(document)
        file.write_text(json.dumps(document))
        return folder

    return change


@pytest.fixture
def replace_file(folder):
    """Put other bytes in a listed file and list their hash, as a careless maker would."""

    return functools.partial(listed, folder)
