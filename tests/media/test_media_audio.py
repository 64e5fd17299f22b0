"""Decoding: places in media time, tracks, sections, shapes of sound, and the stored samples."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest
from clips import CLICKS_MS, Sound, find_clicks, write_clip

from loquitur.errors import CorruptError, InputError, UsageError
from loquitur.media.audio import Decoded, Limits, MappedSamples, decode
from loquitur.model.media import Audio
from loquitur.timing import Span

GAPS_MS = ((1000, 1700), (2500, 2950))
FORMATS = {"aac": "adts", "opus": "ogg", "mkv": "matroska", "ts": "mpegts", "mpg": "mpeg"}
PRIMING_MS = 1024 / 44.1
"""Raw AAC does not say how long its priming is; every player plays it."""


def picture_ms(path: Path) -> float:
    """When the first picture is shown, in media time: the clock of the clicks begins there."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0) if container.streams.video else ():
            return (frame.time - (container.start_time or 0) / 1e6) * 1000
    return 0.0


def sound_of(path: Path, **options) -> tuple[Decoded, np.ndarray]:
    target = path.with_suffix(".pcm")
    decoded = decode(path, target, isolated=False, **options)
    samples = np.fromfile(target, "<i2").astype(np.float32) / 32768
    assert len(samples) == decoded.sample_count
    return decoded, samples


@pytest.mark.parametrize("gaps", [(), GAPS_MS], ids=["whole", "gaps"])
@pytest.mark.parametrize("late_ms", [0, 1500])
@pytest.mark.parametrize(
    ("suffix", "codec", "video"),
    [
        ("mp4", "aac", "mpeg4"),
        ("mp4", "libmp3lame", "mpeg4"),
        ("mkv", "aac", "mpeg4"),
        ("mkv", "flac", "mpeg4"),
        ("webm", "libopus", "libvpx"),
        ("ts", "aac", "mpeg4"),
        ("ts", "mp2", "mpeg4"),
        ("mpg", "mp2", "mpeg1video"),
    ],
)
def test_clicks_keep_their_place_beside_pictures(tmp_path, suffix, codec, video, late_ms, gaps):
    sound = Sound(codec=codec, late_ms=late_ms, gaps_ms=gaps)
    path = write_clip(tmp_path / f"a.{suffix}", [sound], container=FORMATS.get(suffix), video=video)
    decoded, samples = sound_of(path)
    found = find_clicks(samples, decoded.offset_ms)
    expected = [click + late_ms + picture_ms(path) for click in CLICKS_MS]
    assert found == pytest.approx(expected, abs=2)
    assert decoded.offset_ms == pytest.approx(late_ms, abs=50)
    assert decoded.corrupt_packets == 0
    assert any("gaps of 0:01" in text for text in decoded.warnings) == bool(gaps)


@pytest.mark.parametrize(
    ("suffix", "codec", "late_ms"),
    [
        ("mp3", "libmp3lame", 0),
        ("m4a", "aac", 0),
        ("flac", "flac", 0),
        ("wav", "pcm_s16le", 0),
        ("ogg", "libopus", 0),
        ("opus", "libopus", 0),
        ("mov", "pcm_s16le", 0),
        ("aac", "aac", PRIMING_MS),
    ],
)
def test_clicks_keep_their_place_in_sound_alone(tmp_path, suffix, codec, late_ms):
    path = write_clip(tmp_path / f"a.{suffix}", [Sound(codec=codec)], container=FORMATS.get(suffix))
    decoded, samples = sound_of(path)
    expected = [click + late_ms for click in CLICKS_MS]
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx(expected, abs=2)
    assert decoded.offset_ms == 0
    assert decoded.duration_ms == pytest.approx(5500, abs=50)
    assert decoded.warnings == ()


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        ("mp4", "aac"),
        ("mkv", "libopus"),
        ("mp3", "libmp3lame"),
        ("ts", "mp2"),
        ("wav", "pcm_s16le"),
    ],
)
def test_a_section_is_the_same_sound_as_in_the_whole(tmp_path, suffix, codec):
    path = write_clip(tmp_path / f"a.{suffix}", [Sound(codec=codec)], container=FORMATS.get(suffix))
    whole, samples = sound_of(path)
    expected = [at for at in find_clicks(samples, whole.offset_ms) if 3000 <= at < 4700]
    assert len(expected) == 2
    decoded, samples = sound_of(path, section=Span(start_ms=3000, end_ms=4700))
    assert (decoded.offset_ms, decoded.duration_ms) == (3000, 1700)
    assert decoded.sample_count == 1700 * 16
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx(expected, abs=1.5)


def test_a_section_of_a_variable_rate_mp3_is_exact(tmp_path):
    """A seek by bit rate would miss: the quiet first half takes far fewer bytes."""
    path = tmp_path / "vbr.mp3"
    clicks = (20_000, 28_000)
    rng = np.random.default_rng(3)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libmp3lame", rate=44_100, options={"q": "2"})
        stream.layout = "mono"
        samples = np.zeros(30 * 44_100, np.float32)
        samples[15 * 44_100 :] = rng.normal(0, 0.05, 15 * 44_100)
        for click in clicks:
            start = click * 441 // 10
            samples[start : start + 441] += 0.8 * np.cos(np.arange(441) * 0.285)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    decoded, heard = sound_of(path, section=Span(start_ms=19_000, end_ms=29_000))
    assert find_clicks(heard, decoded.offset_ms) == pytest.approx(list(clicks), abs=2)


def test_a_section_without_sound_says_where_it_looked(tmp_path):
    path = write_clip(tmp_path / "a.mp3", [Sound(codec="libmp3lame")])
    with pytest.raises(InputError, match=r"between 1:00 and 1:01"):
        sound_of(path, section=Span(start_ms=60_000, end_ms=61_000))
    assert not path.with_suffix(".pcm").exists()


def test_a_section_before_late_sound_begins_with_the_sound(tmp_path):
    path = write_clip(
        tmp_path / "a.mkv", [Sound(codec="flac", late_ms=4000)], video="mpeg4", video_ms=9000
    )
    decoded, samples = sound_of(path, section=Span(start_ms=2000, end_ms=5000))
    assert decoded.offset_ms == 4000
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx([4000, 4700], abs=2)


def test_the_best_of_three_tracks_is_taken_and_another_can_be(tmp_path):
    tracks = [
        Sound(codec="aac", rate_hz=22_050, clicks_ms=(1000,), language="eng", default=True),
        Sound(codec="aac", rate_hz=44_100, clicks_ms=(2000,), language="deu", default=True),
        Sound(codec="aac", rate_hz=48_000, clicks_ms=(3000,), language="fra", default=False),
    ]
    path = write_clip(tmp_path / "a.mkv", tracks, video="mpeg4")
    decoded, samples = sound_of(path)
    assert decoded.track_index == 2
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx([2000], abs=2)
    assert "".join(decoded.warnings) == (
        "3 audio tracks: took number 2 (deu, 44100 Hz, mono); "
        "--set decode.track=N takes another (1, 3)"
    )
    decoded, samples = sound_of(path, track=3)
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx([3000], abs=2)
    assert decoded.warnings == ()
    with pytest.raises(InputError, match="no audio track 0") as caught:
        sound_of(path, track=0)
    assert caught.value.hint == "audio tracks: 1, 2, 3"
    with pytest.raises(UsageError, match="-1"):
        sound_of(path, track=-1)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 96_000])
def test_any_rate_and_layout_becomes_16_khz_mono(tmp_path, rate_hz, channels):
    sound = Sound(codec="flac", rate_hz=rate_hz, channels=channels)
    decoded, samples = sound_of(write_clip(tmp_path / "a.mkv", [sound]))
    assert decoded.sample_count == pytest.approx(5500 * 16, abs=20)
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx(list(CLICKS_MS), abs=2)


def test_sound_that_changes_its_rate_midway_survives(tmp_path):
    """Three MPEG audio streams one after the other, as a cut recording of a broadcast is."""
    path = tmp_path / "a.mp3"
    parts = []
    for number, (rate_hz, channels) in enumerate([(44_100, 2), (48_000, 1), (32_000, 2)]):
        sound = Sound(codec="mp2", rate_hz=rate_hz, channels=channels, clicks_ms=(1000,))
        part = write_clip(tmp_path / f"{number}.mp2", [sound], container="mp2")
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))
    decoded, samples = sound_of(path)
    found = find_clicks(samples, decoded.offset_ms)
    assert len(found) == 3
    assert np.diff(found) == pytest.approx([5500, 5500], abs=60)  # padded to whole frames


@pytest.mark.parametrize(
    ("suffix", "codec"), [("opus", "libopus"), ("ts", "aac"), ("ts", "mp2"), ("mpg", "mp2")]
)
def test_short_pieces_put_together_lose_no_sound(tmp_path, suffix, codec):
    """Chained Ogg and joined transport streams begin their clock anew with each piece."""
    sound = Sound(codec=codec, rate_hz=48_000)
    path = write_clip(tmp_path / f"a.{suffix}", [sound], container=FORMATS.get(suffix))
    once, samples = sound_of(path)
    clicks = find_clicks(samples, once.offset_ms)
    path.write_bytes(path.read_bytes() * 2)
    decoded, samples = sound_of(path)
    found = find_clicks(samples, decoded.offset_ms)
    # Of a piece's very beginning its decoder may make nothing: the click at 0 is let off.
    again = [click + found[-1] - clicks[-1] for click in clicks[1:]]
    assert found[:5] == clicks
    assert found[-4:] == pytest.approx(again, abs=2)
    assert found[-1] - clicks[-1] == pytest.approx(5500, abs=60)
    assert decoded.warnings == ("the clock of the file jumps at 0:05: sound is joined there",)


@pytest.mark.parametrize("share", [1.0, 0.8])
@pytest.mark.parametrize(
    ("suffix", "codec"), [("wav", "pcm_s16le"), ("mkv", "flac"), ("mp4", "aac"), ("avi", "pcm_u8")]
)
def test_channels_in_opposite_phase_are_heard(tmp_path, suffix, codec, share):
    """A microphone wired the wrong way round: the average of both channels would be silence."""
    sound = Sound(codec=codec, channels=2, opposite=share)
    decoded, samples = sound_of(write_clip(tmp_path / f"a.{suffix}", [sound]))
    assert np.abs(samples).max() > 0.3
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx(list(CLICKS_MS), abs=2)


def test_progress_never_goes_back_and_ends_complete(tmp_path):
    path = write_clip(tmp_path / "a.wav", [Sound(codec="pcm_s16le", duration_ms=20_000)])
    heard = []
    decode(path, tmp_path / "a.pcm", progress=lambda *pair: heard.append(pair))
    assert heard == sorted(heard)
    assert heard[-1] == (20_000, 20_000)


def test_more_sound_than_allowed_is_refused(tmp_path):
    path = write_clip(tmp_path / "a.wav", [Sound(codec="pcm_s16le")])
    with pytest.raises(InputError, match="longer than the limit"):
        sound_of(path, limits=Limits(most_ms=2000))


def test_isolated_and_not_give_the_same_bytes(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [Sound()], video="mpeg4")
    here = decode(path, tmp_path / "here.pcm", isolated=False)
    there = decode(path, tmp_path / "there.pcm")
    assert here == there
    assert (tmp_path / "here.pcm").read_bytes() == (tmp_path / "there.pcm").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        b"two words 'and' \"quotes\".mp4",
        "emoji \U0001f3ac.mp4".encode(),
        b"caf\xe9 \xff.mp4",
        b"concat:a|b.mp4",
        b"-i.mp4",
        b"line\nbreak.mp4",
        b"x" * 240,
    ],
)
@pytest.mark.parametrize("isolated", [True, False])
def test_any_name_opens(tmp_path, monkeypatch, name, isolated):
    path = tmp_path / os.fsdecode(name)
    write_clip(tmp_path / "plain.mp4", [Sound(duration_ms=300)]).rename(path)
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "out.pcm"
    assert decode(Path(os.fsdecode(name)), target, isolated=isolated).sample_count > 4000


def _audio(count: int, offset_ms: int) -> Audio:
    return Audio(
        media_id="sha256:" + "0" * 64,
        samples="0" * 64,
        sample_count=count,
        offset_ms=offset_ms,
        duration_ms=max(1, count // 16),
        track_index=0,
    )


def test_samples_are_read_by_media_time(tmp_path):
    path = tmp_path / "a.pcm"
    values = np.arange(-800, 805, dtype="<i2")  # 100.3 ms
    values.tofile(path)
    samples = MappedSamples(path, _audio(1605, 250))
    assert (samples.offset_ms, samples.end_ms) == (250, 351)
    whole = samples.read(240, 360)
    assert whole.dtype == np.float32
    assert len(whole) == 120 * 16
    assert not whole[:160].any()
    assert np.array_equal(whole[160:1765], values.astype(np.float32) / 32768)
    assert not whole[1765:].any()
    assert np.array_equal(samples.read(300, 310), whole[960:1120])
    assert not samples.read(0, 100).any()
    assert not samples.read(900, 1000).any()
    assert len(samples.read(300, 300)) == 0
    blocks = list(samples.blocks(30))
    assert [len(block) for block in blocks] == [480, 480, 480, 165]
    assert np.array_equal(np.concatenate(blocks), whole[160:1765])


def test_samples_that_are_not_all_there_are_refused(tmp_path):
    path = tmp_path / "a.pcm"
    np.zeros(99, "<i2").tofile(path)
    with pytest.raises(CorruptError, match="198 bytes of sound instead of 200"):
        MappedSamples(path, _audio(100, 0))
    with pytest.raises(CorruptError, match="none: the sound is missing") as caught:
        MappedSamples(tmp_path / "none", _audio(100, 0))
    assert "made anew" in caught.value.hint
    np.zeros(100, "<i2").tofile(path)
    with pytest.raises(ValueError, match="positive"):
        list(MappedSamples(path, _audio(100, 0)).blocks(0))


@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_sound_that_goes_while_it_is_read_is_made_anew(tmp_path, harm):
    path = tmp_path / "sound.pcm"
    path.write_bytes(bytes(200))
    samples = MappedSamples(path, _audio(100, 0))
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(b"")
    with pytest.raises(CorruptError, match=r"sound\.pcm") as caught:
        samples.read(0, 5)
    assert "made anew" in caught.value.hint


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("wav", "pcm_s16le"), ("flac", "flac"), ("mkv", "pcm_f32le"), ("wav", "pcm_u8")],
)
def test_a_channel_alone(tmp_path, suffix, codec):
    """Each channel is itself, on the clock of the mix; nothing of the other is in it."""
    rng = np.random.default_rng(5)
    sound = (rng.standard_normal((2, 16_000)) * [[0.1], [0.02]]).astype(np.float32)
    path = tmp_path / f"two.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=16_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), "fltp", "stereo")
        frame.sample_rate = 16_000
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name, layout="stereo", rate=16_000,
            frame_size=stream.codec_context.frame_size,
        )  # fmt: skip
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    mixed, _ = sound_of(path)
    assert mixed.channels == 2
    for channel in (0, 1):
        decoded, samples = sound_of(path, channel=channel)
        assert (decoded.sample_count, decoded.offset_ms) == (mixed.sample_count, mixed.offset_ms)
        step = 1 / 100 if codec == "pcm_u8" else 1 / 10_000
        assert np.abs(samples[:16_000] - sound[channel]).max() < step


def test_a_channel_of_a_mono_track_is_the_track(tmp_path):
    path = write_clip(tmp_path / "a.mka", [Sound(codec="flac")], container="matroska")
    whole, samples = sound_of(path)
    alone, same = sound_of(path, channel=1)
    assert whole == alone
    assert np.array_equal(samples, same)


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_mulaw", "pcm_alaw", "g722", "adpcm_ms"])
def test_telephone_sound_keeps_its_times_and_says_what_it_is(tmp_path, codec):
    rate_hz = 16_000 if codec == "g722" else 8_000
    path = write_clip(tmp_path / "call.wav", [Sound(codec=codec, rate_hz=rate_hz)], container="wav")
    decoded, samples = sound_of(path)
    assert find_clicks(samples, decoded.offset_ms) == pytest.approx(CLICKS_MS, abs=2)
    said = [note for note in decoded.warnings if note.startswith("telephone sound (8000 Hz)")]
    assert len(said) == (rate_hz == 8_000)
