"""Cuts in pictures made here: what is cut, faded, flashed and panned is known to the frame."""

from __future__ import annotations

import av
import numpy as np
import pytest

from loquitur.errors import InputError
from loquitur.media.shots import Eye, ShotOptions, find_shots

FPS = 25


def scene(seed):
    """A picture of 36 x 64 with large areas of its own colours, in planes 0..1."""
    rng = np.random.default_rng(seed)
    areas = rng.normal(0, 0.15, (3, 6, 8)) + rng.uniform(0.2, 0.8, (3, 1, 1))
    return np.clip(np.kron(areas, np.ones((1, 6, 8))), 0, 1).astype(np.float32)


def seen(pictures, *, seed=0, grain=0.015):
    """The numbers of the frames at which an eye finds cuts."""
    rng = np.random.default_rng(seed)
    eye, found = Eye(), []
    for number, picture in enumerate(pictures):
        noisy = np.clip(picture + rng.normal(0, grain, picture.shape), 0, 1).astype(np.float32)
        found += eye.see(noisy, number)
    return found + eye.close()


def hold(picture, count):
    return [picture] * count


def test_cuts_are_found_to_the_frame():
    lengths, pictures, cuts = (40, 25, 60, 12, 9, 50), [], []
    for seed, length in enumerate(lengths):
        cuts.append(len(pictures))
        pictures += hold(scene(seed), length)
    assert seen(pictures) == cuts[1:]


def test_dark_pictures_have_cuts_too():
    dark = [scene(seed) * 0.2 + 0.02 for seed in (41, 42)]
    assert seen(hold(dark[0], 30) + hold(dark[1], 30), grain=0.004) == [30]


def test_flashes_are_no_cuts():
    picture, white = scene(1), np.full((3, 36, 64), 0.97, np.float32)
    pictures = hold(picture, 30)
    for length in (1, 2, 4):
        pictures += hold(white, length) + hold(picture, 30)
    assert seen(pictures) == []


def test_fades_and_dissolves_are_no_cuts():
    one, other, black = scene(2), scene(3), np.zeros((3, 36, 64), np.float32)
    mixes = [part / 20 for part in range(20)]
    pictures = hold(one, 30)
    pictures += [one * (1 - part) + black * part for part in mixes]
    pictures += [other * part for part in mixes] + hold(other, 20)
    pictures += [other * (1 - part) + one * part for part in mixes] + hold(one, 30)
    assert seen(pictures) == []


def test_a_panning_camera_is_no_cut_and_the_cut_after_it_is_one():
    wide = np.concatenate([scene(5), scene(5)[:, :, ::-1], scene(6)], axis=2)
    slow = [wide[:, :, at : at + 64] for at in range(0, 120, 1)]
    fast = [wide[:, :, at : at + 64] for at in range(120, 20, -4)]
    assert seen(slow + fast + hold(scene(7), 30)) == [len(slow) + len(fast)]


def test_nothing_and_little_have_no_cuts():
    assert seen([]) == []
    assert seen([scene(1)]) == []
    assert seen(hold(scene(1), 3)) == []
    with pytest.raises(ValueError, match="measure"):
        ShotOptions(least=0)


def film(path, pictures, codec):
    """A film of small pictures, each pixel a block of four by four."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 256, 144, "yuv420p"
        for picture in pictures:
            image = np.kron(picture.transpose(1, 2, 0), np.ones((4, 4, 1)))
            frame = av.VideoFrame.from_ndarray((image * 255).astype(np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)
    return path


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_a_film_is_looked_at_in_a_child(tmp_path, codec):
    pictures = hold(scene(1), 30) + hold(scene(2), 20) + hold(scene(3), 25)
    told = []
    looked = find_shots(film(tmp_path / "film.mp4", pictures, codec),
                        progress=lambda done, total: told.append((done, total)))  # fmt: skip
    assert looked.cuts_ms == (1_200, 2_000)
    assert (looked.frame_count, looked.frame_rate_hz) == (75, 25.0)


def test_a_real_film(shared):
    """A dissolve at 5.3 s and a cut at 8.08 s, by eye; the other track of it is the same film."""
    looked = find_shots(shared / "media" / "video" / "nasa_13013.mp4")
    assert looked.cuts_ms == (8_080,)


def test_sound_alone_has_no_cuts(clip):
    assert find_shots(clip).frame_count == 0


def test_a_file_that_is_no_medium_is_said(tmp_path):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0" * 4096)
    with pytest.raises(InputError):
        find_shots(path)
