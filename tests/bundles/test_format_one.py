"""Bundles of format 1, whose networks were weights of aegen's architectures, are still read."""

import shutil
import threading

import numpy as np
import pytest
from safetensors.numpy import save

from aegen.autoencoders.checkpoint import weights_of
from aegen.bundles import check, deep_check, networks, read
from aegen.core.errors import BundleError
from tests.bundles.refusals import changed, refused, use_all
from tests.tiny_bundle import tiny_images, tiny_networks


@pytest.fixture
def folder(old, tmp_path):
    """The folder of a copy of a format-1 bundle that a test may spoil."""
    shutil.copytree(old, tmp_path / "copy")
    return tmp_path / "copy"


def test_the_untouched_copy_is_accepted(folder):
    use_all(folder)
    report = check(folder)
    assert report.findings == ()
    assert "3 dimensions, convolutional" in report.text()


def test_it_gives_what_the_same_bundle_of_format_2_gives(old, of_torch):
    bundle = read(old)
    assert bundle.manifest.format == 1
    assert bundle.payload == of_torch.payload
    assert bundle.manifest.code_shape == (3,)
    assert np.array_equal(bundle.codes, of_torch.codes)
    x = tiny_images().images[bundle.rows]
    assert np.allclose(bundle.encode(x), of_torch.encode(x), atol=1e-5)
    assert np.allclose(bundle.encode(x), bundle.codes, atol=1e-5)
    assert np.allclose(bundle.decode(bundle.codes), of_torch.decode(of_torch.codes), atol=1e-5)
    assert not np.allclose(bundle.decode(bundle.codes[::-1]), of_torch.decode(of_torch.codes))
    assert np.array_equal(bundle.reconstruct(x), bundle.decode(bundle.encode(x)))


def test_the_deep_check_reads_it(old):
    report = deep_check(read(old), tiny_images())
    assert report.ok
    assert report.n == 8


def test_each_file_is_read_once_and_by_one_thread(folder, monkeypatch):
    bundle = read(folder)
    loads = []
    original = networks.load_autoencoder
    monkeypatch.setattr(networks, "load_autoencoder", lambda *a: loads.append(1) or original(*a))
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(bundle.decode(np.ones((1, 3)))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(loads) == 1
    assert all(np.array_equal(results[0], other) for other in results)


def test_a_picture_does_not_depend_on_what_is_decoded_with_it(old):
    bundle = read(old)
    z = np.random.default_rng(0).normal(size=(150, 3))
    whole = bundle.decode(z)
    alone = np.concatenate([bundle.decode(z[k : k + 1]) for k in range(0, 150, 10)])
    assert np.array_equal(whole[::10], alone)
    assert np.array_equal(whole[30:67], bundle.decode(z[30:67]))


def test_saving_copies_it(old, tmp_path):
    again = read(old).save(tmp_path / "again")
    assert {file.name for file in again.path.iterdir()} == {file.name for file in old.iterdir()}
    assert check(again.path).findings == ()
    assert again.manifest == read(old).manifest
    assert np.array_equal(again.decode(again.codes), read(old).decode(again.codes))


def ending(tensors, end):
    """The first name that ends so."""
    return next(name for name in sorted(tensors) if name.endswith(end))


def typed(end, kind):
    """Gives the first array whose name ends so another type."""

    def change(tensors):
        name = ending(tensors, end)
        tensors[name] = tensors[name].astype(kind)

    return change


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("image_shape", [16, 16], "list of 3 whole numbers"),
        ("image_shape", [16, 16, -1], "list of 3 whole numbers"),
        ("image_shape", [16, 16, 2], "1, 3 or 4 channels"),
        ("architecture", {"name": "convolutional"}, "arguments: is missing"),
        ("architecture", None, "must be a JSON object, got None"),
        ("payload", {"kind": "image"}, "is no field of this format"),
        ("encoder", None, "is no field of this format"),
        ("files", {}, "does not list weights.safetensors"),
    ],
)
def test_the_fields_of_its_own_manifest_are_checked(edit, field, value, said):
    folder = edit(**{field: value})
    with pytest.raises(BundleError) as error:
        read(folder)
    assert error.value.path.name == "bundle.json"
    assert field in error.value.problem
    findings = check(folder).findings
    whole = [f"{f.field}: {f.problem}" for f in findings if f.field.startswith(field)]
    assert any(said in text for text in whole)


def test_its_weights_must_be_there_whole_and_unaltered(folder):
    file = folder / "weights.safetensors"
    content = file.read_bytes()
    file.unlink()
    refused(folder, file.name, "there is no such file; copy the bundle again")
    file.write_bytes(content[:-7])
    refused(folder, file.name, f"was truncated: {len(content) - 7:,} bytes where")
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    refused(folder, file.name, "was altered: its sha256")


def test_weights_of_the_right_hash_and_the_wrong_kind(replace_file):
    folder = replace_file("weights.safetensors", b"\x10\0\0\0\0\0\0\0 this is none of it")
    refused(folder, "weights.safetensors", "is not a whole safetensors file")


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
    ("how", "said"),
    [
        (lambda t: t.pop("decoder.head.bias"), r"decoder\.head\.bias: is missing"),
        (lambda t: t.update(extra=np.zeros(2)), "extra: is no weight"),
        (lambda t: t["encoder.head.bias"].__setitem__(0, np.nan), "NaN or infinite"),
        (typed("encoder.head.bias", bool), "type bool where float16 or float32 is needed"),
        (typed("encoder.head.bias", np.float64), "type float64 where float16 or float32 is"),
        (typed("encoder.head.bias", np.int64), "type int64 where float16 or float32 is needed"),
    ],
)
def test_weights_that_do_not_fit(folder, replace_file, how, said):
    changed(folder, replace_file, how, "weights.safetensors")
    refused(folder, "weights.safetensors", said)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (typed("num_batches_tracked", np.float32), "type float32 where int64 is needed"),
        (typed("running_var", np.int8), "type int8 where float16 or float32 is needed"),
        (lambda t: t[ending(t, "running_var")].__isub__(9), "holds variances below 0"),
    ],
)
def test_what_a_classifier_counted_that_does_not_fit(folder, replace_file, how, said):
    changed(folder, replace_file, how, "classifier.safetensors")
    refused(folder, "classifier.safetensors", said)


def test_weights_of_another_training_are_noticed(folder, replace_file):
    other = weights_of(tiny_networks(seed=5)[0])
    replace_file("weights.safetensors", save(other))
    use_all(folder)  # nothing shows it until decoded rows are looked at
    report = check(folder)
    assert not report.ok
    assert "of different trainings" in report.text()
