"""What befalls a machine in mid-work: a sentence each, and earlier results stay whole."""

import os
import shutil

import numpy as np
import pytest

from aegen.autoencoders.checkpoint import read_checkpoint
from aegen.autoencoders.train import train_autoencoder
from aegen.autoencoders.training_loop import Recipe
from aegen.bundles import check, creation, read
from aegen.comparison import Candidate, MetricSpec, Store
from aegen.comparison.task import Result, Task
from aegen.core.errors import BundleError, StorageError
from aegen.core.progress import reporting
from aegen.core.storage import write_bytes
from aegen.projections.pca import PCA
from aegen.supermask.networks import networks
from aegen.supermask.training.classifier import train as train_masks
from aegen.supermask.training.recipe import Recipe as MaskRecipe
from tests.faults import full, read_only, small_disk
from tests.tiny_bundle import tiny_bundle, tiny_images

__all__ = ["small_disk"]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(creation, "NUMBERS_AT_A_TIME", 1)


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def bars(folder, **changes):
    return tiny_bundle(folder, classifier=None, projected={"pca": PCA()}, **changes)


def training(folder):
    found = tiny_images(64, 16)
    parts = found.images[~found.holdout], found.images[found.holdout]
    arguments = {"latent_dim": 2, "widths": [4, 8]}
    path = folder / "run" / "checkpoint.safetensors"
    return train_autoencoder(*parts, path, arguments=arguments, recipe=Recipe(epochs=3, batch=64))


def masks(folder):
    x = np.random.default_rng(0).integers(0, 256, (64, 28, 28, 1), dtype=np.uint8)
    y = np.arange(64) % 10
    plan = networks.create("fcn", hidden="8")
    path = folder / "run" / "seed-0.safetensors"
    return train_masks(plan, x, y, x, y, MaskRecipe(epochs=3), checkpoint=path)


def epochs(steps):
    """The epochs that are done, as they come."""
    for step in steps:
        if getattr(step, "figures", True):
            yield step.epoch


# a full disk


def test_a_bundle_on_a_full_disk_is_a_sentence_and_the_earlier_one_stays(small_disk):
    place = small_disk / "bars"
    bars(place)
    earlier = contents(place)
    with full(small_disk), pytest.raises(StorageError, match="cannot be written") as said:
        bars(place, title="Another")
    assert len(str(said.value)) < 500
    assert contents(place) == earlier
    assert check(place).ok
    bars(place, title="Another")
    assert read(place).title == "Another"
    assert listing(small_disk) == ["bars"]


def test_a_disk_that_fills_up_in_mid_work_ends_a_creation_that_goes_on(small_disk):
    def fill(share, text):
        if text.startswith("decoding"):
            raise Filled

    class Filled(Exception):
        pass

    with reporting(fill), pytest.raises(Filled):
        bars(small_disk / "bars")
    kept = contents(small_disk / ".bars.unfinished")
    with full(small_disk), pytest.raises(StorageError, match="cannot be written"):
        bars(small_disk / "bars")
    assert kept.items() <= contents(small_disk / ".bars.unfinished").items()
    bars(small_disk / "bars")
    assert listing(small_disk) == ["bars"]


@pytest.mark.parametrize("begin", [training, masks])
def test_a_disk_that_fills_up_ends_a_training_that_goes_on(small_disk, begin, one_thread):
    steps = epochs(begin(small_disk))
    assert next(steps) == 1
    earlier = contents(small_disk / "run")
    with full(small_disk), pytest.raises(StorageError, match="cannot be written"):
        next(steps)
    assert contents(small_disk / "run") == earlier
    assert list(epochs(begin(small_disk))) == [2, 3]
    assert listing(small_disk / "run") == list(earlier)


def a_result(seed):
    gaussian = Candidate.parse("gaussian")
    task = Task("bars", gaussian, seed, 20, (MetricSpec.parse("codes/distance-ratio"),))
    return Result(task, contents="0" * 64, images=np.zeros((4, 28, 28, 1), np.uint8))


def test_results_on_a_full_disk_are_a_sentence_and_earlier_ones_stay(small_disk):
    store = Store(small_disk / "results")
    store.keep(a_result(0))
    earlier = contents(small_disk / "results")
    with full(small_disk), pytest.raises(StorageError, match="cannot be written"):
        store.keep(a_result(1))
    assert contents(small_disk / "results") == earlier


# folders that may only be read


@pytest.mark.parametrize("begin", [bars, training, masks])
def test_a_folder_that_may_only_be_read_is_a_sentence(small_disk, begin):
    with read_only(small_disk), pytest.raises(StorageError, match=r"Read-only|may not be written"):
        list(begin(small_disk / "out"))


# folders that are removed in mid-work


def test_chunks_that_are_removed_in_mid_work_are_a_sentence(tmp_path):
    def remove(share, text):
        if text.startswith("projecting"):
            shutil.rmtree(tmp_path / ".bars.unfinished")

    with reporting(remove), pytest.raises(StorageError, match="cannot be written"):
        bars(tmp_path / "bars")
    bars(tmp_path / "bars")
    assert listing(tmp_path) == ["bars"]


def test_a_training_whose_folder_is_removed_writes_it_anew(tmp_path, one_thread):
    steps = epochs(training(tmp_path))
    next(steps)
    shutil.rmtree(tmp_path / "run")
    assert list(steps) == [2, 3]
    assert len(read_checkpoint(tmp_path / "run" / "checkpoint.safetensors").history) == 3


def test_masks_whose_folder_is_removed_are_written_anew(tmp_path, one_thread):
    steps = masks(tmp_path)
    next(steps)
    shutil.rmtree(tmp_path / "run")
    assert list(epochs(steps)) == [2, 3]
    assert masks(tmp_path).done


def test_results_whose_folder_is_removed_are_a_sentence(tmp_path):
    store = Store(tmp_path / "results")
    shutil.rmtree(tmp_path / "results")
    with pytest.raises(StorageError, match="cannot be written"):
        store.keep(a_result(0))


def test_a_bundle_that_is_removed_while_it_is_open_is_a_sentence(tmp_path):
    bars(tmp_path / "bars")
    opened = read(tmp_path / "bars")
    shutil.rmtree(tmp_path / "bars")
    with pytest.raises(BundleError, match="there is no such file"):
        _ = opened.codes


# a bundle that is replaced while it is open


def test_a_bundle_that_is_replaced_while_it_is_open_says_so(tmp_path):
    bars(tmp_path / "bars")
    opened, other = read(tmp_path / "bars"), tiny_images(seed=1)
    codes = opened.codes
    bars(tmp_path / "bars", image_set=other)
    assert opened.codes is codes  # what was read stays
    with pytest.raises(BundleError, match="was replaced since it was opened: open it again"):
        _ = opened.attributes
    assert read(tmp_path / "bars").attributes is not None


def test_a_bundle_that_is_damaged_while_it_is_open_is_none_that_was_replaced(tmp_path):
    bars(tmp_path / "bars")
    opened = read(tmp_path / "bars")
    write_bytes(tmp_path / "bars" / "codes.safetensors", b"damaged")
    with pytest.raises(BundleError, match="was truncated"):
        _ = opened.codes


def test_a_bundle_that_is_replaced_in_mid_creation_has_all_files_of_one(tmp_path):
    """Whoever writes last has the place, and no file is another's."""
    bars(tmp_path / "bars")
    seen = []

    def replaced(share, text):
        if text.startswith("packing") and not seen:
            seen.append(text)
            other = tiny_bundle(None, classifier=None, projected={"pca": PCA()}, title="Other")
            other.save(tmp_path / "bars")

    with reporting(replaced):
        bars(tmp_path / "bars", title="Later")
    assert seen
    assert read(tmp_path / "bars").title == "Later"
    assert check(tmp_path / "bars").ok
    assert listing(tmp_path) == ["bars"]


# a clock that is set back


def test_a_clock_that_is_set_back_does_not_begin_a_creation_anew(tmp_path):
    class Stopped(Exception):
        pass

    def stop(share, text):
        if text.startswith("projecting"):
            raise Stopped

    with reporting(stop), pytest.raises(Stopped):
        bars(tmp_path / "bars")
    future = 4e9
    for path in (tmp_path / ".bars.unfinished").iterdir():
        os.utime(path, (future, future))
    made = []
    real = creation.Chunks.get

    def get(self, name, number, make):
        return real(self, name, number, lambda: made.append(name) or make())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(creation.Chunks, "get", get)
        bars(tmp_path / "bars")
    assert {name.split("-")[0] for name in made} == {"pca", "decoded"}
