"""Patches that stand out, and things followed through frames."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.protocols import Resources
from loquitur.vision.descriptor.regions import regions_of, standing_out
from loquitur.vision.descriptor.things import PARTS, SLOT_LENGTH, SLOTS, thing_numbers
from loquitur.vision.encoders import open_encoder
from loquitur.vision.shapes import Source, render, scene
from loquitur.vision.shapes.rendering import paint


def _picture(*patches, side=64, ground=100):
    """A grey picture with rectangles (top, left, height, width, colour)."""
    picture = np.full((side, side, 3), ground, np.uint8)
    for top, left, height, width, colour in patches:
        picture[top : top + height, left : left + width] = colour
    return picture


def _part(numbers, name):
    """One part of every thing, [n, things, part]."""
    start = 0
    for known, length in PARTS.items():
        if known == name:
            return numbers.reshape(len(numbers), SLOTS, SLOT_LENGTH)[..., start : start + length]
        start += length
    raise KeyError(name)


def test_patches_of_two_colours_that_touch_are_two():
    """And two of one colour that do not touch are two; the largest stands first."""
    red, blue = (210, 40, 40), (40, 70, 220)
    touching = _picture((10, 10, 12, 10, red), (10, 20, 12, 8, blue))
    apart = _picture((5, 5, 8, 8, red), (40, 40, 10, 10, red))
    first, second = regions_of(np.stack([touching, apart]))
    assert [one.area for one in first] == [120, 96]
    assert abs(first[1].colour - blue).max() < 3
    assert [one.area for one in second] == [100, 64]


def test_a_figure_with_bays_is_one_patch():
    """Rows whose runs join only further down hang together; corners alone do not."""
    comb = _picture(
        (10, 10, 20, 3, (220, 40, 40)),
        (10, 20, 20, 3, (220, 40, 40)),
        (27, 10, 3, 13, (220, 40, 40)),
    )
    corners = _picture((10, 10, 6, 6, (220, 40, 40)), (16, 16, 6, 6, (220, 40, 40)))
    first, second = regions_of(np.stack([comb, corners]))
    assert len(first) == 1
    assert len(second) == 2


@pytest.mark.parametrize("level", [0, 17, 128, 255])
def test_even_pictures_have_nothing_that_stands_out(level):
    """Black, grey and white; nor does a slope of brightness."""
    even = np.full((2, 64, 64, 3), level, np.uint8)
    assert not standing_out(even).any()
    slope = np.clip(
        np.linspace(60, 160, 64)[None, :, None, None] + np.zeros((1, 64, 64, 3)), 0, 255
    )
    assert not standing_out(slope.astype(np.uint8)).any()
    assert not thing_numbers(even).any()


@given(st.integers(1, 4), st.sampled_from([16, 33, 64]), st.integers(0, 2**31 - 1), st.booleans())
@settings(max_examples=12, deadline=None)
def test_any_pictures_give_numbers(count, side, seed, blocky):
    """Noise, blocks, one frame: always finite and bounded, always the same."""
    dice = np.random.default_rng(seed)
    pictures = dice.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    if blocky:
        pictures = np.repeat(np.repeat(pictures[:, ::8, ::8], 8, 1), 8, 2)[:, :side, :side]
    numbers = thing_numbers(pictures)
    assert numbers.shape == (count, SLOTS * SLOT_LENGTH)
    assert np.isfinite(numbers).all()
    assert np.abs(numbers).max() < 60
    assert np.array_equal(numbers, thing_numbers(pictures))


def test_things_are_where_the_scene_says():
    """Presence and place of the things of generated clips, nearly always."""
    right, total = 0, 0
    for number in range(14):
        source = Source(split="train", number=number)
        shown = scene(source)
        if shown.kind == "passing":
            continue
        numbers = thing_numbers(render(source).pixels)
        places = _part(numbers, "place")
        for thing in shown.things:
            track = np.array(thing.track) - 0.5
            far = np.abs(places[:, :, 1:3] - track[:, None]).max(axis=2)
            total += 1
            right += bool((np.where(places[:, :, 0] > 0, far, 9).min(axis=1) < 0.02).mean() > 0.8)
    assert total > 8
    assert right / total > 0.9


def test_figures_are_blind_to_colours():
    """The same scene in another paint has the same figures, places and moves."""
    source = Source(split="train", number=2, noise=0)
    shown = scene(source)
    other = dataclasses.replace(
        shown, things=(dataclasses.replace(shown.things[0], colour="purple"),)
    )
    first, second = (thing_numbers(paint(one, source)) for one in (shown, other))
    for name in ("place", "move", "figure"):
        assert np.abs(_part(first, name) - _part(second, name)).max() < 0.3, name
        assert np.abs(_part(first, name) - _part(second, name)).mean() < 0.03, name
    assert np.abs(_part(first, "colour") - _part(second, "colour")).max() > 0.5


def test_what_is_hidden_for_a_while_stays_one_thing():
    """A square that goes behind a bar and comes out again: two things, not three."""
    frames = np.stack(
        [
            _picture((20, 6 + 3 * at, 10, 10, (210, 40, 40)), (4, 28, 54, 10, (40, 70, 220)))
            for at in range(16)
        ]
    )
    frames[:, 4:58, 28:38] = (40, 70, 220)
    seen = _part(thing_numbers(frames), "place")[:, :, 0]
    three = thing_numbers(frames, 3).reshape(16, 3, SLOT_LENGTH)
    assert not three[:, 2].any()
    assert seen[:, 0].all()
    assert seen[0, 1] == seen[-1, 1] == 1


def test_the_engine_is_known_by_its_name(tmp_path):
    """Pictures of any size come in, 132 numbers a frame come out."""
    opened = open_encoder("things", Resources(models=tmp_path))
    engine = opened.engine
    numbers = engine.encode(np.zeros((2, 90, 160, 3), np.uint8))
    assert numbers.shape == (2, engine.dimension) == (2, SLOTS * SLOT_LENGTH)
