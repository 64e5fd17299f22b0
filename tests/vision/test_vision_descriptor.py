"""The descriptor: colours by name and place, contours by direction, motion, nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from loquitur.engines.vision.descriptor import Descriptor, DescriptorOptions
from loquitur.vision.descriptor import colours, frames

ENGINE = Descriptor(DescriptorOptions(), None)


def group(name):
    """Where a group's numbers stand in a vector."""
    start = 0
    for known, length in frames.GROUPS.items():
        if known == name:
            return slice(start, start + length)
        start += length
    raise KeyError(name)


def plain(rgb, count=1, size=(64, 64)):
    return np.broadcast_to(np.array(rgb, dtype=np.uint8), (count, *size, 3)).copy()


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((255, 0, 0), "red"),
        ((0, 255, 0), "green"),
        ((0, 0, 255), "blue"),
        ((255, 255, 0), "yellow"),
        ((255, 255, 255), "white"),
        ((0, 0, 0), "black"),
        ((128, 128, 128), "grey"),
        ((128, 0, 160), "purple"),
        ((255, 140, 0), "orange"),
        ((101, 67, 33), "brown"),
        ((255, 170, 200), "pink"),
    ],
)
def test_a_plain_frame_has_one_colour_in_every_cell(rgb, name):
    shares = ENGINE.encode(plain(rgb))[0, group("colours")].reshape(64, 11)
    assert (shares[:, colours.NAMES.index(name)] == 1.0).all()
    assert shares.sum() == 64.0


def test_where_a_colour_is():
    picture = plain((255, 255, 255))
    picture[0, :8, 56:] = (255, 0, 0)
    red = ENGINE.encode(picture)[0, group("colours")].reshape(8, 8, 11)[..., 3]
    assert np.argwhere(red == 1.0).tolist() == [[0, 7]]


def test_contours_turn_with_the_picture():
    upright = plain((0, 0, 0))
    upright[0, :, 32:] = 255
    lying = upright.transpose(0, 2, 1, 3)
    tall, flat = (
        ENGINE.encode(one)[0, group("contours")].reshape(16, 8).sum(axis=0)
        for one in (upright, lying)
    )
    assert (tall.argmax(), flat.argmax()) == (0, 4)


def test_motion_is_where_something_changed_and_none_in_the_first_frame():
    film = plain((0, 0, 0), count=3)
    film[2, :8, :8] = 255
    moved = ENGINE.encode(film)[:, group("motion")]
    assert not moved[:2].any()
    assert np.flatnonzero(moved[2]).tolist() == [0]


def test_a_black_frame_and_no_frames():
    black = ENGINE.encode(plain((0, 0, 0), size=(1, 1)))
    assert np.isfinite(black).all()
    assert ENGINE.encode(plain((0, 0, 0), count=0)).shape == (0, frames.DIMENSION)
