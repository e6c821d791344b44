"""Where compiled loops are kept: never where somebody else could put others in their place."""

import os

import numba
import pytest

from aegen.core.compiled import compiled

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")


def doubled(x):
    return 2 * x


@posix
@pytest.mark.parametrize(("mode", "kept"), [(0o700, True), (0o755, True), (0o757, False)])
def test_nothing_is_kept_where_others_may_write(tmp_path, monkeypatch, mode, kept):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    tmp_path.chmod(mode)
    assert compiled(doubled)(3) == 6
    assert bool(list(tmp_path.rglob("*.nbi"))) == kept


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root gives files away")
def test_nothing_is_kept_in_the_folder_of_another(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    os.chown(tmp_path, 12345, -1)
    assert compiled(doubled)(3) == 6
    assert not list(tmp_path.rglob("*.nbi"))


@posix
def test_a_folder_that_each_has_a_part_of_is_no_danger(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir(mode=0o700)
    tmp_path.chmod(0o1777)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "mine"))
    assert compiled(doubled)(3) == 6
    assert list(tmp_path.rglob("*.nbi"))
