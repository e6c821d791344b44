"""Moving pictures: every frame as it was, in its order, for as long as was asked."""

import io

import numpy as np
import pytest
from PIL import Image

from aegen.core.errors import InvalidInput
from aegen.figures.animation import animation, save_animation


def frames_of(content):
    """Frames (n, h, w, 4), and how long each lasts in milliseconds."""
    with Image.open(io.BytesIO(content)) as moving:
        found, lasts = [], []
        for k in range(moving.n_frames):
            moving.seek(k)
            found.append(np.asarray(moving.convert("RGBA")))
            lasts.append(moving.info["duration"])
    return np.stack(found), lasts


@pytest.mark.parametrize("kind", ["webp", "gif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_frames_come_back_in_order(kind, channels):
    frames = np.zeros((5, 8, 12, channels), np.uint8)
    for k in range(5):
        frames[k, :, k : k + 3] = 40 * k + 60
    frames[..., 3:] = 255
    there, lasts = frames_of(animation(frames, kind, scale=2))
    assert lasts == 5 * [50]
    assert there.shape == (5, 16, 24, 4)
    assert (there[:, ::2, ::2, 0] == frames[..., 0]).all()
    back, lasts = frames_of(animation(frames, kind, ping_pong=True))
    assert lasts == 8 * [50]
    assert (back[..., 0] == frames[[0, 1, 2, 3, 4, 3, 2, 1], ..., 0]).all()


def test_frames_that_are_the_same_still_take_their_time():
    frames = np.repeat([0.0, 1.0], 2)[:, None, None, None] * np.ones((4, 8, 8, 1))
    for kind in ("webp", "gif"):
        assert sum(frames_of(animation(frames, kind, fps=10))[1]) == 400


@pytest.mark.parametrize(
    ("frames", "how", "says"),
    [
        (np.zeros((0, 8, 8, 1)), {}, "needs frames"),
        (np.zeros((3, 8, 8)), {}, "needs frames"),
        (np.zeros((3, 8, 8, 1)), {"fps": 51}, "fps"),
        (np.zeros((3, 8, 8, 1)), {"kind": "mp4"}, "mp4"),
        (np.zeros((3, 8, 8, 1)), {"scale": 3000}, "too large"),
    ],
)
def test_what_cannot_move_is_refused(frames, how, says):
    with pytest.raises(InvalidInput, match=says):
        animation(frames, **how)


def test_another_ending_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InvalidInput, match=r"\.webp or \.gif"):
        save_animation(tmp_path / "a.png", np.zeros((3, 8, 8, 1)))
    assert list(tmp_path.iterdir()) == []
