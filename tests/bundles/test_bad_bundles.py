"""Every way in which a bundle can be bad: one sentence that names the file and the field."""

import hashlib
import io
import json
import shutil
import warnings

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet
from safetensors.numpy import load, save

from aegen.bundles import check, read
from aegen.core.errors import BundleError
from tests.tiny_bundle import tiny_networks


def use_all(folder):
    """Read everything that a bundle has."""
    bundle = read(folder)
    x = bundle.decode(bundle.codes)
    bundle.encode(x)
    bundle.classify(x)
    bundle.thumbnail_images([0])
    assert bundle.cover
    assert len(bundle.attributes)
    for name in bundle.manifest.projections:
        bundle.project(name, bundle.holdout)


def refused(folder, file, said):
    """Reading raises one sentence, and the check has a finding, that name the file."""
    with pytest.raises(BundleError, match=said) as error:
        use_all(folder)
    assert error.value.path.name == file
    assert "\n" not in str(error.value)
    report = check(folder)
    assert not report.ok
    assert any(file in (finding.file, folder.name) for finding in report.findings)
    return report


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
        (b"\xff\xfe\x00", "not whole JSON"),
        (b"[" * 100_000, "not whole JSON"),
        (b"[]", "must hold a JSON object"),
        (b'{"format": NaN}', "NaN is no JSON number"),
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
    folder = edit(format=2)
    with pytest.raises(BundleError, match="newer aegen: format 2, this one reads 1: update aegen"):
        read(folder)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "../up", "small letters"),
        ("title", " ", "text"),
        ("title", None, "text"),
        ("title", "two\nlines", "on one line"),
        ("dataset", "x" * 201, "1 to 200 characters"),
        ("licence", "", "text"),
        ("image_shape", [16, 16], "list of 3 whole numbers"),
        ("image_shape", [16, 16, -1], "list of 3 whole numbers"),
        ("image_shape", [16, 16, 2], "1, 3 or 4 channels"),
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
        ("projections", ["pca", "pca"], "different texts"),
        ("architecture", {"name": "convolutional"}, "arguments: is missing"),
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
        ("surprise", 1, "no field of format 1"),
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
    "thumbnails.webp",
    "weights.safetensors",
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
    refused(folder, name, "is (not a|no) whole (safetensors|parquet|WebP)")


def changed(folder, replace_file, how, name="codes.safetensors"):
    """Rewrite the tensors of a file after ``how`` has changed them."""
    named = dict(load((folder / name).read_bytes()))
    how(named)
    return replace_file(name, save({k: np.asarray(v, order="C") for k, v in named.items()}))


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
    ("change", "said"),
    [
        ({"name": "transformer", "arguments": {}}, "no architecture named 'transformer'"),
        ({"name": "../convolutional", "arguments": {}}, "no architecture named"),
        ({"name": "convolutional", "arguments": {"colour": 1}}, "cannot build a network"),
        ({"name": "convolutional", "arguments": {"size": 10**7}}, "size must be"),
        ({"name": "convolutional", "arguments": {"size": "big"}}, "size must be"),
        (
            {"name": "convolutional", "arguments": {"size": 16, "widths": "wide"}},
            "cannot build a network",
        ),
        (
            {
                "name": "convolutional",
                "arguments": {"size": 16, "latent_dim": 3, "widths": [4, 10**12]},
            },
            "cannot build a network|has shape",
        ),
        (
            {"name": "convolutional", "arguments": {"size": 16, "widths": [4, 8]}},
            "make codes of 10 dimensions",
        ),
        (
            {
                "name": "convolutional",
                "arguments": {"channels": 1, "size": 16, "latent_dim": 3, "widths": [4, 16]},
            },
            "has shape",
        ),
        (
            {
                "name": "variational",
                "arguments": {"channels": 1, "size": 16, "latent_dim": 3, "widths": [4, 8]},
            },
            "has shape",
        ),
    ],
)
def test_architectures_that_do_not_exist_or_do_not_fit(edit, change, said):
    folder = edit(architecture=change)
    with pytest.raises(BundleError, match=said) as error:
        read(folder).decode(np.zeros((1, 3)))
    assert error.value.path.name in ("bundle.json", "weights.safetensors")
    assert not check(folder).ok


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"channels": 1, "size": 16, "attributes": {"class": 4}}, "class: has 4 values"),
        ({"channels": 1, "size": 16, "attributes": {"mood": 3}}, "mood: has 3 values"),
        ({"channels": 1, "size": 16, "attributes": 5}, "cannot build a network"),
        ({"channels": 1, "size": 16, "attributes": {"class": 3}}, "weight"),
    ],
)
def test_classifiers_that_do_not_fit(edit, arguments, said):
    folder = edit(classifier={"name": "classifier", "arguments": arguments})
    with pytest.raises(BundleError, match=said):
        read(folder).classify(np.zeros((1, 16, 16, 1), np.uint8))
    assert not check(folder).ok


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda t: t.pop("decoder.head.bias"), r"decoder\.head\.bias: is missing"),
        (lambda t: t.update(extra=np.zeros(2)), "extra: is no weight"),
        (lambda t: t["encoder.head.bias"].__setitem__(0, np.nan), "NaN or infinite"),
    ],
)
def test_weights_that_do_not_fit(folder, replace_file, how, said):
    changed(folder, replace_file, how, "weights.safetensors")
    refused(folder, "weights.safetensors", said)


def test_weights_of_another_training_are_noticed(folder, replace_file):
    from aegen.autoencoders.checkpoint import weights_of

    other = weights_of(tiny_networks(seed=5)[0])
    replace_file("weights.safetensors", save(other))
    use_all(folder)  # nothing shows it until decoded rows are looked at
    report = check(folder)
    assert not report.ok
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
