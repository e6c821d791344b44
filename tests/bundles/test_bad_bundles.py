"""Every way in which a bundle can be bad: one sentence that names the file and the field."""

import hashlib
import io
import json
import re
import shutil
import warnings

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from aegen.bundles import check, read
from aegen.core.errors import BundleError, InvalidInput
from tests.bundles.refusals import changed, refused, use_all
from tests.onnx_networks import affine
from tests.tiny_bundle import tiny_bundle


def test_the_untouched_copy_is_accepted(folder):
    use_all(folder)
    report = check(folder)
    assert report.ok
    assert report.findings == ()
    assert report.text().endswith("sound")


def test_a_missing_folder(tmp_path):
    with pytest.raises(BundleError, match="no such bundle folder"):
        read(tmp_path / "absent")
    report = check(tmp_path / "absent")
    assert not report.ok
    assert "no such bundle folder" in report.text()


def test_a_folder_that_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match=r"holds no bundle\.json"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"format": 1, ', "not whole JSON"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"[" * 100_000, "more than 32 times"),
        (b"[]", "must hold a JSON object"),
        (b'{"format": NaN}', "NaN, which is no JSON number"),
        (b" " * 5_000_000, "longer than"),
        (b"{}", "format: is missing"),
    ],
)
def test_a_manifest_that_is_no_manifest(folder, content, said):
    (folder / "bundle.json").write_bytes(content)
    with pytest.raises(BundleError, match=said) as error:
        read(folder)
    assert error.value.path.name == "bundle.json"
    assert not check(folder).ok


def test_a_bundle_of_a_newer_aegen(edit):
    folder = edit(format=3)
    with pytest.raises(
        BundleError, match="newer aegen: format 3, this one reads 1 to 2: update aegen"
    ):
        read(folder)
    assert [finding.field for finding in check(folder).findings] == ["format"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "../up", "small letters"),
        ("title", " ", "text"),
        ("title", None, "text"),
        ("title", "two\nlines", "on one line"),
        ("dataset", "x" * 201, "1 to 200 characters"),
        ("licence", "", "text"),
        ("payload", [16, 16, 1], "JSON object"),
        ("payload", {"kind": "image"}, "is missing"),
        ("latent_dim", 0, "whole number from 1 to"),
        ("latent_dim", 10**9, "whole number from 1 to"),
        ("latent_dim", True, "whole number from 1 to"),
        ("latent_dim", "3", "got '3'"),
        ("rows", 0, "whole number"),
        ("holdout_rows", -1, "whole number"),
        ("attributes", [], "JSON object"),
        ("attributes", {"class": 3}, "is missing"),
        ("attributes", {"class": {"kind": "colour", "values": []}}, "one of"),
        ("attributes", {"class": {"kind": "category", "values": []}}, "list the values"),
        (
            "attributes",
            {"class": {"kind": "category", "values": ["a", "b"], "titles": ["A"]}},
            "titles: must be 2 texts, one for each value",
        ),
        (
            "attributes",
            {"x": {"kind": "number", "values": [], "title": ""}},
            "title: must be text",
        ),
        (
            "attributes",
            {k: {"kind": "number", "values": [], "title": "size"} for k in ("a", "b")},
            "attributes.a.title: is that of another attribute too",
        ),
        (
            "attributes",
            {"x": {"kind": "number", "values": [], "measured": "beauty"}},
            "measured: must be one of slant, thickness",
        ),
        (
            "attributes",
            {"x": {"kind": "binary", "values": [], "measured": "slant"}},
            "of a number",
        ),
        ("projections", ["pca", "pca"], "different texts"),
        ("architecture", {"name": "convolutional"}, "arguments: is missing"),
        ("architecture", [], "JSON object or null"),
        ("classifier", [], "JSON object or null"),
        ("training", None, "JSON object"),
        ("reconstruction", {"mse": "small"}, "finite number"),
        ("atlas", {"columns": 0, "tile_h": 16, "tile_w": 16, "rows": 40}, "whole number"),
        ("atlas", {"columns": 6, "tile_h": 16, "tile_w": 16, "rows": 41}, "training rows"),
        ("atlas", {"columns": 16000, "tile_h": 16, "tile_w": 16, "rows": 40}, "sides end at"),
        ("attributes", {"a\nb": {"kind": "number", "values": []}}, "on one line"),
        ("cover", [40], "list of whole numbers"),
        ("cover", [], "make no picture"),
        ("cover", [1] * 2000, "make no picture"),
        ("files", {}, "does not list codes.safetensors"),
        ("code_shape", [], "makes codes of 1 numbers"),
        ("code_shape", [10**7, 10**7], "makes codes of"),
        ("code_shape", ["3"], "list of whole numbers"),
        ("encoder", [], "JSON object or null"),
        ("encoder", {"output": "", "convention": None}, "parameters: is missing"),
        ("decoder", "decoder.onnx", "JSON object or null"),
        ("reduction", {"components": 3, "variance": 1.5, "rest": "lost"}, "from 0 to 1"),
        ("notes", "left out 3", "list of different texts"),
        ("image_shape", [16, 16, 1], "no field of this format"),
        ("surprise", 1, "no field of this format"),
    ],
)
def test_each_field_of_the_manifest_is_checked(edit, field, value, said):
    folder = edit(**{field: value})
    with pytest.raises(BundleError) as error:
        read(folder)
    assert error.value.path.name == "bundle.json"
    assert field in error.value.problem
    findings = check(folder).findings
    whole = [f"{f.field}: {f.problem}" for f in findings if f.field.startswith(field)]
    assert any(said in text for text in whole)


@pytest.mark.parametrize(
    ("field", "change", "said"),
    [
        ("payload", {"kind": "video"}, "payload.kind: must be one of image, series, table, codes"),
        ("payload", {"shape": [16, 16]}, r"payload: a row of image has 3 lengths, got \(16, 16\)"),
        ("payload", {"shape": [16, 16, 0]}, "payload.shape: must be a list of whole numbers"),
        ("payload", {"shape": [16, 16, 2]}, "payload: images must have 1, 3 or 4 channels"),
        ("payload", {"shape": [16, 2000, 1]}, "payload.shape: must be .* to 1,024"),
        ("payload", {"kind": "table", "shape": [3]}, "payload: there are 3 columns, with 0 names"),
        ("payload", {"kind": "series", "shape": [2, 9], "names": ["a", "a\n"]}, "payload.names"),
        ("payload", {"colour": "red"}, "payload.colour: is no field of this format"),
        ("encoder", {"output": 3}, "encoder.output: must be text"),
        ("encoder", {"parameters": -1}, "encoder.parameters: must be a whole number"),
        ("encoder", {"function": "yes"}, "encoder.function: must be true or false"),
        ("encoder", {"convention": None}, "encoder.convention: is missing for pictures"),
        ("decoder", {"convention": []}, "decoder.convention: must be a JSON object or null"),
        ("decoder", {"weights": 1}, "decoder.weights: is no field of this format"),
    ],
)
def test_each_field_of_payload_and_networks_is_checked(edit, field, change, said):
    folder = edit(lambda document: document[field].update(change))
    with pytest.raises(BundleError, match=said) as error:
        read(folder)
    assert error.value.path.name == "bundle.json"
    assert not check(folder).ok


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scale": "percent"}, "convention.scale: must be one of unit, signed, bytes"),
        ({"layout": "sideways"}, "convention.layout: must be one of channels first; channels"),
        ({"layout": ["flat"]}, "convention.layout: must be one of"),
        ({"reverse": 1}, "convention.reverse: must be true or false"),
        ({"scale": "standardised"}, "convention.mean: does not fit: a standardised range"),
        ({"mean": [0.5], "deviation": [0.5]}, "convention.mean: does not fit"),
        (
            {"scale": "standardised", "mean": [0.5], "deviation": [0]},
            "convention.mean: does not fit: deviations must be above 0",
        ),
        ({"mean": ["half"]}, "convention.mean: must be a list of finite numbers"),
        (
            {"scale": "standardised", "mean": [0.5] * 3, "deviation": [1] * 3},
            "convention.mean: has 3 numbers for pictures of 1 channels",
        ),
    ],
)
@pytest.mark.parametrize("end", ["encoder", "decoder"])
def test_each_field_of_a_convention_is_checked(edit, end, change, said):
    folder = edit(lambda document: document[end]["convention"].update(change))
    with pytest.raises(BundleError, match=f"{end}.{said}"):
        read(folder)
    assert not check(folder).ok


def test_an_encoder_that_takes_logits(edit):
    folder = edit(lambda document: document["encoder"]["convention"].update(scale="logits"))
    with pytest.raises(BundleError, match=r"encoder\.convention\.scale: .*logits"):
        read(folder)


def test_no_channels_where_there_are_three(tmp_path):
    path = tiny_bundle(tmp_path / "colour", channels=3, classifier=None).path
    document = json.loads((path / "bundle.json").read_text())
    document["encoder"]["convention"]["layout"] = "no channels"
    (path / "bundle.json").write_text(json.dumps(document))
    with pytest.raises(BundleError, match=r"encoder\.convention\.layout: .* 3 channels"):
        read(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code_shape": [2, 3]}, "latent_dim: is 3 where codes have 6 numbers"),
        (
            {"reduction": {"components": 2, "variance": 0.9, "rest": "lost"}},
            r"files: does not list reduction\.safetensors",
        ),
        ({"latent_dim": 4}, "latent_dim: is 4 where codes have 3 numbers"),
        (
            {"payload": {"kind": "codes", "shape": [3], "names": ["1", "2", "3"]}},
            "payload.kind: is codes, which have no encoder",
        ),
        (
            {"payload": {"kind": "series", "shape": [1, 256], "names": ["a"]}},
            "encoder.convention: is of pictures, and rows are none",
        ),
        ({"payload": {"kind": "series", "shape": [1, 10**7]}}, "there are 1 channels, with 0"),
    ],
)
def test_fields_that_disagree(edit, changes, said):
    parts = len(changes.get("payload", {}).get("names", ()))
    rest = {"units": [""] * parts, "low": [0.0] * parts, "high": [1.0] * parts, "names": []}
    if "payload" in changes:
        changes = {"payload": {**rest, **changes["payload"]}}
    folder = edit(**changes)
    with pytest.raises(BundleError, match=said):
        read(folder)
    assert not check(folder).ok


def test_rows_of_more_numbers_than_memory_holds(edit):
    """A small bundle.json must not make a check fill the machine."""
    names = [str(k) for k in range(1000)]
    payload = {"kind": "series", "shape": [1000, 10**7], "names": names, "units": [""] * 1000}
    ends = {"low": [0.0] * 1000, "high": [1.0] * 1000}
    folder = edit(payload={**payload, **ends}, encoder=None, decoder=None)
    with pytest.raises(BundleError, match=r"payload\.shape: makes rows of 10,000,000,000 numbers"):
        read(folder)
    assert not check(folder).ok


@pytest.mark.parametrize("field", ["title", "latent_dim", "files", "atlas", "written_by"])
def test_each_field_of_the_manifest_must_be_there(edit, field):
    folder = edit(lambda document: document.pop(field))
    with pytest.raises(BundleError, match=f"{field}: is missing"):
        read(folder)


def test_the_check_does_not_stop_at_the_first_fault(edit, folder):
    edit(title="", latent_dim=0)
    assert {f.field for f in check(folder).findings} == {"title", "latent_dim"}


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "a/b", "bundle.json"])
def test_file_names_that_lead_out_of_the_folder(edit, name):
    entry = {"sha256": "0" * 64, "size": 1}
    folder = edit(lambda document: document["files"].__setitem__(name, entry))
    with pytest.raises(BundleError, match="no plain file name"):
        read(folder)


def test_a_link_that_leads_out_of_the_folder(folder, tmp_path):
    outside = tmp_path / "secret"
    shutil.move(folder / "codes.safetensors", outside)
    (folder / "codes.safetensors").symlink_to(outside)  # same bytes, so the hash agrees
    refused(folder, "codes.safetensors", "leads out of the folder")


FILES = [
    "attributes.parquet",
    "classifier.safetensors",
    "codes.safetensors",
    "cover.webp",
    "decoder.onnx",
    "encoder.onnx",
    "thumbnails.webp",
]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(folder, name):
    (folder / name).unlink()
    refused(folder, name, "there is no such file; copy the bundle again")


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-7])
    refused(folder, name, f"was truncated: {len(content) - 7:,} bytes where")


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_one_bit_changed(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    refused(folder, name, "was altered: its sha256")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_right_hash_and_the_wrong_kind(replace_file, name):
    folder = replace_file(name, b"\x10\0\0\0\0\0\0\0 this is none of it")
    if name == "cover.webp":  # the app hands it to the browser as it is; the check unpacks it
        assert any(f.file == name and "no whole WebP" in f.problem for f in check(folder).findings)
        return
    refused(folder, name, "is (not a|no) (whole (safetensors|parquet|WebP)|ONNX file)")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda t: t.pop("codes.train"), r"codes\.train: is missing"),
        (lambda t: t.update({"codes.train": t["codes.train"][:, :2]}), r"shape \(40, 2\)"),
        (lambda t: t.update({"codes.holdout": t["codes.holdout"][:5]}), r"shape \(5, 3\)"),
        (lambda t: t.update({"rows.train": t["rows.train"].astype(float)}), "type float64"),
        (lambda t: t.update({"rows.train": t["rows.train"] - 99}), "negative row ids"),
        (lambda t: t["codes.train"].__setitem__((7, 1), np.nan), "1 of 40 rows are NaN .* row 7"),
        (lambda t: t["codes.holdout"].__setitem__((0, 0), np.inf), "NaN or infinite"),
        (lambda t: t["projection.umap.train"].__setitem__((0, 0), np.nan), "umap"),
        (lambda t: t.pop("projection.pca.holdout"), r"pca\.holdout: is missing"),
        (lambda t: t.pop("projection.pca.state.mean"), "pca: PCA needs mean and components"),
        (
            lambda t: t.update({"projection.pca.state.mean": np.zeros(9)}),
            r"needs mean \(3,\)",
        ),
        (
            lambda t: t["projection.pca.state.mean"].__setitem__(0, np.nan),
            "state.mean: must hold finite",
        ),
    ],
)
def test_codes_of_another_shape_type_or_with_nan(folder, replace_file, how, said):
    changed(folder, replace_file, how)
    refused(folder, "codes.safetensors", said)


def test_no_held_out_rows_but_nan_in_none(folder, replace_file, edit):
    """A bundle may hold nothing out."""
    empty = np.empty((0, 2), np.float32)

    def none_held(t):
        t["codes.holdout"], t["rows.holdout"] = np.empty((0, 3), np.float32), np.empty(0, np.int32)
        t["projection.pca.holdout"], t["projection.umap.holdout"] = empty, empty

    changed(folder, replace_file, none_held)
    table = parquet.read_table(folder / "attributes.parquet").slice(0, 40)
    file = io.BytesIO()
    parquet.write_table(table, file, store_schema=False)
    replace_file("attributes.parquet", file.getvalue())
    edit(holdout_rows=0)
    assert check(folder).ok
    assert read(folder).holdout.shape == (0, 3)


def test_constant_codes_are_read_and_reported(folder, replace_file):
    changed(folder, replace_file, lambda t: t["codes.train"].__setitem__((slice(None), 1), 0.5))
    assert read(folder).codes[:, 1].tolist() == [0.5] * 40
    report = check(folder)
    doubts = [f for f in report.findings if f.warning]
    assert any("1 of 3 latent dimensions never vary (1)" in f.problem for f in doubts)


def test_repeated_row_ids_and_stray_files_are_reported(folder, replace_file):
    changed(folder, replace_file, lambda t: t["rows.train"].__setitem__(0, t["rows.train"][1]))
    (folder / "notes.txt").write_text("mine")
    report = check(folder)
    assert report.ok
    assert {(f.file, f.field) for f in report.findings} == {
        ("codes.safetensors", "rows"),
        ("notes.txt", ""),
    }
    assert report.text().endswith("sound, 2 warnings")


def written(table):
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def columns(**changes):
    good = {
        "class": pa.array(["upright"] * 48),
        "late": pa.array([True] * 48),
        "place": pa.array([1.0] * 48),
    }
    return pa.table({**good, **changes})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (columns().slice(0, 40), "40 rows where bundle.json says 48"),
        (columns().select(["class", "late"]), "has columns"),
        (columns(late=pa.array([1.0] * 48)), "late: must be bool"),
        (columns(late=pa.array([None, True] * 24)), "24 gaps"),
        (columns(place=pa.array([np.nan] * 48)), "place: holds values that are NaN"),
        (columns(**{"class": pa.array(["diagonal"] * 48)}), "holds 'diagonal', which"),
        (columns(**{"class": pa.array([b"upright"] * 48)}), "class: must be string"),
    ],
)
def test_attributes_that_disagree_with_the_manifest(replace_file, table, said):
    folder = replace_file("attributes.parquet", written(table))
    refused(folder, "attributes.parquet", said)


def test_notes_that_pandas_leaves_in_parquet_files_are_not_acted_on(replace_file):
    frame = columns().to_pandas().set_index("place", drop=False)
    notes = pa.Table.from_pandas(frame.rename_axis("other")).schema.metadata
    table = columns().replace_schema_metadata(notes)
    folder = replace_file("attributes.parquet", written(table))
    assert list(read(folder).attributes.index[:2]) == [0, 1]


BOMB = bytes.fromhex("524946461a000000574542505650384c0e0000002ffeffdb05071011fd0f4444ff03")
"""A black WebP of 16,383 x 6,000 pixels: a few bytes that unpack to 300 MB."""


@pytest.mark.parametrize("name", ["thumbnails.webp", "cover.webp"])
def test_pictures_of_another_size_are_not_unpacked(replace_file, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of its size
        assert Image.open(io.BytesIO(BOMB)).size == (16_383, 6_000)
    folder = replace_file(name, BOMB)
    if name == "cover.webp":
        assert any(f.file == name for f in check(folder).findings)
    else:
        refused(folder, name, "pixels|WebP")


def test_pictures_of_another_kind_are_not_opened(replace_file):
    file = io.BytesIO()
    Image.new("RGB", (96, 112)).save(file, "PNG")
    folder = replace_file("thumbnails.webp", file.getvalue())
    refused(folder, "thumbnails.webp", "no whole WebP picture")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"channels": 1, "size": 16, "attributes": {"class": 4}}, "class: has 4 values"),
        ({"channels": 1, "size": 16, "attributes": {"mood": 3}}, "mood: has 3 values"),
        ({"channels": 1, "size": 16, "attributes": 5}, "cannot build a network"),
        ({"channels": 1, "size": 16, "attributes": {"class": 0}}, "values of class must be"),
        ({"channels": 1, "size": 16, "attributes": ["kind"]}, "cannot build a network"),
        ({"channels": 1, "size": 16, "attributes": {"class": 3}}, "weight"),
    ],
)
def test_classifiers_that_do_not_fit(edit, arguments, said):
    folder = edit(classifier={"name": "classifier", "arguments": arguments})
    with pytest.raises(BundleError, match=said):
        read(folder).classify(np.zeros((1, 16, 16, 1), np.uint8))
    assert not check(folder).ok


@pytest.mark.parametrize(
    ("name", "network", "said"),
    [
        ("encoder.onnx", ((1, 16, 16), (4,)), "gives codes of shape (4,), where (3,) is meant"),
        ("encoder.onnx", ((1, 8, 8), (3,)), "encoder.onnx cannot take rows of shape (1, 16, 16)"),
        ("decoder.onnx", ((4,), (1, 16, 16)), "decoder.onnx cannot take rows of shape (3,)"),
        ("decoder.onnx", ((3,), (1, 8, 8)), "gives (1, 8, 8) for a picture, which are not 16 x"),
        ("decoder.onnx", ((3,), (3, 16, 16)), "gives (3, 16, 16) for a picture"),
    ],
)
def test_networks_of_other_shapes(replace_file, name, network, said):
    """Only a run shows it: an ONNX file may state any shape."""
    takes, gives = network
    w = np.zeros((np.prod(takes), np.prod(gives)))
    folder = replace_file(name, affine(w, w[0], takes, gives))
    bundle = read(folder)
    with pytest.raises(InvalidInput, match=re.escape(said)):
        bundle.reconstruct(np.zeros((1, 16, 16, 1), np.uint8))
    faults = [finding for finding in check(folder).findings if not finding.warning]
    assert [finding.file for finding in faults] == [name]
    assert said in faults[0].problem


def test_an_output_that_the_network_does_not_have(edit):
    folder = edit(lambda document: document["decoder"].update(output="pixels"))
    refused(folder, "decoder.onnx", "has no output 'pixels'; its outputs: y")


def test_codes_that_are_not_finite_come_from_no_encoder(replace_file):
    w = np.full((256, 3), np.nan)
    folder = replace_file("encoder.onnx", affine(w, w[0], (1, 16, 16), (3,)))
    with pytest.raises(InvalidInput, match="codes that are NaN or infinite for 1 of 1 rows"):
        read(folder).encode(np.zeros((1, 16, 16, 1), np.uint8))
    assert [f.file for f in check(folder).findings] == ["encoder.onnx"]


def test_a_decoder_of_another_training_is_noticed(folder, replace_file):
    w = np.random.default_rng(0).normal(size=(3, 256))
    replace_file("decoder.onnx", affine(w, w[0], (3,), (1, 16, 16), end="Sigmoid"))
    use_all(folder)  # nothing shows it until decoded rows are looked at
    report = check(folder)
    assert [f.file for f in report.findings] == ["decoder.onnx"]
    assert "of different trainings" in report.text()


def test_the_hash_covers_what_is_used_not_what_lay_there_before(folder):
    """A file changed after opening, before its first use, is caught too."""
    bundle = read(folder)
    file = folder / "codes.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(BundleError, match="altered"):
        bundle.codes.sum()


def test_no_file_of_a_bundle_is_a_pickle(tiny):
    for path in tiny.path.iterdir():
        start = path.read_bytes()[:2]
        assert start[:1] != b"\x80", path  # pickle protocol 2 and later
        assert start != b"PK", path  # torch.save's zip
    document = json.loads((tiny.path / "bundle.json").read_text())
    for name, entry in document["files"].items():
        content = (tiny.path / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    schema = parquet.read_schema(tiny.path / "attributes.parquet")
    assert schema.metadata is None  # neither pandas' notes nor extension types
