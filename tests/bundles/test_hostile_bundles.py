"""Bundles of others: no number, text, size or kind of file leads past one sentence."""

import io
import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from aegen.bundles import bundles, check, discovery, read
from aegen.core.errors import BundleError
from tests.bundles.refusals import refused, use_all
from tests.bundles.test_bad_bundles import columns
from tests.spoilt_bundles import SPECIAL, spoilt_bundles


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("rows", "1" + "0" * 400, "beyond 2..53"),
        ("training", '{"history": [{"epoch": ' + "9" * 400 + "}]}", "beyond 2..53"),
        ("training", '{"loss": 1e999}', "too large"),
        ("reconstruction", '{"mse_train": -Infinity}', "-Infinity"),
        ("title", '"\\ud800"', "surrogate"),
        ("licence", '"MIT \\u001b[31m"', r"control character U\+001B"),
        ("citation", '"\\u202ekcatta"', r"U\+202E"),
        ("training", "[" * 40 + "]" * 40, "more than 32 times"),
        ("cover", "[" + "0," * 1_000_000 + "0]", "more than 1,000,000 entries"),
    ],
)
def test_what_no_page_could_show_is_refused_by_its_kind(folder, field, text, said):
    file = folder / "bundle.json"
    document = json.loads(file.read_text()) | {field: "here"}
    file.write_text(json.dumps(document).replace('"here"', text))
    with pytest.raises(BundleError, match=said) as told:
        read(folder)
    assert len(str(told.value)) < 500
    assert not check(folder).ok


def test_faults_by_the_thousand_are_told_by_the_hundred(edit):
    found = check(edit(files={f"../{k}": {} for k in range(20_000)})).findings
    assert len(found) == 100


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"atlas": {"columns": 1000, "tile_h": 16, "tile_w": 16, "rows": 10**6}}, "pixels"),
        (
            {"attributes": {f"a{k}": {"kind": "number", "values": []} for k in range(10_001)}},
            "10,000",
        ),
    ],
)
def test_sizes_that_no_bundle_has(edit, changes, said):
    if "atlas" in changes:
        changes["rows"] = 10**6
    with pytest.raises(BundleError, match=said):
        read(edit(**changes))


@pytest.mark.parametrize(
    "name", ["codes.safetensors", "cover.webp", "thumbnails.webp", "decoder.onnx"]
)
def test_a_file_of_more_bytes_than_its_content_needs_is_not_read(folder, edit, name):
    with (folder / name).open("r+b") as file:
        file.truncate(10**11)
    edit(lambda document: document["files"][name].update(size=10**11))
    with pytest.raises(BundleError, match=rf"files\.{name}\.size: is more than such a file needs"):
        read(folder)


def test_a_large_file_is_compared_with_its_hash_before_it_is_held(folder, edit, monkeypatch):
    from aegen.bundles import contents

    with (folder / "decoder.onnx").open("r+b") as file:
        file.truncate(2**31)
    edit(lambda document: document["files"]["decoder.onnx"].update(size=2**31))
    monkeypatch.setattr(contents, "digest", lambda path: "0" * 64)  # two gigabytes take seconds
    with pytest.raises(BundleError, match="was altered: its sha256"):
        read(folder).decode(np.zeros((1, 3)))


def written(table, **options):
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd", **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("changed", "options"),
    [
        ({"class": "a" * 7_000_000}, {}),
        ({"class": "a" * 7_000_000}, {"use_dictionary": False}),
        ({"place": "1"}, {}),
    ],
    ids=["long", "plain", "place"],
)
def test_a_kilobyte_of_attributes_is_no_gigabyte(replace_file, changed, options):
    changed = {name: pa.repeat(value, 48) for name, value in changed.items()}
    content = written(columns(**changed), **options)
    assert len(content) < 20_000
    folder = replace_file("attributes.parquet", content)
    report = refused(folder, "attributes.parquet", "class: holds 'aaa|unpacks to more|place: must")
    assert all(len(finding.problem) <= 400 for finding in report.findings)


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"row_group_size": 7}])
def test_attributes_are_read_however_they_are_packed(replace_file, options, tiny):
    table = parquet.read_table(tiny.path / "attributes.parquet")
    folder = replace_file("attributes.parquet", written(table, **options))
    assert read(folder).attributes.equals(tiny.attributes)
    assert check(folder).ok


def test_a_classifier_of_other_images_is_not_run(edit, monkeypatch):
    from aegen.bundles import networks

    arguments = {"channels": 1, "size": 512, "attributes": {"class": 3}}
    folder = edit(classifier={"name": "classifier", "arguments": arguments})
    monkeypatch.setattr(networks, "_weights", None)
    with pytest.raises(BundleError, match=r"takes images \(512, 512, 1\), where .*\(16, 16, 1\)"):
        read(folder).classify(np.zeros((1, 16, 16, 1), np.uint8))


FILES = ("bundle.json", "codes.safetensors", "decoder.onnx", "cover.webp")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("special", SPECIAL)
def test_what_is_no_ordinary_file_is_named_and_not_waited_for(folder, special, name):
    (folder / name).unlink()
    special(folder / name)
    with pytest.raises(BundleError) as told:
        use_all(folder)
    assert told.value.path.name == name
    assert any(finding.file == name for finding in check(folder).findings)


def test_a_manifest_that_lies_outside_is_not_read(folder, tmp_path):
    (folder / "bundle.json").rename(tmp_path / "elsewhere")
    (folder / "bundle.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="leads out of the folder"):
        read(folder)


def test_a_link_within_the_folder_is_followed(folder):
    (folder / "codes.safetensors").rename(folder / "moved")
    (folder / "codes.safetensors").symlink_to("moved")
    use_all(folder)


def test_the_command_lists_good_and_bad_ones_side_by_side(tiny, tmp_path, monkeypatch, aegen):
    spoilt_bundles(tmp_path, tiny.path)
    monkeypatch.setattr(discovery, "_roots", lambda: [tmp_path, tmp_path / "absent"])
    names = bundles()
    assert "good" in names
    assert all(name.isprintable() and name.isascii() for name in names)
    monkeypatch.setenv("COLUMNS", "2000")
    code, listed, complaint = aegen("bundles")
    assert code == 0, complaint
    assert "\x1b[31m" not in listed + complaint
    assert "Tiny bars" in listed
    for name in names:
        code, *said = aegen("bundles", "check", name)
        assert code == int(name != "good")
        assert "\x1b" not in "".join(said)
    assert read("good").codes.shape == (40, 3)
