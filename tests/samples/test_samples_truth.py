"""The sample clip is what its ground truth says: tracks, length, words, turns, overlap, pause."""

import hashlib
import importlib
import itertools
import json
import re
import shutil
import sys
from pathlib import Path

import av
import numpy as np
import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
CLIP = SAMPLES / "harbour_dialogue.mp4"


@pytest.fixture(scope="module")
def truth():
    return json.loads(CLIP.with_suffix(".truth.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def sound():
    """The audio track at 16 kHz mono, and the time of its first sample in seconds."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    blocks, first_s = [], None
    with av.open(CLIP) as container:
        for frame in container.decode(audio=0):
            if first_s is None:
                first_s = frame.time
            blocks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    blocks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(blocks), first_s


def loudness_db(sound, start_ms, end_ms):
    samples, first_s = sound
    shift = round(first_s * 16_000)
    part = samples[start_ms * 16 - shift : end_ms * 16 - shift]
    return 10 * np.log10(float((part.astype(np.float64) ** 2).mean()) + 1e-12)


def brightness(plane):
    """A coarse grey picture of the frame's first plane."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[::8, ::8].copy()


def test_the_clip_is_small_short_and_plays_everywhere(truth):
    assert CLIP.stat().st_size <= 2_000_000
    with av.open(CLIP) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        picture, audio = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, picture.pix_fmt) == ("h264", "yuv420p")
        assert picture.width % 2 == picture.height % 2 == 0
        assert audio.codec_context.name == "aac"
        assert 30.0 <= container.duration / av.time_base <= 60.0
        assert container.duration // 1000 == pytest.approx(truth["duration_ms"], abs=40)
        assert container.start_time == 0


def test_the_index_lies_in_front_of_the_data():
    data = CLIP.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")


def test_every_track_decodes_to_its_full_length(truth, sound):
    samples, first_s = sound
    ends_ms = (first_s + len(samples) / 16_000) * 1000
    assert ends_ms == pytest.approx(truth["duration_ms"], abs=60)
    with av.open(CLIP) as container:
        shapes = [brightness(frame.planes[0]) for frame in container.decode(video=0)]
    assert len(shapes) == truth["duration_ms"] // 40
    middle = np.array(shapes[50:-50], float)
    assert (np.abs(np.diff(middle, axis=0)).mean(axis=(1, 2)) > 0.05).mean() > 0.95, "moves"


def test_the_audio_track_is_the_one_the_truth_was_written_for(truth):
    with av.open(CLIP) as container:
        packets = container.demux(container.streams.audio[0])
        digest = hashlib.sha256(b"".join(bytes(packet) for packet in packets)).hexdigest()
    assert digest == truth["audio_packets_sha256"]


def test_words_lie_inside_their_utterances_in_order(truth):
    for utterance in truth["utterances"]:
        words = utterance["words"]
        assert utterance["text"] == " ".join(word["text"] for word in words)
        assert words[0]["start_ms"] == utterance["start_ms"]
        assert words[-1]["end_ms"] == utterance["end_ms"]
        for word in words:
            assert 20 <= word["end_ms"] - word["start_ms"] <= 900, word
        for before, after in itertools.pairwise(words):
            assert before["end_ms"] <= after["start_ms"]
    starts = [utterance["start_ms"] for utterance in truth["utterances"]]
    assert starts == sorted(starts)
    assert starts[0] >= 0
    assert max(u["end_ms"] for u in truth["utterances"]) <= truth["duration_ms"]


def test_the_reference_text_is_the_words_in_lower_case_without_punctuation(truth):
    text = CLIP.with_suffix(".txt").read_text("utf-8")
    assert text == re.sub(r"[^a-z' ]", "", truth["text"].lower()) + "\n"
    assert truth["text"] == " ".join(u["text"] for u in truth["utterances"])


def test_the_rttm_says_the_same_turns(truth):
    rows = [line.split() for line in CLIP.with_suffix(".rttm").read_text("utf-8").splitlines()]
    assert all(len(row) == 10 and row[0] == "SPEAKER" and row[1] == CLIP.stem for row in rows)
    turns = [
        (row[7], round(float(row[3]) * 1000), round((float(row[3]) + float(row[4])) * 1000))
        for row in rows
    ]
    assert turns == [(u["speaker"], u["start_ms"], u["end_ms"]) for u in truth["utterances"]]
    assert {turn[0] for turn in turns} == {speaker["name"] for speaker in truth["speakers"]}
    assert len(truth["speakers"]) == 2


def test_there_is_one_overlap_and_one_long_pause(truth):
    turns = truth["utterances"]
    overlaps = [
        (after["start_ms"], before["end_ms"])
        for before, after in itertools.pairwise(turns)
        if after["start_ms"] < before["end_ms"]
    ]
    assert [(o["start_ms"], o["end_ms"]) for o in truth["overlaps"]] == overlaps
    assert len(overlaps) == 1
    assert 700 <= overlaps[0][1] - overlaps[0][0] <= 1_500
    (pause,) = truth["pauses"]
    assert pause["end_ms"] - pause["start_ms"] > 2_000
    assert all(u["end_ms"] <= pause["start_ms"] or u["start_ms"] >= pause["end_ms"] for u in turns)


def test_the_excited_passage_is_louder_and_faster_than_the_calm_one(truth, sound):
    def of(mood):
        lines = [u for u in truth["utterances"] if u["mood"] == mood]
        words = [word for line in lines for word in line["words"]]
        letters = sum(len(word["text"]) for word in words)
        spoken_ms = sum(word["end_ms"] - word["start_ms"] for word in words)
        levels = [loudness_db(sound, line["start_ms"], line["end_ms"]) for line in lines]
        return letters / spoken_ms, min(levels), max(levels)

    excited, calm = of("excited"), of("calm")
    assert excited[0] > 1.1 * calm[0]
    assert excited[1] > calm[2] + 4
    for passage in truth["passages"]:
        lines = [u for u in truth["utterances"] if u["mood"] == passage["mood"]]
        assert passage["start_ms"] == lines[0]["start_ms"]
        assert passage["end_ms"] == lines[-1]["end_ms"]


def test_word_times_are_where_the_sound_is(truth, sound):
    """The first sound after a silence of 300 ms or more comes within 60 ms of the first word."""
    turns = [u for u in truth["utterances"] if u["mood"] != "calm"]
    late_ms = []
    for turn in turns[2:]:
        before_db = loudness_db(sound, turn["start_ms"] - 250, turn["start_ms"] - 60)
        if before_db > -40:
            continue  # somebody else still speaks, or the music plays
        onset_ms = next(
            at
            for at in range(turn["start_ms"] - 60, turn["end_ms"], 5)
            if loudness_db(sound, at, at + 10) > before_db + 10
        )
        late_ms.append(onset_ms - turn["start_ms"])
    assert len(late_ms) >= 4
    assert max(map(abs, late_ms)) <= 60, late_ms


def test_music_plays_in_part(truth, sound):
    for span in truth["music"]:
        assert 0 <= span["start_ms"] < span["end_ms"] <= truth["duration_ms"]
    (pause,) = truth["pauses"]
    middle = (pause["start_ms"] + pause["end_ms"]) // 2
    assert loudness_db(sound, middle - 500, middle + 500) > -40
    quiet = truth["utterances"][2]
    gap = (quiet["end_ms"] + 40, truth["utterances"][3]["start_ms"] - 40)
    assert loudness_db(sound, *gap) < -45


@pytest.fixture
def maker(monkeypatch):
    """The script that makes the sample, as a module; it leaves no module behind."""
    monkeypatch.syspath_prepend(str(SAMPLES))
    yield importlib.import_module("make_sample")
    for name in [n for n, m in sys.modules.items() if _lies_in_samples(m)]:
        del sys.modules[name]


def test_making_without_flite_says_what_to_install(maker, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["make_sample.py", str(tmp_path)])
    with pytest.raises(SystemExit, match="apt install flite"):
        maker.main()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_the_voices_speak_again_as_the_truth_says(maker, truth):
    if maker.flite_voice.version() != truth["made_with"]["flite"]:
        pytest.skip("another version of flite")
    spoken = maker.speak_all()
    again = maker.describe(spoken, maker.music_spans(spoken))
    assert {name: truth[name] for name in again} == again
    assert maker.rttm(spoken) == CLIP.with_suffix(".rttm").read_text("utf-8")


def _lies_in_samples(module):
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).parent == SAMPLES
