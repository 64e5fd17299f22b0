"""What a container says of itself."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from clips import Sound, write_clip

from loquitur.media.containers import FORMATS
from loquitur.media.probe import CREDIBLE_MS, Probe, inspect, probe

NASA = Path(__file__).parents[2] / "../shared/data/media/video/nasa_13013.mp4"


@pytest.mark.parametrize(
    ("suffix", "container", "codec"),
    [
        ("mp4", None, "aac"),
        ("mov", None, "aac"),
        ("m4a", None, "aac"),
        ("mkv", None, "flac"),
        ("webm", None, "libopus"),
        ("mp3", None, "libmp3lame"),
        ("flac", None, "flac"),
        ("wav", None, "pcm_s16le"),
        ("w64", None, "pcm_s16le"),
        ("aiff", None, "pcm_s16be"),
        ("au", None, "pcm_s16be"),
        ("caf", None, "pcm_s16be"),
        ("ogg", None, "libopus"),
        ("opus", "ogg", "libopus"),
        ("aac", "adts", "aac"),
        ("ac3", None, "ac3"),
        ("eac3", None, "eac3"),
        ("tta", None, "tta"),
        ("wv", None, "wavpack"),
        ("avi", None, "libmp3lame"),
        ("wma", "asf", "wmav2"),
        ("flv", None, "aac"),
        ("mpg", "mpeg", "mp2"),
        ("ts", "mpegts", "aac"),
        ("3gp", None, "aac"),
    ],
)
def test_every_accepted_container_opens_by_its_content(tmp_path, suffix, container, codec):
    made = write_clip(tmp_path / f"a.{suffix}", [Sound(codec=codec)], container=container)
    nameless = made.rename(tmp_path / "without a suffix")
    found = inspect(nameless)
    assert [track.kind for track in found.tracks] == ["audio"]
    assert found.audio[0].channels == 1
    assert found.audio[0].sample_rate_hz in (44_100, 48_000)
    assert not found.has_video
    if found.duration_ms is not None:
        assert found.duration_ms == pytest.approx(5500, abs=300)


def test_every_accepted_format_exists_in_ffmpeg():
    known = {name for formats in av.formats_available for name in formats.split(",")}
    assert set(FORMATS) <= known
    assert not set(FORMATS) & {"hls", "concat", "dash", "lavfi", "image2", "sdp", "rtsp"}


def test_tracks_titles_and_languages_are_told(tmp_path):
    tracks = [
        Sound(codec="aac", language="eng", title="Main\x1b[31m mix\n", default=True),
        Sound(codec="libopus", channels=2, language="und", default=False),
    ]
    path = write_clip(tmp_path / "a.mkv", tracks, video="mpeg4", title="A  talk\u202e\n of\x07 x")
    found = probe(path)
    assert found == inspect(path)
    assert isinstance(found, Probe)
    assert found.has_video
    assert found.title == "A talk of x"
    video, first, second = found.tracks
    assert (video.kind, video.codec, video.width_px, video.height_px) == ("video", "mpeg4", 64, 48)
    assert video.frame_rate_hz == pytest.approx(25)
    assert (first.language, first.title, first.default) == ("eng", "Main [31m mix", True)
    assert (first.codec, first.sample_rate_hz, first.channels) == ("aac", 44_100, 1)
    assert first.duration_ms == pytest.approx(5500, abs=60)
    assert (second.language, second.default, second.channels) == (None, False, 2)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "flac"])
def test_cover_art_is_not_video(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    codec = {"mp3": "libmp3lame", "m4a": "aac", "flac": "flac"}[suffix]
    with av.open(str(path), "w", format="mp4" if suffix == "m4a" else suffix) as output:
        sound = output.add_stream(codec, rate=44_100)
        sound.layout = "mono"
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        pixels = np.full((48, 32), 99, np.uint8)
        picture = av.VideoFrame.from_ndarray(pixels, format="yuvj420p")
        for packet in [*cover.encode(picture), *cover.encode(None)]:
            output.mux(packet)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 44_100), np.float32), format="flt", layout="mono"
        )
        frame.sample_rate = 44_100
        for packet in [*sound.encode(frame), *sound.encode(None)]:
            output.mux(packet)
    found = inspect(path)
    assert not found.has_video
    assert sorted(track.kind for track in found.tracks) == ["audio", "data"]


def test_an_incredible_duration_is_taken_as_not_given(tmp_path):
    path = write_clip(tmp_path / "a.wav", [Sound(codec="pcm_u8", rate_hz=8000)])
    assert inspect(path).duration_ms == 5500
    film = write_clip(tmp_path / "a.mkv", [Sound(codec="flac")])
    data = bytearray(film.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3  # Matroska: Duration, a double, in milliseconds
    data[at : at + 8] = np.array([CREDIBLE_MS * 2.0], ">f8").tobytes()
    film.write_bytes(data)
    assert inspect(film).duration_ms is None


@pytest.mark.skipif(not NASA.exists(), reason="../shared/data is not here")
def test_a_real_video_with_two_pictures_and_two_sounds():
    found = probe(NASA)
    kinds = [track.kind for track in found.tracks]
    assert kinds == ["video", "audio", "subtitle", "video", "audio", "subtitle"]
    assert found.duration_ms == 13_056
    assert [track.sample_rate_hz for track in found.audio] == [8000, 16_000]
    assert [track.language for track in found.audio] == ["eng", "eng"]
