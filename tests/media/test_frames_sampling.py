"""Frames out of films made here, whose pictures say which frame they are."""

from __future__ import annotations

import random

import av
import numpy as np
import pytest
from clips import Sound, write_clip
from films import got, number_of, numbers, picture, turn, write_covered, write_film
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.media.frames import look, sample, uniform_indices, walking
from loquitur.media.frames import timetable as timetables
from loquitur.media.frames.picture import convert
from loquitur.model.vision import Geometry, Sampling


def decoded(path):
    """Every frame by plain decoding."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@given(st.integers(1, 10**6), st.integers(1, 300))
@examples(max_examples=30)
def test_the_index_rule(frame_count, count):
    indices = uniform_indices(frame_count, count)
    assert indices.tolist() == np.round(np.linspace(0, frame_count - 1, count)).astype(int).tolist()
    assert len(indices) == count
    assert indices[0] == 0
    assert count == 1 or indices[-1] == frame_count - 1
    assert (np.diff(indices) >= 0).all()
    if count >= frame_count and count > 1:
        assert set(indices.tolist()) == set(range(frame_count))


def test_nothing_is_sampled_of_nothing():
    with pytest.raises(ValueError, match="3 of 0 frames"):
        uniform_indices(0, 3)


CODECS = [
    ("mp4", "libx264"),
    ("mkv", "libx264"),
    ("ts", "libx264"),
    pytest.param("flv", "libx264", marks=pytest.mark.slow),
    pytest.param("webm", "libvpx", marks=pytest.mark.slow),
    pytest.param("webm", "libvpx-vp9", marks=pytest.mark.slow),
    ("avi", "mpeg4"),
    ("mpg", "mpeg2video"),
]


@pytest.mark.parametrize(("container", "codec"), CODECS)
def test_uniform_frames_of_every_container_are_those_of_plain_decoding(tmp_path, container, codec):
    path = write_film(tmp_path / f"film.{container}", 100, codec=codec, gop=25)
    with av.open(str(path)) as given:
        start_ms = (given.start_time or 0) / 1000
        shown = [1000 * frame.time - start_ms for frame in given.decode(video=0)]
    for count in (1, 3, 7, 100, 130):
        times, pixels = got(path, Sampling(count=count))
        chosen = uniform_indices(len(shown), count)
        assert [number_of(each) for each in pixels] == chosen.tolist()
        assert np.abs(np.take(shown, chosen) - times).max() < 0.501


def test_frames_reached_by_seeking_are_the_same_to_the_bit(tmp_path, monkeypatch):
    path = write_film(tmp_path / "film.mp4", 200, gop=20)
    wanted = Sampling(count=9)
    jumping = got(path, wanted)
    monkeypatch.setattr(walking, "WORTH_FRAMES", walking.NEVER)
    straight = got(path, wanted)
    assert jumping[0] == straight[0]
    assert (jumping[1] == straight[1]).all()


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "mpeg4"])
def test_leaving_out_what_nothing_refers_to_changes_no_bit(tmp_path, codec):
    chance = np.random.default_rng(5)
    ground = chance.integers(0, 255, (80, 140, 3)).astype(np.uint8)
    made = [ground[at % 30 : at % 30 + 36, at : at + 64].copy() for at in range(70)]
    options = {"libx264": {"b-pyramid": "normal", "refs": "4"}}.get(codec, {"bf": "3"})
    path = write_film(tmp_path / "film.mkv", made, codec=codec, b_frames=5, gop=30, options=options)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    types = {"libx264": {1, 2, 3}, "mpeg2video": {1, 2, 3}, "mpeg4": {1, 3}}  # I, P, B
    assert {int(frame.pict_type) for frame in frames} == types[codec]
    for count in (5, 23):
        _, pixels = got(path, Sampling(count=count))
        for at, mine in zip(uniform_indices(70, count), pixels, strict=True):
            assert (convert(frames[at], 64, 36, "bicubic") == mine).all()


def test_key_frames_of_an_open_group_of_pictures(tmp_path):
    options = {"x265-params": "log-level=none:open-gop=1:bframes=3"}
    path = write_film(tmp_path / "film.mkv", 90, codec="libx265", gop=30, options=options)
    keys = look(path, isolated=False, keys=True).key_times_ms
    times, pixels = got(path, Sampling(by="key"))
    assert tuple(times) == keys
    assert [number_of(each) for each in pixels] == [round(at_ms / 40) for at_ms in times]
    assert numbers(path, Sampling(count=7)) == uniform_indices(90, 7).tolist()


def test_an_index_that_proves_right_gives_the_same_timetable(tmp_path, monkeypatch):
    for b_frames in (0, 2):
        path = write_film(tmp_path / "film.mp4", 150, gop=30, b_frames=b_frames, start_ms=400)
        counted = look(path, isolated=False, keys=True)
        with monkeypatch.context() as patch:
            patch.setattr(timetables, "TRUST_BYTES", 0)
            patch.setattr(timetables, "_counted", None)  # not asked
            assert look(path, isolated=False, keys=True) == counted
            assert numbers(path, Sampling(count=5)) == uniform_indices(150, 5).tolist()


def test_an_index_of_a_varying_rate_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(timetables, "TRUST_BYTES", 0)
    times = [number * 40 + (number > 20) * 2000 for number in range(40)]
    path = write_film(tmp_path / "film.mp4", 40, times_ms=times)
    assert look(path, isolated=False).frame_count == 40
    assert sorted(set(got(path, Sampling(by="rate", rate_hz=25))[0])) == times


def test_a_fixed_rate_takes_the_frame_that_is_shown(tmp_path):
    path = write_film(tmp_path / "film.mp4", 100)
    assert numbers(path, Sampling(by="rate", rate_hz=1)) == [0, 25, 50, 75]
    assert numbers(path, Sampling(by="rate", rate_hz=3)) == [
        0,
        8,
        16,
        25,
        33,
        41,
        50,
        58,
        66,
        75,
        83,
        91,
    ]
    assert numbers(path, Sampling(by="rate", rate_hz=1, most=2)) == [0, 25]
    assert numbers(path, Sampling(by="rate", rate_hz=50, end_ms=80)) == [0, 0, 1, 1]


def test_spans_are_half_open(tmp_path):
    path = write_film(tmp_path / "film.mp4", 100)
    assert got(path, Sampling(count=3, start_ms=400, end_ms=520))[0] == [400, 440, 480]
    assert got(path, Sampling(count=1, start_ms=401, end_ms=402))[0] == [400]
    assert got(path, Sampling(by="rate", rate_hz=10, start_ms=1000, end_ms=1200))[0] == [1000, 1080]
    with pytest.raises(InputError, match="nothing is shown from 0:04 on: the pictures end at 0:04"):
        got(path, Sampling(start_ms=4000))


def test_shots_give_frames_from_inside_themselves(tmp_path):
    path = write_film(tmp_path / "film.mp4", 100)
    shots = Sampling(by="shots")
    assert numbers(path, shots, cuts_ms=(800, 1600)) == [10, 30, 70]
    assert numbers(path, Sampling(by="shots", per_shot=2), cuts_ms=(2000,)) == [12, 37, 62, 87]
    assert numbers(path, shots) == [50]
    assert numbers(path, Sampling(by="shots", most=2), cuts_ms=range(400, 4000, 400)) == [5, 95]


def test_fast_takes_the_nearest_key_frames(tmp_path):
    path = write_film(tmp_path / "film.mp4", 100, gop=20, options={"sc_threshold": "0"})
    keys = [round(at_ms / 40) for at_ms in look(path, isolated=False, keys=True).key_times_ms]
    found = numbers(path, Sampling(count=7, fast=True))
    wanted = uniform_indices(100, 7).tolist()
    assert found == [min(keys, key=lambda key: (abs(key - each), key)) for each in wanted]
    assert len(set(found)) < len(found)


def test_a_varying_rate_is_sampled_by_time(tmp_path):
    times = [*range(0, 1000, 20), *range(1000, 5000, 400)]
    path = write_film(tmp_path / "film.mkv", len(times), times_ms=times)
    assert look(path, isolated=False).variable
    shown, pixels = got(path, Sampling(count=5))
    assert shown == [0, 1000, 2200, 3400, 4600]
    assert [times[number_of(each)] for each in pixels] == shown
    assert not look(write_film(tmp_path / "even.mkv", 50), isolated=False).variable


@given(st.lists(st.integers(1, 900), min_size=1, max_size=12), st.integers(1, 9), st.booleans())
@examples(max_examples=8)
def test_any_times_are_kept(tmp_path_factory, gaps, count, rated):
    times = np.cumsum([0, *gaps]).tolist()
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    write_film(path, len(times), times_ms=times, codec="ffv1", pix_fmt="bgr0")
    wanted = Sampling(by="rate", rate_hz=count) if rated else Sampling(count=count)
    shown, pixels = got(path, wanted)
    assert [times[number_of(each)] for each in pixels] == shown


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_times_count_from_the_start_of_the_medium(tmp_path, container):
    path = write_film(tmp_path / f"late.{container}", 20, start_ms=8320)
    assert got(path, Sampling(count=3))[0] == [0, 400, 760]


def test_one_frame_stands_for_all(tmp_path):
    path = write_film(tmp_path / "still.mp4", 1)
    times, pixels = got(path, Sampling(count=80))
    assert times == [0] * 80
    assert pixels.shape == (80, 36, 64, 3)
    assert got(path, Sampling(by="rate", rate_hz=5))[0] == [0]
    about = look(path, isolated=False)
    assert (about.frame_count, about.frame_rate_hz) == (1, None)


def test_batches_have_the_size_asked_for(tmp_path):
    path = write_film(tmp_path / "film.mp4", 30)
    batches = list(sample(path, Sampling(count=10), batch=4, isolated=False))
    assert [len(batch.pixels) for batch in batches] == [4, 4, 2]
    with pytest.raises(ValueError, match="a batch has at least one frame"):
        next(sample(path, Sampling(), batch=0))


def test_the_child_gives_what_this_process_does(tmp_path):
    path = write_film(tmp_path / "film.mp4", 60, start_ms=200)
    wanted = Sampling(by="shots", per_shot=3)
    size = Geometry(width_px=40, height_px=30, fit="pad")
    there = got(path, wanted, geometry=size, cuts_ms=(1000,), isolated=True)
    here = got(path, wanted, geometry=size, cuts_ms=(1000,))
    assert there[0] == here[0]
    assert (there[1] == here[1]).all()
    assert look(path, keys=True) == look(path, keys=True, isolated=False)


def test_a_film_with_its_index_at_the_end_of_nothing(tmp_path):
    """Live streams and fragments state no count and no duration."""
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    path = write_film(tmp_path / "live.mp4", 60, muxer=fragments)
    assert numbers(path, Sampling(count=5)) == uniform_indices(60, 5).tolist()
    path = write_film(tmp_path / "live.webm", 60, codec="libvpx", gop=20, muxer={"live": "1"})
    assert numbers(path, Sampling(count=5)) == uniform_indices(60, 5).tolist()
    assert look(path, isolated=False).frame_count == 60


def test_packets_that_are_never_shown_are_no_frames(tmp_path):
    given = write_film(tmp_path / "given.webm", 60, codec="libvpx", gop=60)
    path = tmp_path / "film.webm"
    with av.open(str(given)) as source, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        for number, packet in enumerate(packets):
            content = bytearray(bytes(packet))
            if number in (10, 25):
                content[0] &= 0b11101111  # show_frame
            made = av.Packet(bytes(content))
            made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
            made.is_keyframe, made.stream = packet.is_keyframe, stream
            output.mux(made)
    assert look(path, isolated=False).frame_count == len(decoded(path)) == 58
    rest = [number for number in range(60) if number not in (10, 25)]
    chosen = uniform_indices(58, 9)
    assert numbers(path, Sampling(count=9)) == [rest[at] for at in chosen]


def test_an_edit_list_hides_frames(shared):
    path = shared / "media/video/discard_first_keyframe.mp4"
    assert look(path, isolated=False).frame_count == len(decoded(path)) == 25
    times, pixels = got(path, Sampling(count=25))
    assert times == list(range(0, 1000, 40))
    assert pixels.shape == (25, 64, 64, 3)


@pytest.mark.slow
def test_real_films_give_the_frames_of_plain_decoding(shared):
    for path in sorted((shared / "media/video").glob("*")):
        about = look(path, isolated=False)
        with av.open(str(path)) as container:
            start_us = container.start_time or 0
            shown = [
                float(frame.pts * frame.time_base) - start_us / 1e6
                for frame in container.decode(video=0)
            ]
        warned = []
        times, _ = got(path, Sampling(count=80), most_px=64, warn=warned.append)
        assert about.frame_count == len(shown), path.name
        wanted = [1000 * shown[at] for at in uniform_indices(len(shown), 80)]
        assert np.abs(np.subtract(times, wanted)).max() < 0.501, path.name
        assert not warned


def test_a_cover_picture_is_no_film(tmp_path):
    song = write_clip(tmp_path / "song.m4a", [Sound()])
    with pytest.raises(InputError, match=r"has no moving pictures, only sound") as caught:
        got(song)
    assert caught.value.code == "LQ-MEDIA-BLIND"
    for moving in (False, True):
        path = write_covered(tmp_path / "covered.mp4", moving=moving)
        with av.open(str(path)) as container:
            assert any(stream.disposition & 0x400 for stream in container.streams.video)
        if moving:
            assert numbers(path, Sampling(count=3)) == [0, 10, 19]
            continue
        with pytest.raises(InputError, match=r"has no moving pictures, only a cover picture"):
            got(path)


def test_what_is_no_film_is_one_clear_line(tmp_path):
    for name, content, said in [
        ("nothing.mp4", b"", "is empty"),
        ("noise.mp4", random.Random(1).randbytes(4000), "is not a medium that can be read"),
        ("text.mp4", b"just words", "is a text file"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=said):
            got(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        got(tmp_path / "missing.mp4")


def test_animated_pictures_are_films(tmp_path, shared):
    gif = shared / "media/video/animated.gif"
    times, pixels = got(gif, Sampling(count=4))
    assert times == [0, 100, 200, 300]
    assert pixels.shape == (4, 48, 64, 3)
    apng = write_film(tmp_path / "film.apng", 6, codec="apng", pix_fmt="rgb24", fps=10)
    times, pixels = got(apng, Sampling(count=3))
    assert [number_of(each) for each in pixels] == [0, 2, 5]
    assert (pixels[2] == picture(5)).all()


def test_turned_films_stand_upright(tmp_path):
    path = write_film(tmp_path / "film.mp4", 3, codec="libx264", pix_fmt="yuv444p")
    upright = got(path, Sampling(count=1))[1][0]
    one = 1 << 16
    for matrix, made in [
        ((0, one, -one, 0), np.rot90(upright, 3)),
        ((-one, 0, 0, -one), np.rot90(upright, 2)),
        ((0, -one, one, 0), np.rot90(upright, 1)),
        ((-one, 0, 0, one), upright[:, ::-1]),
        ((one, 0, 0, -one), upright[::-1]),
    ]:
        turn(path, matrix)
        pixels = got(path, Sampling(count=1))[1][0]
        about = look(path, isolated=False)
        assert pixels.shape == made.shape
        assert (pixels == made).all(), matrix
        assert (about.height_px, about.width_px) == made.shape[:2]
