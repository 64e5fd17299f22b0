"""Sound without speech: an empty transcript is a result, by the real embedded engines."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from clips import Sound, write_clip

pytestmark = pytest.mark.slow

RATE_HZ = 16_000
EMBEDDED = ("--profile", "offline", "--diarizer", "none")
NO_SPEECH = "no speech was found"


def sound_file(name, samples, rate_hz=RATE_HZ):
    with wave.open(name, "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(rate_hz)
        sink.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return Path(name)


def moments(seconds):
    return np.arange(int(seconds * RATE_HZ)) / RATE_HZ


def music(seconds):
    """Chords that are struck and die away, over a bass and a drum."""
    at = moments(seconds)
    total = np.zeros(len(at))
    for number, chord in enumerate(([220, 277.2, 329.6], [196, 247, 293.7]) * 8):
        since = at - number * 0.5
        struck = (since >= 0) * np.exp(-3 * np.maximum(since, 0))
        for note in chord:
            for harmonic in (1, 2, 3):
                total += struck * np.sin(2 * np.pi * note * harmonic * at) / (8 * harmonic)
        total += struck * np.sin(2 * np.pi * chord[0] / 4 * at) / 4
        drum = (since >= 0) * np.exp(-60 * np.maximum(since, 0))
        total += drum * np.random.default_rng(number).normal(0, 0.1, len(at))
    return total / np.abs(total).max() * 0.7


def noise(seconds):
    return np.random.default_rng(3).normal(0, 0.1, int(seconds * RATE_HZ))


SOUNDS = {
    "silence": lambda: np.zeros(5 * RATE_HZ),
    "music": lambda: music(6),
    "noise": lambda: noise(5),
    "a tone": lambda: 0.5 * np.sin(2 * np.pi * 440 * moments(5)),
    "0.2 s": lambda: noise(0.2),
    "0.2 s of a tone": lambda: 0.5 * np.sin(2 * np.pi * 440 * moments(0.2)),
    "one sample": lambda: np.full(1, 0.5),
    "full scale": lambda: np.sign(np.sin(2 * np.pi * 90 * moments(3))),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_nobody_speaks(bench, sound):
    path = sound_file("quiet.wav", SOUNDS[sound]())
    ended = bench.run("--format", "vtt,srt,json,txt,md", path, engines=EMBEDDED).succeeds()
    assert [each.suffix for each in ended.paths] == [".vtt", ".srt", ".json", ".txt", ".md"]
    transcript = json.loads((bench.out / "quiet.json").read_text())
    assert transcript["utterances"] == []
    assert (bench.out / "quiet.vtt").read_text().startswith("WEBVTT\n")
    assert "-->" not in (bench.out / "quiet.vtt").read_text()
    (again,) = bench.json(path, engines=EMBEDDED)
    assert all(stage["cached"] for stage in again["stages"])


@pytest.mark.parametrize("sound", ["silence", "0.2 s", "one sample"])
def test_nobody_is_told_apart(bench, machine_models, monkeypatch, sound):
    """The same with the speaker model, where this machine has it."""
    monkeypatch.setenv("LOQUITUR_MODELS", str(machine_models))
    path = sound_file("quiet.wav", SOUNDS[sound]())
    ended = bench.run(path, engines=("--profile", "offline", "--diarizer", "dvector"))
    if ended.code == 3:
        pytest.skip("the speaker model is not in the model cache")
    ended.succeeds()
    assert json.loads((bench.out / "quiet.json").read_text())["utterances"] == []


def test_a_transcript_without_words_says_so(bench):
    path = sound_file("quiet.wav", np.zeros(2 * RATE_HZ))
    ended = bench.run("--format", "vtt,json", path, engines=EMBEDDED).succeeds()
    assert NO_SPEECH in (bench.out / "quiet.vtt").read_text()
    assert NO_SPEECH in (bench.out / "quiet.json").read_text()
    assert any(NO_SPEECH in line for line in ended.rest)


def test_where_nobody_speaks_there_is_no_speaker(bench):
    path = sound_file("quiet.wav", np.zeros(2 * RATE_HZ))
    (document,) = bench.json(path, engines=EMBEDDED)
    assert document["speakers"] == 0


CUTS = {"mp4": "aac", "mkv": "aac", "mp3": "libmp3lame", "flac": "flac", "ogg": "libopus"}


@pytest.mark.parametrize("suffix", CUTS)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_what_is_cut_off_is_used_as_far_as_it_goes(bench, suffix, share):
    path = Path(f"cut.{suffix}")
    rate_hz = 16_000 if suffix == "flac" else 44_100
    sounds = [Sound(codec=CUTS[suffix], rate_hz=rate_hz)]
    # the index of an mp4 stands at the end unless it is moved, and nothing is found without it
    options = {"movflags": "faststart"} if suffix == "mp4" else {}
    whole = write_clip(path, sounds, options=options).read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    ended = bench.run("--format", "vtt,json", path).succeeds()
    assert len(ended.paths) == 2
    transcript = json.loads((bench.out / "cut.json").read_text())
    if suffix in ("mp4", "mkv", "flac") and share < 0.9:
        assert any("% of the declared duration" in note for note in transcript["notes"])
        assert "% of the declared duration" in (bench.out / "cut.vtt").read_text()


@pytest.mark.parametrize(
    "suffix", ["mp4", *(pytest.param(one, marks=pytest.mark.slow) for one in ("mkv", "mp3"))]
)
def test_every_length_of_a_cut_gives_a_result_or_one_line(bench, suffix):
    rate_hz = 44_100
    path = Path(f"cut.{suffix}")
    sound = Sound(codec=CUTS[suffix], rate_hz=rate_hz, duration_ms=1_500)
    whole = write_clip(path, [sound]).read_bytes()
    for size in (1, 7, 40, 200, 600, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        ended = bench.run("--format", "vtt", path)
        if ended.code:
            ended.fails(4, f"cut.{suffix}")
        else:
            ended.succeeds()


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["pcm_mulaw", "pcm_alaw"])
def test_a_telephone_call_is_heard_at_its_times(bench, sample, codec):
    """The sample in a telephone's band: the same speech within 150 ms, and words inside it."""
    import av

    path = Path("call.wav")
    with av.open(str(sample)) as source, av.open(str(path), "w") as sink:
        stream = sink.add_stream(codec, rate=8_000, layout="mono")
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name, layout="mono", rate=8_000
        )
        for frame in [*source.decode(audio=0), None]:
            for piece in resampler.resample(frame):
                sink.mux(stream.encode(piece))
        sink.mux(stream.encode(None))
    bench.run("--format", "json", path, engines=EMBEDDED).succeeds()
    found = json.loads((bench.out / "call.json").read_text())
    assert any(note.startswith("telephone sound (8000 Hz)") for note in found["notes"])
    truth = json.loads((sample.parent / "harbour_dialogue.truth.json").read_text())
    spoken = [(said["start_ms"] - 150, said["end_ms"] + 150) for said in truth["utterances"]]
    words = [word for said in found["utterances"] for word in said["words"]]
    assert len(words) > 60
    inside = [
        any(start <= (word["start_ms"] + word["end_ms"]) / 2 < end for start, end in spoken)
        for word in words
    ]
    assert sum(inside) >= 0.97 * len(words)
    heard = [any(start <= word["start_ms"] < end for word in words) for start, end in spoken]
    assert all(heard), "every utterance has words"
