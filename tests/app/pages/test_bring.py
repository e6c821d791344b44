"""Bring your own: files are dropped, tried, made into a bundle; what is wrong is said in place."""

import gc
import importlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx

import aegen
from aegen.app.jobs import process
from aegen.app.pages.bring import files, snippets
from aegen.app.services import creations
from aegen.app.services.creations import CreationConfig, Refusal, Sources
from aegen.app.state import visit
from aegen.app.state.uploads import release
from aegen.bundles import Convention, discovery
from aegen.bundles.codec import Codec
from aegen.bundles.convention import IMAGENET
from aegen.projections.umap import UMAP
from tests.app.conftest import link_of
from tests.app.jobs.inline import Inline
from tests.app.jobs.test_fit_sampler import press
from tests.app.own_files import pair, saved, zipped
from tests.app.test_pages import text, titles
from tests.tiny_bundle import QuickUMAP, tiny_images

ROOT = Path(__file__).parents[3]
BARS = tiny_images()
X = BARS.images.transpose(0, 3, 1, 2) / 255
ZIP = zipped(BARS.images, list(BARS.attributes["class"]))
TIMES = np.linspace(0, 6, 50)
RNG = np.random.default_rng(0)
SERIES = np.sin(TIMES * RNG.uniform(0.5, 2, (60, 2, 1)) + RNG.uniform(0, 6, (60, 2, 1)))
TABLE = RNG.normal(size=(60, 7)) @ RNG.normal(size=(7, 7))
CODES = RNG.normal(size=(60, 4))


@pytest.fixture
def own(monkeypatch, tmp_path, bundle_folder):
    """The person's folder, which is empty, before the two tiny bundles."""
    folder = tmp_path / "own"
    monkeypatch.setenv("AEGEN_BUNDLES", str(folder))
    monkeypatch.setattr(discovery, "_roots", lambda: [folder, bundle_folder])
    monkeypatch.setattr("aegen.bundles.bundles", discovery.bundles)
    monkeypatch.setattr(visit, "is_local", lambda: True)
    return folder


@pytest.fixture
def at_once(monkeypatch):
    """What jobs do is done here, and only what JSON can say passes; gives what began.

    Each is told by its name and what is done when it ends.
    """
    asked_for = []

    def begin(key, work, prepare, *, goes_on=False, title=""):
        def run():
            module, _, name = work.partition(":")
            function = getattr(importlib.import_module(module), name)
            said = function(**json.loads(json.dumps(arguments)))
            return finish(json.loads(json.dumps(said)))

        if process.find(key) is None:
            arguments, finish = prepare()
            asked_for.append((work.rpartition(":")[2], finish))
        return process._jobs.begin(key, lambda: Inline(key, run))

    monkeypatch.setattr(process, "begin", begin)
    monkeypatch.setattr(UMAP, "_fit", QuickUMAP._fit)
    return asked_for


def drop(app, field, *named):
    """Drop files, (name, content), on a field."""
    (box,) = [box for box in app.file_uploader if box.key.startswith(f"bring:{field}:")]
    given = [(name, content, "") for name, content in named]
    return box.set_value(given if box.accept_multiple_files else given[0]).run()


def brought(app, encoder, decoder, data=("bars.zip", ZIP)):
    """Drop a pair on the encoder's field, and data."""
    app = drop(app, "encoder", ("my-encoder.onnx", encoder), ("my-decoder.onnx", decoder))
    return drop(app, "data", data)


def labels(app):
    return [button.label for button in app.button]


def badges(app):
    return [mark.value for mark in app.markdown if "badge[" in mark.value]


def codes_of(app):
    return [code.value for code in app.main.code]


def sources(folder, kind="", **named):
    """Files written to a folder, as a person's own."""
    paths = {}
    for field, (name, content) in named.items():
        (folder / name).write_bytes(content)
        paths[field] = str(folder / name)
    return Sources(kind=kind, **paths)


def tried(asked):
    found = creations.inspection_job(asked).outcome()
    assert not isinstance(found, Refusal), found
    return found


# trying


@pytest.mark.parametrize("scale", ["unit", "signed"])
def test_the_right_convention_is_suggested_and_its_error_is_right(at_once, tmp_path, scale):
    encoder, decoder = pair(X, scale=scale)
    found = tried(
        sources(
            tmp_path,
            encoder=("encoder.onnx", encoder),
            decoder=("decoder.onnx", decoder),
            data=("bars.zip", ZIP),
        )
    )
    assert (found.kind, found.rows, found.held_out, found.row) == (
        "image",
        48,
        8,
        "pictures of 16 x 16 pixels, grey",
    )
    assert found.attributes == ("class",)
    assert any("held out" in note for note in found.notes)
    best = found.options[found.suggested]
    assert (best.taken, best.given) == (Convention(scale), Convention(scale))
    # principal components by hand; files in a ZIP are read class by class
    order = np.argsort(BARS.attributes["class"].astype(str), kind="stable")
    looked_at = np.unique(np.linspace(0, 47, 16).astype(int))
    x = (BARS.images / 255).reshape(48, -1)
    mean, basis = x.mean(axis=0), np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:4]
    back = np.clip((x - mean) @ basis.T @ basis + mean, 0, 1)
    error = ((back - x)[order][looked_at] ** 2).mean()
    assert best.error == pytest.approx(error, rel=1e-4)
    others = [option.error for option in found.options[1:]]
    assert others == sorted(others)
    assert not found.doubt
    assert len(found.options) == 20  # four conventions in, five out
    shown = {option.strip for option in found.options}
    assert all(strip[8:12] == b"WEBP" for strip in [found.originals, *shown])
    assert len(shown) > 10


def test_networks_that_do_not_belong_together_are_doubted(at_once, tmp_path):
    noise = np.random.default_rng(1).random(X.shape)
    found = tried(
        sources(
            tmp_path,
            encoder=("encoder.onnx", pair(noise)[0]),
            decoder=("decoder.onnx", pair(noise[::-1] ** 4)[1]),
            data=("bars.zip", ZIP),
        )
    )
    assert "belong together" in found.doubt


@pytest.mark.parametrize(
    ("brought", "kind", "options", "error"),
    [
        ({"network": SERIES, "data": ("s.npz", saved(series=SERIES))}, "series", 1, True),
        ({"network": TABLE, "data": ("t.npz", saved(table=TABLE))}, "table", 1, True),
        ({"data": ("codes.npz", saved(codes=CODES, digit=np.arange(60)))}, "codes", 0, False),
        ({"decoder": X, "data": ("codes.npz", saved(codes=CODES))}, "codes", 4, False),
        ({"encoder": X, "data": ("bars.zip", ZIP)}, "image", 4, False),
    ],
    ids=["series", "table", "codes alone", "decoder alone", "encoder alone"],
)
def test_what_the_data_are_is_found_out(at_once, tmp_path, brought, kind, options, error):
    networks = {}
    for field, place in (("encoder", 0), ("decoder", 1)):
        x = brought.get(field, brought.get("network"))
        if x is not None:
            networks[field] = (f"{field}.onnx", pair(x)[place])
    found = tried(sources(tmp_path, data=brought["data"], **networks))
    assert (found.kind, len(found.options)) == (kind, options)
    assert [option.error is not None for option in found.options] == [error] * options
    if error:
        x = brought["network"].reshape(60, -1)
        basis = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:4]
        lost = (x - x.mean(axis=0)) - (x - x.mean(axis=0)) @ basis.T @ basis
        rows = np.unique(np.linspace(0, 59, 16).astype(int))
        expected = (lost[rows] ** 2).mean() / x[rows].var()
        assert found.options[0].error == pytest.approx(expected, rel=1e-3)


def test_a_decoder_alone_is_read_by_its_range(at_once, tmp_path):
    decoder = pair(X, scale="signed")[1]
    z = np.zeros((60, 4)) + CODES / 100
    found = tried(
        sources(tmp_path, decoder=("d.onnx", decoder), data=("codes.npz", saved(codes=z)))
    )
    assert found.options[found.suggested].given == Convention("signed")


def test_trying_loads_no_torch(tmp_path):
    encoder, decoder = pair(X)
    given = sources(
        tmp_path,
        encoder=("encoder.onnx", encoder),
        decoder=("decoder.onnx", decoder),
        data=("bars.zip", ZIP),
    )
    program = (
        "import sys; from aegen.app.jobs.create_bundle import inspect; "
        f"print(inspect({given.files!r}, '')['rows'], 'torch' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["48", "False"]


# the page


def test_empty_it_says_what_to_drop_and_shows_the_lines(opened, own):
    app = opened("bring")
    assert not app.exception
    assert "Drop an encoder, a decoder and a ZIP of pictures" in text(app)
    python, command = codes_of(app)
    assert 'encoder="encoder.onnx"' in python
    assert "aegen bundles create mine" in command
    assert not own.exists()


def test_dropped_files_are_tried_at_once(opened, own, at_once):
    app = brought(opened("bring"), *pair(X, 24, scale="signed"))
    assert not app.exception
    assert not app.error
    assert "What comes back" in [title.value for title in app.subheader]
    assert r"**\[-1, 1\]** in and out" in text(app)
    assert "times nearer to the originals" in text(app)
    (taken,) = badges(app)
    assert "as suggested" in taken
    shown = [html.proto.body for html in app.main.get("html")]
    assert sum("data:image/webp" in body for body in shown) == 5
    app = app.toggle(key="bring:all").set_value(True).run()
    shown = [html.proto.body for html in app.main.get("html")]
    assert sum("data:image/webp" in body for body in shown) == 21
    assert [work for work, _ in at_once] == ["inspect"]  # the reruns tried nothing anew
    assert 'encoder="my-encoder.onnx"' in codes_of(app)[0]
    assert "--images bars.zip" in codes_of(app)[1]


def test_a_bundle_is_made_and_opened_on_the_map(opened, own, at_once):
    app = brought(opened("bring"), *pair(X, 24, scale="signed"))
    assert "Make the bundle" in labels(app)
    for label, typed in (("Name", "stripes"), ("Title", "My *stripes*"), ("Licence", "CC0")):
        (box,) = [box for box in app.text_input if box.label.startswith(label)]
        app = box.set_value(typed).run()
    app = press(app, "Make the bundle")
    assert not app.exception
    assert not app.error
    made = aegen.load("stripes")
    assert made.path == own / "stripes"
    manifest = made.manifest
    assert (manifest.title, manifest.licence) == ("My *stripes*", "CC0")
    assert manifest.encoder.convention == manifest.decoder.convention == Convention("signed")
    assert (manifest.rows, manifest.holdout_rows) == (40, 8)
    assert sorted(path.name for path in own.iterdir()) == ["stripes"]
    assert "is made: 40 rows" in app.success[0].value
    app = press(app, "Open it on the map")
    assert not app.exception
    assert titles(app) == ["Latent map"]
    assert link_of(app)["bundle"] == "stripes"
    assert app.sidebar.selectbox[0].value == "stripes"


def test_values_are_called_by_the_titles_that_were_brought(
    opened, own, at_once, tmp_path, monkeypatch
):
    encoder, decoder = pair(X, 24)
    said = b"attribute,value,title\nclass,,pose\nclass,lying,flat\n"
    app = drop(brought(opened("bring"), encoder, decoder), "titles", ("titles.csv", said))
    assert not app.main.error
    python, command = codes_of(app)
    assert "--titles titles.csv" in command
    app = press(app, "Make the bundle")
    assert not app.error
    made = aegen.load("bars-2").manifest
    assert (made.title_of("class"), made.title_of("class", "lying")) == ("pose", "flat")
    sources(
        tmp_path,
        encoder=("my-encoder.onnx", encoder),
        decoder=("my-decoder.onnx", decoder),
        data=("bars.zip", ZIP),
        titles=("titles.csv", said),
    )
    shutil.rmtree(own / "bars-2")
    monkeypatch.chdir(tmp_path)
    exec(python, {})
    assert aegen.load("bars-2").manifest == made


def test_the_lines_make_the_same_bundle(opened, own, at_once, tmp_path, monkeypatch):
    encoder, decoder = pair(X, 24)
    app = brought(opened("bring"), encoder, decoder)
    app = app.button(key="bring:option:1").click().run()
    assert ["Suggested" in badges(app)[0], "Taken" in badges(app)[1]] == [True, True]
    (python,) = codes_of(app)  # no command says the mean of the data
    assert "input=Convention(" in python
    place = tmp_path / "elsewhere"
    place.mkdir()
    sources(
        place,
        encoder=("my-encoder.onnx", encoder),
        decoder=("my-decoder.onnx", decoder),
        data=("bars.zip", ZIP),
    )
    app = press(app, "Make the bundle")
    assert not app.error
    first = aegen.load("bars-2").manifest
    shutil.rmtree(own / "bars-2")
    monkeypatch.chdir(place)
    exec(python, {})
    second = aegen.load("bars-2").manifest
    assert second == first
    assert (place / "new.png").stat().st_size > 100


def test_the_command_makes_such_a_bundle(opened, own, at_once, tmp_path, monkeypatch):
    from aegen.cli import main

    encoder, decoder = pair(X, 24, scale="signed")
    app = brought(opened("bring"), encoder, decoder)
    create, sample = codes_of(app)[1].replace("\\\n", "").splitlines()
    sources(
        tmp_path,
        encoder=("my-encoder.onnx", encoder),
        decoder=("my-decoder.onnx", decoder),
        data=("bars.zip", ZIP),
    )
    monkeypatch.chdir(tmp_path)
    for command in (create, sample):
        monkeypatch.setattr("sys.argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
    manifest = aegen.load("bars-2").manifest
    assert manifest.encoder.convention == Convention("signed")
    assert (manifest.rows, manifest.holdout_rows) == (40, 8)
    assert (tmp_path / "new.png").stat().st_size > 100


def test_another_convention_is_taken_and_told(opened, own, at_once):
    app = brought(opened("bring"), *pair(X, 24))
    app = app.toggle(key="bring:all").set_value(True).run()
    (place,) = [
        k
        for k, option in enumerate(visit_of(app).inspected[1].options)
        if (option.taken, option.given) == (Convention("signed"), Convention("unit"))
    ]
    app = app.button(key=f"bring:option:{place}").click().run()
    assert "--input signed" in codes_of(app)[1]
    assert "--output unit" in codes_of(app)[1]
    press(app, "Make the bundle")
    manifest = aegen.load("bars-2").manifest  # there is one named bars
    assert manifest.encoder.convention == Convention("signed")
    assert manifest.decoder.convention == Convention("unit")


def test_codes_alone_become_a_bundle(opened, own, at_once):
    app = drop(opened("bring"), "data", ("points.npz", saved(codes=CODES)))
    assert "**60** codes of 4 numbers" in text(app)
    app = press(app, "Make the bundle")
    assert not app.exception
    assert not app.error
    made = aegen.load("points")
    assert not made.decodes
    assert made.codes.shape == (50, 4)


def test_an_encoder_alone_is_told_what_it_takes(opened, own, at_once):
    app = drop(opened("bring"), "encoder", ("my-encoder.onnx", pair(X, 24, scale="signed")[0]))
    app = drop(app, "data", ("bars.zip", ZIP))
    assert not app.exception
    assert 'input=Convention("unit")' in codes_of(app)[0]
    (box,) = [box for box in app.selectbox if box.label.startswith("Pixels enter")]
    app = box.set_value(1).run()
    assert "--input signed" in codes_of(app)[1]
    app = press(app, "Make the bundle")
    assert not app.error
    made = aegen.load("bars-2")
    assert made.payload.kind == "codes"
    assert not made.decodes


def visit_of(app):
    return app.session_state[visit.KEY]


# files


def test_files_lie_on_disk_and_go_with_the_visit(opened, own, at_once, monkeypatch):
    in_memory = []

    def released(file):
        context = get_script_run_ctx()
        release(file)
        kept = context.uploaded_file_mgr.get_files(context.session_id, [file.file_id])
        in_memory.append(kept)

    monkeypatch.setattr(files, "release", released)
    app = brought(opened("bring"), *pair(X, 24))
    assert in_memory == [[]] * 3
    held = visit_of(app).uploads
    assert sorted(path.name for path in held.files.values()) == [
        "bars.zip",
        "my-decoder.onnx",
        "my-encoder.onnx",
    ]
    assert held.files["data"].read_bytes() == ZIP
    assert app.session_state[visit.KEY].uploads is held
    app = app.button(key="bring:remove:data").click().run()
    assert not (held.folder / "data").exists()
    assert "Now bring data" in text(app)
    folder = held.folder
    assert folder.is_dir()
    del app, held
    for job in process._jobs.all():
        job.forget()
    gc.collect()
    assert not folder.exists()


BAD = [
    ("encoder", ("my-encoder.onnx", b"nothing"), "is no ONNX file"),
    ("encoder", ("my-encoder.onnx", b""), "is empty"),
    ("decoder", ("my-decoder.onnx", pair(SERIES)[1]), "picture comes back"),
    ("data", ("bars.zip", ZIP[:-30]), "not a whole ZIP"),
    ("data", ("bars.npy", b"nothing"), "no readable npy"),
    ("attributes", ("labels.csv", b"tone\nhigh\n"), "has 1 rows for 48 pictures"),
    ("titles", ("titles.csv", b"value,title\nlying,flat\n"), "attribute is missing"),
    (
        "titles",
        ("titles.csv", b"attribute,value,title\nclass,lain,flat\n"),
        "titles names 'lain', which is no value of class",
    ),
]


def test_a_bad_file_is_a_sentence_beside_its_field(opened, own, at_once):
    encoder, decoder = pair(X, 24)
    good = {
        "encoder": ("my-encoder.onnx", encoder),
        "decoder": ("my-decoder.onnx", decoder),
        "data": ("bars.zip", ZIP),
    }
    app = opened("bring")
    (kind,) = [box for box in app.selectbox if box.label == "The data are"]
    app = kind.set_value("image").run()
    for name, content in good.items():
        app = drop(app, name, content)
    for field, file, sentence in BAD:
        if field in good:
            app = app.button(key=f"bring:remove:{field}").click().run()
        app = drop(app, field, file)
        assert not app.exception
        if file[1]:
            (error,) = app.main.error
        else:  # the encoder is missing, and the data are no codes
            error = app.main.error[0]
        assert sentence in error.value.replace("\\", "")
        assert ".aegen-" not in error.value  # where it lies is our own business
        place = list(files.LABELS).index(field)
        assert error.value in [shown.value for shown in app.main.columns[place].error]
        (kind,) = [box for box in app.selectbox if box.label == "The data are"]
        assert kind.value == "image"
        assert "Make the bundle" not in labels(app)
        if file[1]:
            app = app.button(key=f"bring:remove:{field}").click().run()
        if field in good:
            app = drop(app, field, good[field])
        assert not app.main.error
        assert "Make the bundle" in labels(app)


def test_a_file_that_is_too_large_is_refused(opened, own, at_once, monkeypatch):
    monkeypatch.setitem(files.MEGABYTES, "data", 0)
    monkeypatch.setattr("streamlit.file_uploader", unlimited())
    app = brought(opened("bring"), *pair(X, 24))
    assert "at most 0 MB" in app.main.columns[2].error[0].value
    assert not list(visit_of(app).uploads.folder.glob("data/*"))


def unlimited():
    import streamlit as st

    plain = st.file_uploader

    def uploader(*args, max_upload_size, **kwargs):
        return plain(*args, **kwargs)

    return uploader


def test_a_folder_of_this_computer(opened, own, at_once, tmp_path, monkeypatch):
    encoder, decoder = pair(X, 24)
    app = drop(opened("bring"), "encoder", ("e-enc.onnx", encoder), ("d-dec.onnx", decoder))

    def type_folder(app, typed):
        (box,) = [box for box in app.text_input if "on this computer" in box.label]
        return box.set_value(str(typed)).run()

    app = type_folder(app, tmp_path / "no photos")
    assert "there is no" in app.main.error[0].value.lower()
    app = type_folder(app, "x" * 5000)
    assert not app.exception
    (tmp_path / "photos.zip").write_bytes(ZIP)
    app = type_folder(app, tmp_path / "photos.zip")
    assert not app.main.error
    assert "**48** pictures" in text(app)
    assert f'data="{tmp_path / "photos.zip"}"' in codes_of(app)[0]
    # Who is elsewhere can name nothing here.
    monkeypatch.setattr(visit, "is_local", lambda: False)
    app = app.run()
    assert "on this computer" not in str([box.label for box in app.text_input])
    assert "**48** pictures" not in text(app)


def test_a_link_names_no_folder(opened, own, tmp_path):
    (tmp_path / "photos.zip").write_bytes(ZIP)
    app = opened("bring", folder=str(tmp_path / "photos.zip"))
    assert not app.exception
    assert any("it is typed on the page" in warning.value for warning in app.warning)
    assert [box.value for box in app.text_input if "on this computer" in box.label] == [""]


# making


def test_a_name_that_cannot_be_is_said_and_stays(opened, own, at_once):
    app = brought(opened("bring"), *pair(X, 24))
    for name, sentence in (
        ("bars", "a bundle named bars already"),
        ("My Bars", "small letters"),
        ("../x", "small"),
    ):
        (box,) = [box for box in app.text_input if box.label == "Name"]
        app = box.set_value(name).run()
        assert not app.exception
        (error,) = app.main.error
        assert sentence in error.value
        assert "Make the bundle" not in labels(app)
        (box,) = [box for box in app.text_input if box.label == "Name"]
        assert box.value == name


class Killed(BaseException):
    """Nobody catches this, as nobody catches a process's end."""


def test_what_was_stopped_leaves_nothing_half_and_goes_on(opened, own, at_once, monkeypatch):
    encoded = []
    encode = Codec.encode_whole

    def counted(self, x):
        encoded.append(len(x))
        return encode(self, x)

    def dies(self, z, rng):
        raise Killed

    monkeypatch.setattr(Codec, "encode_whole", counted)
    app = brought(opened("bring"), *pair(X, 24))
    encoded.clear()
    with monkeypatch.context() as patch:
        patch.setattr(UMAP, "_fit", dies)
        with pytest.raises(Killed):
            creations.start_creation(order_of(app))
    process.find(("create", str(own / "bars-2")))._end("stopped")
    assert sum(encoded) > 48
    assert not (own / "bars-2").exists()
    assert "bars-2" not in discovery.bundles()
    (own / ".bars-2.aegen-01234567").mkdir()  # what a process half wrote when it was ended
    _, finish = at_once[-1]
    finish(None)
    assert [path.name for path in own.iterdir()] == [".bars-2.unfinished"]
    app = app.run()
    assert not app.exception
    assert "begun and not finished" in text(app)
    encoded.clear()
    app = press(app, "Go on")
    assert not app.error
    assert sum(encoded) < 48  # the sample alone
    assert aegen.load("bars-2").manifest.rows == 40
    assert [path.name for path in own.iterdir()] == ["bars-2"]


def order_of(app):
    """The creation that the page would begin."""
    stamped, found = visit_of(app).inspected
    option = found.options[found.suggested]
    return CreationConfig(stamped[0], found.kind, option.taken, option.given, "bars-2")


def test_what_was_kept_can_be_removed(opened, own, at_once):
    app = brought(opened("bring"), *pair(X, 24))
    (own / ".bars-2.unfinished").mkdir(parents=True)
    app = press(app.run(), "Remove what is kept")
    assert not any(own.iterdir())
    assert "Make the bundle" in labels(app)


def test_a_creation_that_fails_is_a_sentence(opened, own, at_once, monkeypatch):
    app = brought(opened("bring"), *pair(X, 24))
    own.parent.joinpath("own").write_bytes(b"a file where the folder should be")
    app = press(app, "Make the bundle")
    assert not app.exception
    assert "cannot be made a folder" in app.main.error[0].value
    assert "Make the bundle" in labels(app)
    os.remove(own)
    app = press(app, "Make the bundle")
    assert "is made" in app.success[0].value


# lines


def test_conventions_in_words_are_read_back():
    from aegen.bundles import convention_of

    for end in (
        Convention("bytes"),
        Convention("signed", "flat"),
        Convention("standardised", "channels last", True, *IMAGENET),
    ):
        assert convention_of(snippets._word(end)) == end
        assert eval(snippets._convention(end)) == end
    own = Convention("standardised", mean=(0.5,), deviation=(0.25,))
    assert eval(snippets._convention(own)) == own
    assert snippets._word(own) is None


def test_bundles_leads_here(opened, own):
    app = press(opened("bundles"), "Bring your own")
    assert titles(app) == ["Bring your own"]
