"""Transcripts to polish, and what must be so whatever an answer was."""

from __future__ import annotations

import json

from loquitur.model.speech import Feeling, Speaker, SpokenWord, Transcript, Utterance
from loquitur.protocols import Answer
from loquitur.testing.language_model import Question

SENTENCES = (
    "well i saw Peter in Berlin and he told me that three of the dogs ran away on 14 may",
    "that is not what he said to us in the office you know it was about the garden",
    "so i think we have to look at the numbers again before we decide what to do",
    "okay let us meet tomorrow at the station and talk about it with the others",
)


def transcript(*texts, language="en", pause_ms=200, repeat=1):
    """One utterance a text, speakers in turn, words of 300 ms with gaps of 20."""
    utterances, at = [], 1000
    for number, text in enumerate(list(texts or SENTENCES) * repeat):
        words = []
        for word in text.split():
            words.append(
                SpokenWord(
                    start_ms=at,
                    end_ms=at + 300,
                    text=word,
                    confidence=0.5 + (at % 97) / 200,
                    overlap=("S9",) if at % 7 == 0 else (),
                )
            )
            at += 320
        utterances.append(
            Utterance(
                start_ms=words[0].start_ms,
                end_ms=words[-1].end_ms,
                speaker=f"S{number % 2}",
                words=tuple(words),
                feeling=Feeling(
                    start_ms=words[0].start_ms, end_ms=words[-1].end_ms, label="neutral", score=0.5
                ),
            )
        )
        at += pause_ms
    return Transcript(
        media_id="sha256:" + "0" * 64,
        title="",
        language=language,
        duration_ms=at,
        speakers=(Speaker(id="S0"), Speaker(id="S1")),
        utterances=tuple(utterances),
    )


def asked_by(behaviour, log=None):
    """An `Ask` that a behaviour of the stand-in answers, without a server between."""

    def ask(name, prompt):
        if log is not None:
            log.append(prompt)
        question = Question(instructions=prompt.instructions, material=json.loads(prompt.material))
        found = behaviour(question)
        if isinstance(found, Answer):
            return found
        return Answer(text=found, input_tokens=10, output_tokens=5)

    return ask


def words_of(found):
    return [word for utterance in found.utterances for word in utterance.words]


def assert_times_survive(old, new):
    """Speakers and moods stay; every word is an old one's place and worth, or says it is not."""
    assert [one.speaker for one in new.utterances] == [one.speaker for one in old.utterances]
    assert [one.feeling for one in new.utterances] == [one.feeling for one in old.utterances]
    for was, now in zip(old.utterances, new.utterances, strict=True):
        assert was.start_ms <= now.start_ms < now.end_ms <= was.end_ms
        starts = {word.start_ms: word for word in was.words}
        ends = {word.end_ms for word in was.words}
        assert [w.start_ms for w in now.words] == sorted(w.start_ms for w in now.words)
        for word in now.words:
            if word.timing == "interpolated":
                continue
            assert word.start_ms in starts
            assert word.end_ms in ends
            if starts[word.start_ms].end_ms == word.end_ms:
                assert word.confidence == starts[word.start_ms].confidence
                assert word.overlap == starts[word.start_ms].overlap
