"""The app on a machine that something befalls: a sentence, and what was there before stays."""

import os
import shutil
import time

import numpy as np
import pytest

from aegen.app import services
from aegen.app.jobs import process, train_supermask
from aegen.app.services import cache, comparisons, disk_cache, samplers, tickets, trainings
from aegen.app.services.samplers import SamplerSpec
from aegen.app.services.trainings import TrainingConfig
from aegen.core import temporaries
from aegen.core.errors import AegenError, StorageError
from aegen.core.storage import claimed, replacing_folder
from tests.app.jobs.inline import Inline
from tests.app.jobs.test_fit_sampler import press
from tests.app.test_pages import titles
from tests.faults import full, read_only, small_disk
from tests.tiny_bundle import tiny_bundle

__all__ = ["small_disk"]

SPEC = SamplerSpec("bars", "gaussian")
ORDER = TrainingConfig("bundle:bars", 40, "12-6", 2, 0.1, 0.01, 0.01, 3.0, 0)


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The folder of a bundle named bars."""
    return tiny_bundle(tmp_path_factory.mktemp("first") / "bars", title="First").path


@pytest.fixture
def own_bundles(first, tmp_path, monkeypatch):
    """A folder of bundles that a test may change."""
    folder = tmp_path / "bundles"
    shutil.copytree(first, folder / "bars")
    monkeypatch.setenv("AEGEN_BUNDLES", str(folder))
    return folder


@pytest.fixture
def disk_of_cache(small_disk, monkeypatch):
    """A small disk of its own that the cache is on."""
    monkeypatch.setenv("AEGEN_CACHE", str(small_disk))
    return small_disk


@pytest.fixture
def in_this_process(monkeypatch):
    """What a job would do is done here at once."""

    def begin(key, work, prepare, *, goes_on=False, title=""):
        arguments, finish = prepare()
        made = Inline(key, lambda: finish(train_supermask.train(**arguments)))
        return process._jobs.begin(key, lambda: made)

    monkeypatch.setattr(process, "begin", begin)


# a cache that cannot be written


def test_pages_work_on_a_cache_that_may_only_be_read(disk_of_cache, opened):
    with read_only(disk_of_cache):
        for address in ("sample", "traverse", "train"):
            assert not opened(address).exception, address


def test_a_training_on_a_cache_that_may_only_be_read_is_a_sentence(disk_of_cache, opened):
    with read_only(disk_of_cache):
        app = press(opened("train", data="bundle:bars"), "Train")
        (job,) = process.known()
        assert job.wait(10)
        app = opened("train", data="bundle:bars")
        assert not app.exception
        assert any("cannot be made a folder" in each.value for each in app.error)


def test_fits_and_results_go_elsewhere_where_the_cache_may_only_be_read(disk_of_cache):
    comparisons._elsewhere.cache_clear()
    with read_only(disk_of_cache):
        with disk_cache.workplace() as place:
            assert disk_of_cache not in place.path.parents
        assert disk_of_cache not in comparisons._folder().parents
    comparisons._elsewhere.cache_clear()


def test_a_fit_that_finds_the_disk_full_is_used_and_not_kept(disk_of_cache, monkeypatch):
    monkeypatch.setattr(disk_cache, "LEAST", 0)
    with full(disk_of_cache):
        assert services.samplers.model(SPEC).sample(3, rng=0).codes.shape == (3, 3)
    fits = disk_cache.folder()
    assert not fits.exists() or listing(fits) == []


def test_a_ticket_that_finds_the_disk_full_is_a_sentence(disk_of_cache, in_this_process):
    trainings.start_training(ORDER)
    content = trainings.trained_file(ORDER, "ticket")
    with full(disk_of_cache), pytest.raises(StorageError, match="cannot be"):
        tickets.add_ticket(content)
    name = tickets.add_ticket(content)
    assert tickets.ticket_file(name).read_bytes() == content


# what dead servers left


def test_the_place_of_a_job_whose_server_died_goes(monkeypatch):
    monkeypatch.setattr(temporaries, "RARELY", 0)  # folders are looked through all the time
    left = disk_cache.folder() / ".job.aegen-01234567"
    left.mkdir(parents=True)
    (left / "fit.safetensors").write_bytes(b"half")
    with disk_cache.workplace() as own:
        assert listing(disk_cache.folder()) == [own.path.name]
        assert disk_cache.read("0" * 40, "gaussian", 3) is None
        assert own.path.is_dir()
    left.mkdir()
    disk_cache.read("0" * 40, "gaussian", 3)
    assert listing(disk_cache.folder()) == []


def test_a_training_at_work_makes_no_room(tmp_path):
    for k in range(3):
        (tmp_path / f"training-{k}").mkdir()
        os.utime(tmp_path / f"training-{k}", (k, k))
    with claimed(tmp_path / "training-0"):
        disk_cache.make_room(tmp_path, "*", 1, float("inf"))
        assert {"training-0", "training-2"} <= set(listing(tmp_path))
        assert "training-1" not in listing(tmp_path)
    disk_cache.make_room(tmp_path, "*", 1, float("inf"))
    assert listing(tmp_path) == ["training-2"]


def test_a_training_has_one_writer(tmp_path, in_this_process):
    with claimed(trainings._folder(ORDER)), pytest.raises(StorageError, match="another process"):
        trainings.start_training(ORDER).outcome()


# a clock that is set back


def test_what_was_just_used_stays_though_the_clock_was_set_back(tmp_path):
    now = time.time()
    for k in range(3):
        (tmp_path / f"{k}.txt").touch()
        os.utime(tmp_path / f"{k}.txt", (now + 1e6 + k, now + 1e6 + k))
    (tmp_path / "now.txt").touch()
    disk_cache.make_room(tmp_path, "*.txt", 1, float("inf"))
    assert listing(tmp_path) == ["now.txt"]


def test_a_bundle_of_the_same_time_is_another_one(own_bundles):
    before = services.bundles.bundle("bars")
    when = os.stat(own_bundles / "bars" / "bundle.json").st_mtime_ns
    tiny_bundle(own_bundles / "bars", title="Later")
    os.utime(own_bundles / "bars" / "bundle.json", ns=(when, when))
    assert cache.stamp("bars")[1] == when
    assert services.bundles.bundle("bars").title == "Later"
    assert before.title == "First"


# a bundle that is replaced, or removed, while it is open


def test_a_page_shows_the_bundle_that_took_the_place_of_another(own_bundles, opened):
    app = opened("sample", bundle="bars")
    assert not app.exception
    tiny_bundle(own_bundles / "bars", title="Second", channels=3)
    app = opened("sample", bundle="bars")
    assert not app.exception
    assert not app.error
    assert services.bundles.bundle("bars").title == "Second"
    assert services.images.sheet("bars", (0,)).shape[-1] == 3


@pytest.mark.parametrize("address", ["latent-map", "traverse", "sample", "compare", "target"])
def test_a_bundle_that_is_removed_while_a_page_shows_it_is_a_sentence(
    own_bundles, bundle_folder, opened, address
):
    shutil.copytree(bundle_folder / "colours", own_bundles / "colours")
    app = opened(address, bundle="bars")
    shown = titles(app)
    shutil.rmtree(own_bundles / "bars")
    app = opened(address, bundle="bars")
    assert not app.exception
    assert titles(app) == shown
    said = [each.value for each in (*app.error, *app.warning, *app.info)]
    assert any("bars" in text for text in said), said


def test_a_fit_whose_bundle_was_replaced_is_not_kept_under_its_mark(own_bundles, monkeypatch):
    place, mark = disk_cache.workplace(), samplers._mark(SPEC)
    model = services.samplers.model(SPEC)
    model.sampler.save(place.path / samplers.FILE)
    tiny_bundle(own_bundles / "bars", title="Second", image_set=None, rng=3)
    with pytest.raises(AegenError, match="was replaced while this was worked at"):
        samplers._take(SPEC, mark, place, {"seconds": 100.0})
    assert listing(disk_cache.folder()) == []


def test_a_training_of_a_bundle_that_was_replaced_begins_anew(own_bundles, in_this_process):
    trainings.start_training(ORDER)
    assert len(trainings.trained(ORDER).records) == 2
    tiny_bundle(own_bundles / "bars", title="Second")
    assert trainings.trained(ORDER) is None
    trainings.start_training(ORDER)
    assert len(trainings.trained(ORDER).records) == 2


def test_half_a_bundle_is_never_seen(own_bundles):
    """While it is replaced, the list shows the earlier one and nothing else."""
    with replacing_folder(own_bundles / "bars") as part:
        shutil.copytree(own_bundles / "bars", part, dirs_exist_ok=True)
        assert services.bundles.bundle("bars").title == "First"
        assert np.isfinite(services.bundles.bundle("bars").codes).all()
    assert listing(own_bundles) == ["bars"]


def test_a_page_without_a_folder_for_files_is_a_sentence(small_disk, opened, monkeypatch):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(small_disk / "gone"))
    app = opened("bring")
    assert not app.exception
    assert any("cannot be written" in each.value for each in app.error)
