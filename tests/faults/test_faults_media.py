"""Damaged, hostile and odd files: each gives a result or one clear error, never anything else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from clips import CLICKS_MS, Sound, find_clicks, write_clip

from loquitur.errors import InputError
from loquitur.media.audio import decode
from loquitur.media.probe import probe

MEDIA = Path(__file__).parents[2] / "../shared/data/media"
SUFFIXES = ("mp4", "mkv", "webm", "mp3", "flac", "wav", "ts", "ogg")
CODECS = {
    "mp4": "aac",
    "mkv": "aac",
    "webm": "libopus",
    "mp3": "libmp3lame",
    "flac": "flac",
    "wav": "pcm_s16le",
    "ts": "mp2",
    "ogg": "libopus",
}


def refused(path: Path, tmp_path: Path, *, children: bool = False) -> InputError:
    """The one error, of one line, that both functions give here, and in a child if asked."""
    texts = set()
    for isolated in (False, True)[: 1 + children]:
        for call in (
            lambda isolated=isolated: probe(path, isolated=isolated),
            lambda isolated=isolated: decode(path, tmp_path / "out.pcm", isolated=isolated),
        ):
            with pytest.raises(InputError) as caught:
                call()
            texts.add(str(caught.value))
            assert caught.value.exit_code == 4
            assert not (tmp_path / "out.pcm").exists()
    assert len(texts) == 1
    assert "\n" not in texts.pop()
    return caught.value


def test_what_is_no_file_is_said_to_be_so(tmp_path):
    assert "no such file" in str(refused(tmp_path / "none.mp4", tmp_path, children=True))
    assert "is a folder" in str(refused(tmp_path, tmp_path))
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "not a regular file" in str(refused(tmp_path / "pipe.mp4", tmp_path, children=True))
    assert "not a regular file" in str(refused(Path("/dev/zero"), tmp_path))
    (tmp_path / "empty.mp4").touch()
    assert "is empty (0 bytes)" in str(refused(tmp_path / "empty.mp4", tmp_path))
    assert "cannot be opened" in str(refused(tmp_path / ("x" * 300), tmp_path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Hello, this is a text.\n" * 50, "is a text file, not a medium"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html><body>404</body></html>", "is a web page"),
        (b"GIF89a" + bytes(100), "GIF picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is a picture"),
        (b"%PDF-1.7\n" + bytes(100), "PDF"),
        (b"PK\x03\x04" + bytes(100), "zip archive"),
        (b"CWS\x09" + bytes(100), "swf"),
        (np.random.default_rng(5).bytes(5000), "is not a medium that can be read"),
        (bytes(5000), "is not a medium that can be read"),
    ],
)
def test_what_is_no_medium_is_named(tmp_path, content, said):
    path = tmp_path / "talk.mp4"
    path.write_bytes(content)
    error = refused(path, tmp_path)
    assert said in str(error)
    assert error.hint


def test_no_playlist_opens_another_file(tmp_path):
    """FFmpeg by default reads whatever a local playlist names: other files, other hosts."""
    clip = write_clip(tmp_path / "secret.ts", [Sound(codec="mp2")], container="mpegts")
    m3u8 = f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:5.5,\n{clip}\n#EXT-X-ENDLIST\n"
    mpd = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        f"<Period><AdaptationSet><Representation><BaseURL>{clip}</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>"
    )
    for name, text, said in [
        ("a.m3u8", m3u8, "is a playlist"),
        ("a.mp4", m3u8, "is a playlist"),
        ("a.txt", f"ffconcat version 1.0\nfile '{clip}'\n", "is a playlist"),
        ("a.mp3", "ffconcat version 1.0\nfile secret.ts\n", "is a playlist"),
        ("a.pls", f"[playlist]\nFile1={clip}\n", "is a playlist"),
        ("a.mpd", mpd, "XML"),
    ]:
        path = tmp_path / name
        path.write_text(text)
        assert said in str(refused(path, tmp_path, children=name == "a.mp4"))


@pytest.mark.parametrize(
    "name", ["concat:secret.ts|secret.ts", "subfile,,start,0,end,0,,:secret.ts"]
)
def test_a_name_is_never_a_protocol(tmp_path, monkeypatch, name):
    write_clip(tmp_path / "secret.ts", [Sound(codec="mp2")], container="mpegts")
    monkeypatch.chdir(tmp_path)
    assert "no such file" in str(refused(Path(name), tmp_path))


def test_pictures_without_sound_are_said_to_be_so(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [], video="mpeg4")
    assert probe(path).has_video
    with pytest.raises(InputError, match=r"a\.mp4 has no audio track") as caught:
        decode(path, tmp_path / "a.pcm")
    assert caught.value.code == "LQ-MEDIA-SILENT"


def test_silence_and_a_fifth_of_a_second_are_sound(tmp_path):
    silent = Sound(codec="flac", clicks_ms=(), amplitude=0)
    decoded = decode(write_clip(tmp_path / "a.flac", [silent]), tmp_path / "a.pcm")
    assert decoded.duration_ms == 5500
    for suffix, codec in CODECS.items():
        sound = Sound(codec=codec, duration_ms=200, clicks_ms=(100,))
        container = "mpegts" if suffix == "ts" else None
        path = write_clip(tmp_path / f"short.{suffix}", [sound], container=container)
        decoded = decode(path, tmp_path / "short.pcm", isolated=False)
        assert decoded.duration_ms == pytest.approx(200, abs=60)


@pytest.mark.parametrize("suffix", ["mkv", "mp3", "wav", "flac"])
def test_a_file_cut_short_gives_what_is_there_and_says_so(tmp_path, suffix):
    path = write_clip(tmp_path / f"a.{suffix}", [Sound(codec=CODECS[suffix])])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    decoded = decode(path, tmp_path / "a.pcm")
    percent = 100 * (decoded.offset_ms + decoded.duration_ms) // 5500
    assert 50 <= percent <= 75
    if suffix == "wav":  # its length is what is there
        return
    assert any(text.startswith("decoded ") for text in decoded.warnings), decoded
    assert any(f"{percent}%" in text or f"{percent - 1}%" in text for text in decoded.warnings)


def test_a_cut_mp4_without_its_index_is_refused(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [Sound()], video="mpeg4")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "is not a medium that can be read" in str(refused(path, tmp_path))
    options = {"movflags": "faststart"}
    whole = write_clip(tmp_path / "b.mp4", [Sound()], video="mpeg4", options=options)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) * 6 // 10])
    decoded = decode(whole, tmp_path / "b.pcm")
    assert any("of the declared duration" in text for text in decoded.warnings)


@pytest.mark.parametrize("suffix", ["mp3", "mp2", "flac", "ts", "mkv"])
def test_damage_is_skipped_counted_and_later_clicks_keep_their_time(tmp_path, suffix):
    path = write_clip(
        tmp_path / f"a.{suffix}",
        [Sound(codec=CODECS.get(suffix, suffix))],
        container={"ts": "mpegts", "mp2": "mp2"}.get(suffix),
        # FFmpeg gives up a damaged Matroska cluster as a whole; by default it is 5 s long.
        options={"cluster_time_limit": "400"} if suffix == "mkv" else None,
    )
    data = bytearray(path.read_bytes())
    start, length = len(data) * 42 // 100, len(data) // 30
    data[start : start + length] = np.random.default_rng(9).bytes(length)
    path.write_bytes(data)
    decoded = decode(path, tmp_path / "a.pcm")
    samples = np.fromfile(tmp_path / "a.pcm", "<i2").astype(np.float32) / 32768
    samples = np.where(np.arange(len(samples)) < 3.0 * 16_000, 0, samples)
    late_ms = {"ts": 11, "mp2": 11}.get(suffix, 0)  # priming that nothing tells of
    found = find_clicks(samples, decoded.offset_ms)
    assert found == pytest.approx([click + late_ms for click in CLICKS_MS[3:]], abs=20)
    if suffix != "flac":  # its demuxer drops a broken frame before anybody sees it
        assert decoded.corrupt_packets > 0
        assert any("damaged packets skipped" in text for text in decoded.warnings)


def test_a_timestamp_of_years_does_not_fill_the_disk(tmp_path):
    sound = Sound(codec="flac", duration_ms=2000, clicks_ms=(500, 1500))
    path = write_clip(tmp_path / "a.mkv", [sound])
    data = bytearray(path.read_bytes())
    clusters = [at for at in range(len(data)) if data[at : at + 4] == b"\x1f\x43\xb6\x75"]
    assert clusters
    # A block's own time is 16 bits behind the cluster's: throw the later ones half a minute on.
    blocks = [at for at in range(clusters[0], len(data) - 8) if data[at] == 0xA3]
    target = next(at for at in blocks[8:] if 0x40 & data[at + 1] and data[at + 3] == 0x81)
    data[target + 4 : target + 6] = (32_000).to_bytes(2, "big")
    path.write_bytes(data)
    decoded = decode(path, tmp_path / "a.pcm")
    assert decoded.duration_ms < 3000
    assert any("clock of the file jumps" in text for text in decoded.warnings)


SHARED = sorted(MEDIA.glob("*/*")) if MEDIA.is_dir() else []


@pytest.mark.skipif(not SHARED, reason="../shared/data is not here")
def test_every_shared_file_gives_sound_or_one_line(tmp_path):
    heard = {}
    for path in SHARED:
        try:
            decoded = decode(path, tmp_path / "a.pcm", isolated=False)
        except InputError as error:
            heard[path.name] = str(error).replace(str(path), "").strip()
        else:
            heard[path.name] = decoded.duration_ms
    sounding = {name: found for name, found in heard.items() if isinstance(found, int)}
    assert sounding == {
        "nasa_13013.mp4.audio.mp3": 13_056,
        "nasa_13013.mp4.audio_44100.mp3": 13_056,
        "reproduce_seek_bug.wav": 1000,
        "sine_16ch_s16.wav": 1000,
        "sine_mono_f32.wav": 4000,
        "sine_mono_f64.wav": 4000,
        "sine_mono_s24.wav": 4000,
        "sine_mono_s32_8000.wav": 4000,
        "sine_mono_u8.wav": 4000,
        "sine_stereo_mp2.mpg": 4023,
        "nasa_13013.mp4": 13_056,
    }
    refusals = {name: said for name, said in heard.items() if name not in sounding}
    assert "Flash (swf)" in refusals.pop("sine_mono_mp3.swf")
    assert "GIF" in refusals.pop("animated.gif")
    assert set(refusals.values()) == {"has no audio track"}
    assert len(refusals) == 14


@pytest.mark.skipif(not SHARED, reason="../shared/data is not here")
def test_the_two_tracks_of_a_real_video_are_the_same_speech(tmp_path):
    path = MEDIA / "video" / "nasa_13013.mp4"
    sounds = []
    for track in (1, 4):
        decoded = decode(path, tmp_path / "a.pcm", track=track, isolated=False)
        assert decoded.track_index == track
        sounds.append(np.fromfile(tmp_path / "a.pcm", "<i2").astype(float))
    assert np.corrcoef(sounds)[0, 1] > 0.95


FUZZ = """
import json, resource, sys
from pathlib import Path
import numpy as np
from loquitur.errors import InputError
from loquitur.media.audio import Limits, decode
from loquitur.media.probe import inspect
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
folder, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
clips = sorted(folder.glob("clip.*"))
mutant, target = folder / f"mutant{first}", folder / f"out{first}.pcm"
limits = Limits(most_ms=3_600_000)
for number in range(first, last):
    print(json.dumps({"began": number}), flush=True)
    rng = np.random.default_rng(number)
    data = bytearray(clips[number % len(clips)].read_bytes())
    kind = number // len(clips) % 3
    if kind == 2:
        del data[int(rng.integers(1, len(data))):]
    else:
        reach = len(data) if kind == 0 else min(4096, len(data))
        for _ in range(int(rng.integers(1, 65))):
            data[int(rng.integers(reach))] ^= 1 << int(rng.integers(8))
    mutant.write_bytes(data)
    said = []
    for call in (lambda: inspect(mutant),
                 lambda: decode(mutant, target, isolated=False, limits=limits)):
        try:
            result = call()
        except InputError as error:
            assert "\\n" not in str(error) and str(mutant) in str(error), str(error)
            said.append(error.code)
        else:
            said.append("fine")
    if said[-1] == "fine":
        assert result.sample_count * 2 == target.stat().st_size > 0
        assert result.offset_ms >= 0
    else:
        assert not target.exists()
    print(json.dumps({"ended": number, "said": said}), flush=True)
"""


def fuzz(folder: Path, count: int) -> dict[str, int]:
    """Decode mutants, fifty to a child; fails at a crash, a hang or a foreign exception."""
    for suffix in SUFFIXES:
        write_clip(
            folder / f"clip.{suffix}",
            [Sound(codec=CODECS[suffix], duration_ms=2000, clicks_ms=(500,))],
            container="mpegts" if suffix == "ts" else None,
            video={"webm": "libvpx", "mkv": "mpeg4", "mp4": "mpeg4", "ts": "mpeg4"}.get(suffix),
            video_ms=400,
        )
    tally: dict[str, int] = {}
    for first in range(0, count, 50):
        last = min(count, first + 50)
        done = subprocess.run(
            [sys.executable, "-c", FUZZ, str(folder), str(first), str(last)],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 0, (
            f"{lines[-1:]}, status {done.returncode}: {done.stderr[-3000:]}"
        )
        for line in lines:
            if "said" in line:
                tally[line["said"][1]] = tally.get(line["said"][1], 0) + 1
    assert sum(tally.values()) == count
    return tally


def test_sixty_mutants_neither_crash_nor_hang(tmp_path):
    tally = fuzz(tmp_path, 60)
    assert tally["fine"] > 20
    assert len(tally) > 1


@pytest.mark.slow
def test_a_thousand_mutants_neither_crash_nor_hang(tmp_path):
    tally = fuzz(tmp_path, 1000)
    print(tally)
    assert tally["fine"] > 400
    assert sum(tally.values()) - tally["fine"] > 100


def test_mutants_in_the_real_child_are_errors_or_sound(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", [Sound(duration_ms=1000)])
    data = clip.read_bytes()
    sounding = refused_ones = 0
    for number in range(4):
        rng = np.random.default_rng(number)
        mutant = bytearray(data)
        for _ in range(30):
            mutant[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        (tmp_path / "m.mp4").write_bytes(mutant)
        try:
            sounding += decode(tmp_path / "m.mp4", tmp_path / "m.pcm").sample_count > 0
        except InputError:
            refused_ones += 1
    assert sounding + refused_ones == 4
    assert sounding
