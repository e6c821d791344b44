"""A creation that was stopped goes on where it was, and never with what others computed."""

import dataclasses

import numpy as np
import pytest

from aegen.bundles import Convention, check, create, creation
from aegen.bundles.chunks import Chunks
from aegen.core.errors import StorageError
from aegen.core.progress import reporting
from aegen.projections.pca import PCA
from tests.onnx_networks import affine
from tests.tiny_bundle import QuickUMAP, tiny_bundle, tiny_images, tiny_pair

ROWS, HELD = 160, 48


class Counted:
    """Images that count how often each row of them was asked for."""

    def __init__(self, images):
        self.images, self.shape, self.dtype = images, images.shape, images.dtype
        self.asked = np.zeros(len(images), int)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, rows):
        if not isinstance(rows, slice):  # slices are read for the fingerprint
            np.add.at(self.asked, rows, 1)
        return self.images[rows]


class Stopped(Exception):
    """What a listener raises to stop the work."""


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    """Sixteen rows a chunk: ten of training rows, three of others."""
    monkeypatch.setattr(creation, "NUMBERS_AT_A_TIME", 1)


def source(**changes):
    found = tiny_images(ROWS, HELD)
    return dataclasses.replace(found, images=Counted(found.images), **changes)


def made(folder, images, **changes):
    changes = {"projected": {"pca": PCA()}, **changes}
    return tiny_bundle(folder, image_set=images, classifier=None, **changes)


def stop_at(word, times, kind=Stopped):
    """A listener that raises when it is told of ``word`` for the ``times``-th time."""
    told = []

    def listen(share, text):
        told.append(text)
        if sum(word in one for one in told) == times:
            raise kind

    return listen


def stopped(folder, word, times, kind=Stopped, **changes):
    with reporting(stop_at(word, times, kind)), pytest.raises(kind):
        made(folder, source(), **changes)
    assert not folder.exists()
    assert (folder.parent / f".{folder.name}.unfinished").is_dir()


def asked(folder, images, **changes):
    """How often rows were asked for: by the trial, to be encoded, and to be compared."""
    made(folder, images, **changes)
    return images.images.asked


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Made without a stop, and how often each of its rows was asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(creation, "NUMBERS_AT_A_TIME", 1)
        folder = tmp_path_factory.mktemp("whole") / "bars"
        times = asked(folder, source())
    return contents(folder), times


def test_every_row_is_asked_for_twice(whole):
    """Once to be encoded, once to be compared with what comes back; a few also in the trial."""
    _, times = whole
    assert times.min() == 2
    assert (times > 2).sum() == 16


@pytest.mark.parametrize("kind", [Stopped, KeyboardInterrupt])
def test_rows_that_were_encoded_are_not_encoded_again(tmp_path, whole, kind):
    stopped(tmp_path / "bars", "encoding", 5, kind)  # four chunks of ten are done
    images = source()
    times = asked(tmp_path / "bars", images)
    known = np.flatnonzero(~images.holdout)[: 4 * 16]
    assert (times[known] == whole[1][known] - 1).all()
    rest = np.setdiff1d(np.arange(ROWS + HELD), known)
    assert (times[rest] == whole[1][rest]).all()
    assert contents(tmp_path / "bars") == whole[0]
    assert [path.name for path in tmp_path.iterdir()] == ["bars"]


def test_rows_that_were_decoded_are_not_decoded_again(tmp_path, whole):
    stopped(tmp_path / "bars", "decoding", 12)  # all training rows, one chunk of the others
    images = source()
    times = asked(tmp_path / "bars", images)
    left = np.flatnonzero(images.holdout)[16:]
    assert (times[left] == whole[1][left] - 1).all()  # compared, and not encoded
    done = np.setdiff1d(np.arange(ROWS + HELD), left)
    assert (times[done] == whole[1][done] - 2).all()
    assert contents(tmp_path / "bars") == whole[0]
    assert [path.name for path in tmp_path.iterdir()] == ["bars"]


class CountedPCA(PCA):
    """Principal components that count how often they were looked for."""

    fits = 0

    def _fit(self, z, rng):
        CountedPCA.fits += 1
        return super()._fit(z, rng)


def test_projections_that_were_fitted_are_not_fitted_again(tmp_path, monkeypatch):
    def bars(folder, **projected):
        made(folder, source(), projected={"pca": CountedPCA(**projected), "umap": QuickUMAP()})
        return contents(folder)

    (tmp_path / "alone").mkdir()
    alone = bars(tmp_path / "alone" / "bars")
    with reporting(stop_at("projecting", 2)), pytest.raises(Stopped):
        bars(tmp_path / "bars")
    monkeypatch.setattr(CountedPCA, "fits", 0)
    assert bars(tmp_path / "bars") == alone
    assert CountedPCA.fits == 0


def test_a_projection_with_other_fields_is_fitted(tmp_path):
    def umap(neighbours):
        projection = QuickUMAP(neighbours=neighbours)
        made(tmp_path / "bars", source(), projected={"umap": projection})

    with reporting(stop_at("packing", 1)), pytest.raises(Stopped):
        umap(9)
    left = set((tmp_path / ".bars.unfinished").glob("umap-*"))
    with reporting(stop_at("packing", 1)), pytest.raises(Stopped):
        umap(10)
    assert len(set((tmp_path / ".bars.unfinished").glob("umap-*")) - left) == 1


def test_components_that_were_found_are_not_looked_for_again(tmp_path, whole, monkeypatch):
    (tmp_path / "alone").mkdir()
    asked(tmp_path / "alone" / "bars", source(), reduce=True)
    stopped(tmp_path / "bars", "encoding", 5, reduce=True)  # of rows to find them from
    stopped(tmp_path / "bars", "encoding", 12, reduce=True)  # after they were found
    monkeypatch.setattr(creation.Reduction, "fit", None)
    made(tmp_path / "bars", source(), reduce=True)
    assert contents(tmp_path / "bars") == contents(tmp_path / "alone" / "bars")


def test_a_place_that_is_being_written_is_refused(tmp_path):
    seen = []

    def second(share, text):
        if text.startswith("packing"):
            with reporting(print), pytest.raises(StorageError, match="written by another") as said:
                made(tmp_path / "bars", source())
            seen.append(said)

    with reporting(second):
        made(tmp_path / "bars", source())
    assert len(seen) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bars"]


def test_it_may_be_stopped_again_and_again(tmp_path, whole):
    for word, times in [("encoding", 3), ("encoding", 9), ("decoding", 2), ("packing", 1)]:
        stopped(tmp_path / "bars", word, times)
    made(tmp_path / "bars", source())
    assert contents(tmp_path / "bars") == whole[0]


def brighter():
    found = tiny_images(ROWS, HELD)
    images = found.images.copy()
    images[-1, 0, 0] ^= 1  # one bit of one row
    return dataclasses.replace(found, images=Counted(images))


def held_otherwise():
    held = tiny_images(ROWS, HELD).holdout
    return source(holdout=np.roll(held, 1))


def other_decoder():
    encoder, _ = tiny_pair()
    w = np.random.default_rng(0).normal(size=(3, 256))
    return encoder, affine(w, w[0], (3,), (1, 16, 16), end="Sigmoid")


@pytest.mark.parametrize(
    ("images", "changes"),
    [
        (brighter, {}),
        (held_otherwise, {}),
        (source, {"network": other_decoder()}),
        (source, {"input": Convention("signed"), "output": Convention()}),
        (source, {"rng": 1}),
        (source, {"reduce": True}),
    ],
)
def test_what_others_computed_is_not_used(tmp_path, images, changes):
    stopped(tmp_path / "bars", "decoding", 12)
    again, alone = images(), images()
    times = asked(tmp_path / "bars", again, **changes)
    (tmp_path / "alone").mkdir()
    assert np.array_equal(times, asked(tmp_path / "alone" / "bars", alone, **changes))
    assert contents(tmp_path / "bars") == contents(tmp_path / "alone" / "bars")


def test_chunks_of_another_size_are_not_used(tmp_path, whole, monkeypatch):
    stopped(tmp_path / "bars", "encoding", 5)
    monkeypatch.setattr(creation, "NUMBERS_AT_A_TIME", 20 * 256)
    made(tmp_path / "bars", source())
    assert contents(tmp_path / "bars") == whole[0]


def test_codes_of_other_held_out_rows_are_not_used(tmp_path):
    codes = np.random.default_rng(0).normal(size=(160, 3))
    held = np.arange(160) % 4 == 0

    def of_codes(folder, held):
        decoder = {"codes": codes, "holdout": held, "decoder": tiny_pair()[1]}
        return create(folder.name, path=folder, projected={"pca": PCA()}, **decoder)

    with reporting(stop_at("decoding", 6)), pytest.raises(Stopped):
        of_codes(tmp_path / "codes", held)
    bundle = of_codes(tmp_path / "codes", np.roll(held, 1))
    assert np.allclose(bundle.codes, codes[bundle.rows], atol=1e-6)
    assert np.array_equal(bundle.holdout_rows, np.flatnonzero(np.roll(held, 1)))
    assert check(bundle.path).ok


def test_a_chunk_that_was_cut_off_is_computed_again(tmp_path, whole):
    stopped(tmp_path / "bars", "encoding", 5)
    chunk = tmp_path / ".bars.unfinished" / "train-000002.safetensors"
    chunk.write_bytes(chunk.read_bytes()[:100])
    times = asked(tmp_path / "bars", source())
    assert (times < whole[1]).sum() == 3 * 16
    assert contents(tmp_path / "bars") == whole[0]


def test_other_bundles_beside_it_are_left_alone(tmp_path):
    stopped(tmp_path / "bars", "encoding", 5)
    made(tmp_path / "beams", source())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".bars.unfinished", "beams"]


def test_what_functions_computed_is_not_kept(tmp_path):
    """No hash tells one function from another."""

    def encode(x):
        return x.reshape(len(x), -1)[:, :3]

    with reporting(stop_at("decoding", 3)), pytest.raises(Stopped):
        made(tmp_path / "bars", source(), network=None, encode=encode, decoder=tiny_pair()[1])
    assert list(tmp_path.iterdir()) == []


def test_data_that_says_nothing_of_itself_is_computed_anew(tmp_path):
    """Two sets without a fingerprint may not be taken for one another."""

    class Silent:
        def __init__(self, images):
            self.__dict__.update(vars(images))
            self.row_ids = images.row_ids

    with reporting(stop_at("decoding", 3)), pytest.raises(Stopped):
        made(tmp_path / "bars", Silent(tiny_images(ROWS, HELD)))
    assert list(tmp_path.iterdir()) == []


def test_in_memory_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with reporting(stop_at("decoding", 3)), pytest.raises(Stopped):
        made(None, source())
    assert list(tmp_path.iterdir()) == []


def test_chunks_of_another_key_are_thrown_away(tmp_path):
    made_ones = []

    def make(value):
        def made():
            made_ones.append(value)
            return {"a": np.full(3, value)}

        return made

    first = Chunks(tmp_path / "kept", {"data": "one"})
    assert first.get("train", 0, make(1.0))["a"].tolist() == [1] * 3
    assert first.get("train", 0, make(2.0))["a"].tolist() == [1] * 3
    assert first.get("train", 1, make(2.0))["a"].tolist() == [2] * 3
    again = Chunks(tmp_path / "kept", {"data": "one"})
    assert again.get("train", 0, make(3.0))["a"].tolist() == [1] * 3
    other = Chunks(tmp_path / "kept", {"data": "two"})
    assert other.get("train", 0, make(4.0))["a"].tolist() == [4] * 3
    assert made_ones == [1.0, 2.0, 4.0]
    other.done()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_unfinished_bundle_is_left_alone(tmp_path):
    (tmp_path / ".bars.unfinished").mkdir()
    thesis = tmp_path / ".bars.unfinished" / "chapter.txt"
    thesis.write_text("years of work")
    with pytest.raises(StorageError, match="holds something that is no unfinished bundle: move"):
        made(tmp_path / "bars", source())
    assert thesis.read_text() == "years of work"


def test_a_place_that_cannot_hold_chunks(tmp_path):
    (tmp_path / "kept").write_text("a file of somebody's")
    with pytest.raises(StorageError, match="kept: is no folder of an unfinished bundle: move it"):
        Chunks(tmp_path / "kept", {"data": "one"})
    assert (tmp_path / "kept").read_text() == "a file of somebody's"
