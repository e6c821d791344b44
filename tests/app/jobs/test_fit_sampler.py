"""Slow fits on the pages: progress, cancel, start again, an error, a result that is kept."""

import re
import shutil
from importlib import import_module

import pytest
import streamlit as st

from aegen.app import services
from aegen.app.jobs import process
from aegen.app.jobs.job import Jobs
from aegen.app.row_selection import AttributeEquals
from aegen.app.services import disk_cache, samplers
from aegen.app.services.samplers import SamplerSpec
from aegen.bundles import read
from aegen.core.errors import AegenError
from aegen.samplers.gaussian import Gaussian
from tests.app.conftest import link_of
from tests.app.jobs.inline import Inline
from tests.app.jobs.slow_work import GO, READY
from tests.app.jobs.test_process import until
from tests.app.test_pages import text

SPEC = SamplerSpec("bars", "gaussian")


@pytest.fixture
def gate(jobs_too, monkeypatch, tmp_path):
    """Gaussian counts as slow, and its fit lasts until this file is there."""
    gate = tmp_path / "go"
    monkeypatch.setattr(Gaussian, "slow", True)
    monkeypatch.setattr(samplers, "WORK", "tests.app.jobs.slow_work:fit")
    monkeypatch.setenv(GO, str(gate))
    return gate


@pytest.fixture(scope="session")
def fit(bundle_folder, tmp_path_factory):
    """What the job would save."""
    file = tmp_path_factory.mktemp("fit") / READY
    read(bundle_folder / "bars").model("gaussian", rng=0).sampler.save(file)
    return file


@pytest.fixture
def ready(gate, fit):
    """The job's file is there already: when and how its work ends is what counts."""
    shutil.copyfile(fit, gate.with_name(READY))
    return gate


@pytest.fixture
def at_once(gate, monkeypatch):
    """What is shown is what comes of a job's file: its work is done here, without a process."""

    def begin(key, work, prepare, **about):
        def fit():
            arguments, finish = prepare()
            module, _, name = work.partition(":")
            return finish(getattr(import_module(module), name)(**arguments))

        return process._jobs.begin(key, lambda: Inline(key, fit))

    monkeypatch.setattr(process, "begin", begin)
    gate.touch()
    return gate


def the_job():
    (job,) = process._jobs.all()
    return job


def labels(app):
    return [button.label for button in app.button]


def press(app, label):
    (button,) = [button for button in app.button if button.label == label]
    return button.click().run()


def kept():
    """Files that fits left on disk, those of unfinished ones among them."""
    return (
        sorted(path.name for path in disk_cache.folder().glob("*"))
        if disk_cache.folder().exists()
        else []
    )


def finished(gate):
    gate.touch()
    assert the_job().wait(60)
    assert the_job().state == "done"


def test_a_slow_fit_shows_how_far_it_is_and_then_the_pictures(opened, gate):
    app = opened("sample", sampler="gaussian", n="4")
    assert not app.exception
    assert "Cancel" in labels(app)
    assert "Fitted" not in text(app)
    until(lambda: the_job().share == 0.25)
    app = app.run()
    (bar,) = app.main.get("progress")
    assert bar.proto.value == 25
    times = r"0:\d\d so far, about \d+:\d\d left"
    assert re.fullmatch(rf"25 % · a quarter of the \\\*way\\\* · {times}", bar.proto.text)
    assert link_of(app)["sampler"] == "gaussian"
    finished(gate)
    app = app.run()
    assert not app.exception
    assert "Cancel" not in labels(app)
    assert "Fitted in 5.0 s" in text(app)


def test_the_pictures_of_before_stay_while_a_fit_goes_on(opened, gate):
    app = opened("sample", sampler="bootstrap", n="4")
    app = app.selectbox(key="widget:sampler").select("gaussian").run()
    assert not app.exception
    assert "Still the draws of before: Bootstrap" in text(app)


def test_cancelling_leaves_nothing_and_it_can_be_started_again(opened, ready):
    app = opened("sample", sampler="gaussian", n="4")
    until(lambda: the_job().share == 0.25)
    assert len(kept()) == 1
    job = the_job()
    app = press(app, "Cancel")
    assert job.wait(30)
    assert job.state == "stopped"
    assert kept() == []
    assert "was cancelled" in text(app)
    assert "Cancel" not in labels(app)
    app = app.run()  # it does not start by itself
    assert "was cancelled" in text(app)
    app = press(app, "Start again")
    assert "Cancel" in labels(app)
    assert the_job() is not job
    finished(ready)
    assert "Fitted in" in text(app.run())


def test_two_visits_share_a_fit_and_one_cancelling_it_leaves_it_to_the_other(opened, ready):
    one, other = (opened("sample", sampler="gaussian", n="4") for _ in range(2))
    job = the_job()
    one = press(one, "Cancel")
    assert "was cancelled" in text(one)
    assert not job.stopping
    finished(ready)
    assert "Fitted in" in text(other.run())
    assert "Fitted in" in text(one.run())


def test_an_error_in_the_job_is_its_sentence_and_can_be_tried_again(opened, ready):
    ready.write_text("this *fit* is refused: choose another")
    app = opened("sample", sampler="gaussian", n="4")
    the_job().wait(60)
    app = app.run()
    assert not app.exception
    (error,) = app.error
    assert error.value == "This \\*fit\\* is refused\\: choose another"
    assert kept() == []
    ready.write_text("")
    app = press(app, "Try again")
    the_job().wait(60)
    app = app.run()
    assert not app.error
    assert "Fitted in" in text(app)


def test_the_map_stays_while_the_model_over_it_is_fitted(opened, ready):
    app = opened("latent-map", draws="gaussian", projection="pca")
    assert not app.exception
    assert "Cancel" in labels(app)
    assert "Nothing selected" in text(app)
    assert "Rings" not in text(app)
    finished(ready)
    app = app.run()
    assert "Rings: 500 draws of the Gaussian." in text(app)


def forget_all(monkeypatch):
    """As after a restart: nothing is known but what is on disk."""
    st.cache_resource.clear()
    monkeypatch.setattr(process, "_jobs", Jobs(8))


def test_a_long_fit_is_kept_on_disk_and_gives_the_same_draws(opened, gate, monkeypatch):
    gate.touch()
    first = services.draws.draw(SPEC, 5, 1).codes
    assert len(kept()) == 1
    forget_all(monkeypatch)
    app = opened("sample", sampler="gaussian", n="4")
    assert "read from disk" in text(app)
    assert not process._jobs.all()
    assert (services.draws.draw(SPEC, 5, 1).codes == first).all()
    monkeypatch.setattr(Gaussian, "slow", False)
    monkeypatch.setenv("AEGEN_CACHE", str(gate.parent / "elsewhere"))
    forget_all(monkeypatch)
    assert (services.draws.draw(SPEC, 5, 1).codes == first).all()  # as fitted here, without a job


def test_a_damaged_file_on_disk_is_removed_and_fitted_anew(at_once, monkeypatch):
    first = services.draws.draw(SPEC, 5, 1).codes
    (file,) = disk_cache.folder().glob("*.safetensors")
    whole = file.read_bytes()
    spoilt = [b"", whole[:-8], whole[:-3] + b"\0\1\2"]
    other = services.samplers.model(SamplerSpec("bars", "bootstrap")).sampler
    other.save(at_once.parent / "other.safetensors")
    spoilt.append((at_once.parent / "other.safetensors").read_bytes())
    for content in spoilt:
        file.write_bytes(content)
        assert disk_cache.read(file.stem, "gaussian", 3) is None
        assert not file.exists()
    file.write_bytes(b"spoilt")
    forget_all(monkeypatch)
    assert (services.draws.draw(SPEC, 5, 1).codes == first).all()
    assert file.read_bytes() == whole


def test_other_rows_fields_or_bundles_are_other_fits():
    specs = [
        SPEC,
        SamplerSpec("colours", "gaussian"),
        SamplerSpec("bars", "bootstrap"),
        SamplerSpec("bars", "gaussian", (("covariance", "diagonal"),)),
        SamplerSpec("bars", "gaussian", (), AttributeEquals("class", "lying")),
        SamplerSpec("bars", "gaussian", (), AttributeEquals("class", "upright")),
    ]
    assert len({samplers._mark(spec) for spec in specs}) == len(specs)
    default = SamplerSpec("bars", "gaussian", (("covariance", "full"),))
    assert samplers._mark(default) == samplers._mark(SPEC)


def test_short_fits_are_not_kept(at_once, monkeypatch):
    monkeypatch.setattr(disk_cache, "LEAST", 60)  # however busy the machine is
    monkeypatch.setattr(samplers, "WORK", "aegen.app.jobs.fit_sampler:fit")
    services.samplers.model(SPEC)
    assert kept() == []


def test_the_oldest_used_fits_make_room(monkeypatch, tmp_path):
    import os

    monkeypatch.setattr(disk_cache, "MOST_FILES", 2)
    model = services.samplers.model(SamplerSpec("bars", "gaussian")).sampler
    for k, mark in enumerate("abc"):
        model.save(tmp_path / "written.safetensors")
        disk_cache.keep(mark, tmp_path / "written.safetensors")
        os.utime(disk_cache.folder() / f"{mark}.safetensors", (k, k))
        if mark == "b":
            assert disk_cache.read("a", "gaussian", 3) is not None  # used again, so b goes
    assert kept() == ["a.safetensors", "c.safetensors"]
    size = (disk_cache.folder() / "a.safetensors").stat().st_size
    monkeypatch.setattr(disk_cache, "MOST_BYTES", size)
    model.save(tmp_path / "written.safetensors")
    disk_cache.keep("d", tmp_path / "written.safetensors")
    assert kept() == ["d.safetensors"]


def test_a_folder_that_cannot_be_written_only_means_that_nothing_is_kept(at_once, monkeypatch):
    (at_once.parent / "file").touch()
    monkeypatch.setenv("AEGEN_CACHE", str(at_once.parent / "file"))
    assert len(services.draws.draw(SPEC, 5, 1)) == 5


def test_a_bundle_written_anew_is_opened_anew(tmp_path, monkeypatch):
    import shutil

    from tests.tiny_bundle import tiny_bundle

    monkeypatch.setenv("AEGEN_BUNDLES", str(tmp_path))
    tiny_bundle(tmp_path / "bars", title="First")
    first = services.draws.draw(SPEC, 5, 1).codes
    assert services.bundles.bundle("bars").title == "First"
    shutil.rmtree(tmp_path / "bars")
    tiny_bundle(tmp_path / "bars", title="Second", channels=3)
    assert services.bundles.bundle("bars").title == "Second"
    assert services.images.sheet("bars", (0,)).shape[-1] == 3
    assert not (services.draws.draw(SPEC, 5, 1).codes == first).all()
    shutil.rmtree(tmp_path / "bars")
    with pytest.raises(AegenError):
        services.bundles.bundle("bars")


def test_slow_models_and_slow_values_say_so(jobs_too):
    assert services.samplers.slow(SamplerSpec("bars", "vine-copula"))
    assert services.samplers.slow(
        SamplerSpec("bars", "empirical-beta-copula", (("degree", "auto"),))
    )
    for quick in ("gaussian", "empirical-beta-copula", "kde", "bootstrap"):
        assert not services.samplers.slow(SamplerSpec("bars", quick))
