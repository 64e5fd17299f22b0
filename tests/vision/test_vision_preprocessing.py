"""Pictures as models take them: Pillow's resampling, middles, borders, channels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.model.vision import Preprocessing
from loquitur.vision import preprocessing

PILLOW = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "area": 4}


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def prepared(pictures, how):
    return preprocessing.normalise(preprocessing.fit(pictures, how), how)


def resized(pictures, size, kind):
    """By Pillow, along rows first: left alone, Pillow 13 begins with columns for some sizes."""
    image = pytest.importorskip("PIL.Image")
    found = []
    for one in pictures:
        narrow = image.fromarray(one).resize((size[0], one.shape[0]), PILLOW[kind])
        found.append(np.asarray(narrow.resize(size, PILLOW[kind])))
    return np.stack(found)


@settings(max_examples=60, deadline=None)
@example("bilinear", 15, 36, 70, 22, 2)
@given(
    st.sampled_from(sorted(PILLOW)),
    *(st.integers(1, 90) for _ in range(4)),
    st.integers(0, 3),
)
def test_resampling_is_that_of_pillow(kind, height, width, to_height, to_width, seed):
    pictures = noise(2, height, width, 3, seed=seed)
    how = Preprocessing(width_px=to_width, height_px=to_height, fit="stretch", interpolation=kind)
    given_ = preprocessing.fit(pictures, how).astype(int)
    away = np.abs(given_ - resized(pictures, (to_width, to_height), kind))
    # what was rounded otherwise in the first pass is carried into the second, which rounds as well
    assert away.max() <= {"nearest": 0}.get(kind, 2)
    if away.size > 3000:
        assert (away > 1).mean() < 0.001


@pytest.mark.parametrize("kind", ["bilinear", "bicubic", "area"])
def test_a_film_frame_of_which_the_middle_is_taken(kind):
    pictures = noise(1, 270, 481, 3)
    how = Preprocessing(width_px=224, height_px=224, short_px=256, interpolation=kind)
    image = pytest.importorskip("PIL.Image")
    whole = image.fromarray(pictures[0]).resize((int(256 * 481 / 270), 256), PILLOW[kind])
    whole = np.asarray(whole)[None]
    left = (whole.shape[2] - 224) // 2
    wanted = whole[:, 16:240, left : left + 224].astype(int)
    assert np.abs(preprocessing.fit(pictures, how) - wanted).max() <= 1


def test_the_middle_of_an_odd_rest_by_either_rule():
    pictures = np.zeros((1, 4, 7, 3), dtype=np.uint8)
    pictures[0, :, :, 0] = np.arange(7)
    lower = Preprocessing(width_px=4, height_px=4, short_px=4)
    even = Preprocessing(width_px=4, height_px=4, short_px=4, middle="even")
    assert preprocessing.fit(pictures, lower)[0, 0, :, 0].tolist() == [1, 2, 3, 4]
    assert preprocessing.fit(pictures, even)[0, 0, :, 0].tolist() == [2, 3, 4, 5]


def test_padding_is_black_and_keeps_the_aspect():
    pictures = np.full((1, 50, 100, 3), 200, dtype=np.uint8)
    how = Preprocessing(width_px=40, height_px=40, fit="pad")
    found = preprocessing.fit(pictures, how)
    assert found.shape == (1, 40, 40, 3)
    assert (found[0, 10:30] == 200).all()
    assert not found[0, :10].any()
    assert not found[0, 30:].any()


@pytest.mark.parametrize("size", [(10, 300), (300, 10), (1, 1), (223, 225)])
def test_a_crop_has_no_border_however_odd_the_picture(size):
    pictures = np.full((1, *size, 3), 77, dtype=np.uint8)
    found = preprocessing.fit(pictures, Preprocessing(width_px=224, height_px=224))
    assert found.shape == (1, 224, 224, 3)
    assert (found == 77).all()


def test_normalised_by_channel_in_the_models_order():
    red = np.zeros((1, 2, 2, 3), dtype=np.uint8)
    red[..., 0] = 255
    how = Preprocessing(
        width_px=2, height_px=2, mean=(0.5, 0.25, 0.0), std=(0.5, 0.5, 2.0), channels="rgb"
    )
    assert prepared(red, how)[0, :, 0, 0].tolist() == [1.0, -0.5, 0.0]
    book = Preprocessing(width_px=2, height_px=2, scale=1.0, channels="bgr")
    assert prepared(red, book)[0, :, 0, 0].tolist() == [0.0, 0.0, 255.0]


def test_what_is_fitted_stays():
    how = Preprocessing(width_px=8, height_px=8, short_px=8)
    fitted = preprocessing.fit(noise(3, 20, 30, 3), how)
    assert (preprocessing.fit(fitted, how) == fitted).all()


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((1, 4, 4, 4), dtype=np.uint8),
        np.zeros((4, 4, 3), dtype=np.uint8),
        np.zeros((1, 4, 4, 3), dtype=np.float32),
        np.zeros((1, 0, 4, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(pictures):
    with pytest.raises(InputError, match="pictures"):
        preprocessing.fit(pictures, Preprocessing(width_px=4, height_px=4))


def test_no_frames_are_no_frames():
    how = Preprocessing(width_px=4, height_px=6)
    found = prepared(np.zeros((0, 9, 9, 3), dtype=np.uint8), how)
    assert found.shape == (0, 3, 6, 4)
