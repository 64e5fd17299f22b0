"""PocketSphinx: words, times and posteriors, each chunk's from that chunk alone."""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from loquitur.engines import sphinx
from loquitur.engines.asr.pocketsphinx import PocketSphinx, PocketSphinxOptions
from loquitur.errors import EngineError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.speech.guards import guard
from loquitur.timing import Span, from_samples

pytest.importorskip("pocketsphinx")
READ = Path(__file__).parents[3] / "shared" / "data" / "speech" / "read"
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    return Resources(models=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def engine(resources):
    return PocketSphinx(PocketSphinxOptions(), resources)


def clip(name):
    path = READ / f"{name}.wav"
    if not path.is_file():
        pytest.skip("the shared speech clips are absent")
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE_HZ, 1)
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return (data / 32768).astype(np.float32)


def heard(engine, samples, language="en"):
    return list(engine.transcribe(samples, language=language))


def test_words_are_right_and_lie_in_the_sound(engine):
    sound = clip("cards-005")
    words = heard(engine, sound)
    text = " ".join(word.text for word in words)
    assert text == "eight of spades four of clubs seven of hearts"
    span = Span(start_ms=0, end_ms=from_samples(len(sound), RATE_HZ))
    guarded, repairs = guard(words, span=span)
    assert repairs == ()
    assert [word.text for word in guarded] == [word.text for word in words]
    assert all(type(word.start_ms) is int and type(word.end_ms) is int for word in words)


def test_times_agree_with_forced_alignment(engine):
    path = READ / "ss-0920.words.json"
    sound = clip("ss-0920")
    truth = {}
    for entry in json.loads(path.read_text())["w"]:
        truth.setdefault(entry["t"], []).append(
            (entry["b"] * 1000, (entry["b"] + entry["d"]) * 1000)
        )
    checked = 0
    for word in heard(engine, sound):
        times = truth.get(word.text, [])
        if len(times) == 1:
            checked += 1
            assert abs(word.start_ms - times[0][0]) <= 120
            assert abs(word.end_ms - times[0][1]) <= 120
    assert checked >= 6


def test_posteriors_tell_sure_words_from_unsure_ones(engine):
    confidences = [word.confidence for word in heard(engine, clip("ss-0880"))]
    assert all(type(value) is float and 0.0 <= value <= 1.0 for value in confidences)
    assert min(confidences) < 0.7 < max(confidences)


@pytest.mark.slow
def test_no_chunk_bears_on_another(engine, resources):
    chunks = {name: clip(name) for name in ("cards-001", "cards-002")}
    alone = {
        name: heard(PocketSphinx(PocketSphinxOptions(), resources), sound)
        for name, sound in chunks.items()
    }
    for name in ("cards-002", "cards-001", "cards-002", "cards-002"):
        assert heard(engine, chunks[name]) == alone[name]


def test_the_rest_of_an_abandoned_chunk_does_no_harm(engine):
    sound = clip("cards-001")
    whole = heard(engine, sound)
    next(engine.transcribe(clip("cards-003"), language=""))
    assert heard(engine, sound) == whole


@pytest.mark.parametrize("length", [0, 1, 100, 410, 1_599, 1_600, 3_000])
def test_a_sound_too_short_for_a_word_has_none(engine, length):
    rng = np.random.default_rng(1)
    assert heard(engine, rng.normal(0, 0.1, length).astype(np.float32)) == []


def test_no_word_on_silence_and_noise(engine):
    rng = np.random.default_rng(1)
    silence = np.zeros(2 * RATE_HZ, dtype=np.float32)
    assert heard(engine, silence) == []
    assert heard(engine, np.full_like(silence, np.nan)) == []
    rounding = rng.integers(-1, 2, len(silence)) / 32768
    assert heard(engine, rounding.astype(np.float32)) == []
    for level in (0.003, 0.1):
        noise = rng.normal(0, level, len(silence)).astype(np.float32)
        assert heard(engine, noise) == []


@pytest.mark.parametrize("language", ["", "en", "en-GB", "EN_us", "und"])
def test_english_is_known(engine, language):
    assert heard(engine, np.zeros(10, dtype=np.float32), language) == []


@pytest.mark.parametrize("language", ["de", "eng-Latn", "fr-FR"])
def test_another_language_is_refused_at_once(engine, language):
    with pytest.raises(UsageError, match=language) as caught:
        engine.transcribe(np.zeros(RATE_HZ, dtype=np.float32), language=language)
    assert caught.value.code == "LQ-NO-LANGUAGE"
    assert caught.value.hint


def test_more_than_it_can_hold_is_refused(engine):
    with pytest.raises(EngineError, match="300"):
        engine.transcribe(np.zeros(301 * RATE_HZ, dtype=np.float32), language="en")


@dataclass
class Segment:
    """What the decoder says of a word."""

    word: str
    start_frame: int
    end_frame: int
    prob: float


class FakeDecoder:
    """A decoder that says what it is told to, and notes what it is asked."""

    def __init__(self, segments=(), *, hypothesis=True, fails=False):
        self.segments, self.hypothesis, self.fails = segments, hypothesis, fails
        self.calls = []

    def reinit_feat(self):
        self.calls.append("reinit_feat")

    def start_utt(self):
        self.calls.append("start_utt")

    def process_raw(self, data, *, no_search, full_utt):
        assert not no_search
        assert full_utt
        if self.fails:
            raise RuntimeError("Failed to process")
        self.data = np.frombuffer(data, dtype="<i2")

    def end_utt(self):
        self.calls.append("end_utt")

    def hyp(self):
        return object() if self.hypothesis else None

    def seg(self):
        return iter(self.segments) if self.segments is not None else None


def faked(resources, decoder, monkeypatch, **options):
    monkeypatch.setattr(sphinx, "decoder", lambda *_, **__: decoder)
    return PocketSphinx(PocketSphinxOptions(**options), resources)


LOUD = np.linspace(-2, 2, RATE_HZ, dtype=np.float32)


def test_fillers_and_marks_are_taken_off(resources, monkeypatch):
    says = [
        Segment("<s>", 0, 4, 1.0),
        Segment("to(3)", 5, 9, 1.001),
        Segment("<sil>", 10, 19, 0.9),
        Segment("[NOISE]", 20, 24, 0.9),
        Segment("++UM++", 25, 29, 0.9),
        Segment("o'clock", 30, 49, 0.25),
        Segment("</s>", 50, 99, 1.0),
    ]
    words = heard(faked(resources, FakeDecoder(says), monkeypatch), LOUD)
    assert [(w.text, w.start_ms, w.end_ms, w.confidence) for w in words] == [
        ("to", 50, 100, 1.0),
        ("o'clock", 300, 500, 0.25),
    ]


def test_words_under_the_least_posterior_are_left_out(resources, monkeypatch):
    says = [Segment("sure", 0, 9, 0.5), Segment("unsure", 10, 19, 0.49)]
    engine = faked(resources, FakeDecoder(says), monkeypatch, least_posterior=0.5)
    assert [word.text for word in heard(engine, LOUD)] == ["sure"]


@pytest.mark.parametrize("decoder", [FakeDecoder(hypothesis=False), FakeDecoder(None)])
def test_no_hypothesis_is_no_word(resources, monkeypatch, decoder):
    assert heard(faked(resources, decoder, monkeypatch), LOUD) == []


def test_samples_are_clipped_not_wrapped(resources, monkeypatch):
    decoder = FakeDecoder()
    heard(faked(resources, decoder, monkeypatch), LOUD)
    assert (np.diff(decoder.data.astype(int)) >= 0).all()
    assert (decoder.data.min(), decoder.data.max()) == (-32767, 32767)


def test_a_failure_is_translated_and_the_utterance_closed(resources, monkeypatch):
    decoder = FakeDecoder(fails=True)
    engine = faked(resources, decoder, monkeypatch)
    with pytest.raises(EngineError, match="pocketsphinx failed") as caught:
        heard(engine, LOUD)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert decoder.calls == ["reinit_feat", "start_utt", "end_utt"]


def test_identity_is_draft_and_digests_every_file_of_the_model(resources, monkeypatch, tmp_path):
    options = PocketSphinxOptions()
    identity = PocketSphinx.identity(options, resources)
    assert identity.draft
    assert identity.model == "en-us"
    assert identity == PocketSphinx.identity(options, resources)
    folder = tmp_path / "en-us"
    (folder / "en-us").mkdir(parents=True)
    files = [folder / "en-us" / "means", folder / "cmudict-en-us.dict", folder / "en-us.lm.bin"]
    monkeypatch.setattr(sphinx, "model_folder", lambda: folder)
    digests = {identity.model_digest}
    for path in files:
        path.write_bytes(b"one")
    digests.add(PocketSphinx.identity(options, resources).model_digest)
    for path in files:
        path.write_bytes(path.name.encode())
        digests.add(PocketSphinx.identity(options, resources).model_digest)
    assert len(digests) == 5
    files[2].unlink()
    with pytest.raises(MissingError, match=r"en-us\.lm\.bin"):
        PocketSphinx.identity(options, resources)


def test_a_broken_model_is_one_clear_error(resources, monkeypatch, tmp_path):
    monkeypatch.setattr(sphinx, "model_folder", lambda: tmp_path)
    with pytest.raises(EngineError, match="cannot be started"):
        PocketSphinx(PocketSphinxOptions(), resources)


def test_an_absent_package_is_one_clear_error(resources, monkeypatch):
    monkeypatch.setattr(sphinx.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError) as caught:
        PocketSphinx.identity(PocketSphinxOptions(), resources)
    assert "pip install" in caught.value.hint


@pytest.mark.parametrize(
    "wrong", [{"language_weight": 0}, {"insertion_penalty": 2.0}, {"least_posterior": -0.1}]
)
def test_senseless_options_are_refused(wrong):
    with pytest.raises(ValueError):
        PocketSphinxOptions(**wrong)
