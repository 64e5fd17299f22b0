"""The embedded aligners: English by pocketsphinx, and words shared out over the voice."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from loquitur.engines.alignment.pocketsphinx import (
    PocketSphinxAligner,
    PocketSphinxAlignerOptions,
)
from loquitur.engines.alignment.voiced import Voiced, VoicedOptions
from loquitur.errors import UsageError
from loquitur.protocols import Resources
from loquitur.testing import signals


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    return PocketSphinxAligner(
        PocketSphinxAlignerOptions(), Resources(models=tmp_path_factory.mktemp("models"))
    )


def sound_of(path):
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    with av.open(str(path)) as media:
        frames = [piece for frame in media.decode(audio=0) for piece in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


@pytest.fixture(scope="module")
def talk(sample):
    """The sample's first utterance: its sound and when its words are said."""
    truth = json.loads(sample.with_suffix(".truth.json").read_text())
    words = truth["utterances"][1]["words"]
    first_ms, last_ms = words[0]["start_ms"] - 300, words[-1]["end_ms"] + 300
    sound = sound_of(sample)[first_ms * 16 : last_ms * 16]
    return sound, [word["text"] for word in words], [word["start_ms"] - first_ms for word in words]


def distances(placed, starts):
    return [abs(word.start_ms - start) for word, start in zip(placed, starts, strict=True)]


def test_words_of_the_sample_are_found(embedded, talk):
    sound, words, starts = talk
    placed = list(embedded.align(sound, words, language="en"))
    assert np.median(distances(placed, starts)) <= 50
    assert {word.timing for word in placed} == {"aligned"}


def test_words_out_of_the_dictionary_and_figures_are_found_in_their_place(embedded, talk):
    """`Mary` is asked for as a word nobody has heard of, `to` as a figure."""
    sound, words, starts = talk
    changed = ["Meyree." if word == "Mary." else "2" if word == "to" else word for word in words]
    assert changed != words
    placed = list(embedded.align(sound, changed, language="en-US"))
    assert [word.text for word in placed] == changed
    assert np.median(distances(placed, starts)) <= 60


def test_words_that_cannot_be_said_leave_the_others_alone(embedded, talk):
    sound, words, starts = talk
    placed = list(embedded.align(sound, ["日本", *words, "—"], language=""))
    assert (placed[0].start_ms, placed[-1].start_ms) == (None, None)
    assert np.median(distances(placed[1:-1], starts)) <= 50


def test_no_path_no_times(embedded):
    for sound in (signals.silence(2_000), signals.noise(300), signals.voice(50)):
        placed = list(embedded.align(sound, ["word"] * 50, language="en"))
        assert len(placed) == 50
    assert list(embedded.align(signals.voice(1_000), [], language="en")) == []


def test_another_language_is_refused(embedded):
    with pytest.raises(UsageError, match="English"):
        embedded.align(signals.voice(500), ["oui"], language="fr")


@pytest.mark.parametrize("beam", [1, -301])
def test_beams_that_will_not_do(beam):
    with pytest.raises(ValueError, match="wide_beam"):
        PocketSphinxAlignerOptions(wide_beam=beam)


@pytest.mark.slow
def test_a_spontaneous_clip_for_which_narrow_beams_find_no_path(embedded, shared):
    """The reference is of another aligner: see SOURCES.md there."""
    lines = (shared / "speech/aligned/mfa-cold_corpus.TextGrid").read_text().split("\n")
    first = lines.index('"words"') + 4
    rows = [lines[first + 3 * at : first + 3 * at + 3] for at in range(int(lines[first - 1]))]
    right = [(row[2].strip('"'), float(row[0]) * 1000) for row in rows if row[2] != '""']
    sound = sound_of(shared / "speech/aligned/mfa-cold_corpus.flac")
    placed = list(embedded.align(sound, [word for word, _ in right], language="en"))
    errors = distances(placed, [start for _, start in right])
    assert np.median(errors) <= 20
    assert np.percentile(errors, 95) <= 400


def test_references_made_by_the_same_aligner_are_met(embedded, shared):
    for path in sorted((shared / "speech/read").glob("*.words.json")):
        rows = [row for row in json.loads(path.read_text())["w"] if row["t"][0] != "<"]
        sound = sound_of(path.with_suffix("").with_suffix(".wav"))
        words = [re.sub(r"\(\d+\)", "", row["t"]) for row in rows]
        placed = list(embedded.align(sound, words, language="en"))
        assert np.median(distances(placed, [row["b"] * 1000 for row in rows])) <= 10


def test_voiced_is_better_than_nothing(talk, tmp_path):
    sound, words, starts = talk
    engine = Voiced(VoicedOptions(), Resources(models=tmp_path))
    placed = list(engine.align(sound, words, language="xx"))
    assert np.median(distances(placed, starts)) <= 400
    assert {word.timing for word in placed} == {"interpolated"}
