"""A bundle with enough held-out rows to compare, written once."""

import pytest

from tests.tiny_bundle import tiny_bundle, tiny_images


@pytest.fixture(scope="session")
def bars(tmp_path_factory):
    """Folder of a bundle of 200 training and 130 held-out bars, d = 3."""
    folder = tmp_path_factory.mktemp("compared") / "bars"
    tiny_bundle(folder, image_set=tiny_images(200, 130))
    return str(folder)
