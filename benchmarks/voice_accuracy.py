"""How surely a voice is known again: scores of same and different speakers, and what `run` does.

    python benchmarks/voice_accuracy.py [--engine campplus|ge2e]... [--models DIR]
                                        [--data ../shared/data/speech] [--readers DIR]

Voices are heard by the real chain (decode, level, voice activity, each voice engine) in the read
clips, one speaker each, and in the meeting excerpts, where the reference turns say who speaks
alone. Same-speaker trials are between recordings only: halves of one recording are far too easy.
They are few: two meetings with two excerpts each, and three readers with several clips, of which
two were recorded in one go; so room and microphone are the same in most of them, and true scores
across rooms are lower. Different-speaker trials are all others.

Printed: the equal error rate; false accepts and false rejects at the threshold in use; the same
with the threshold chosen without the speakers it is tried on (the lowest at which at most 1 % of
different speakers among the others pass, in 20 folds of half the speakers), for whole recordings
(at most 60 s a voice) and for pieces of about 3 s; then what `run` would do: everybody enrolled
from one recording, tried on all others, named rightly, wrongly or not at all, with those who are
not enrolled among them; at last the same with the diarizer's own turns.

With --readers, a folder of LibriSpeech (`SPEAKER-CHAPTER-NUMBER.flac`, anywhere beneath), the
pairs of its recordings, and what `run` does with five known readers, enrolled from one or three
recordings each, and with all others as strangers. The figures of docs/figures.md are of 10 readers
of test-other with 10 recordings each and 251 of train-clean-100 with one each.

Bars: at most 2 % of strangers named, at most 2 % of known voices named wrongly, EER at most 0.10.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diarization_accuracy import Case, Chain, meetings
from loquitur import registry
from loquitur.media.audio import decode
from loquitur.media.pcm import MappedSamples
from loquitur.model.media import Audio
from loquitur.model.speakers import Enrolment, Person, Voice, Voices
from loquitur.model.speech import Activity, EngineStamp, Turn
from loquitur.protocols import Resources, Samples, VoiceEncoder
from loquitur.speech.naming import Matching, naming_of
from loquitur.speech.solo import solo_spans
from loquitur.stages.voices import Options
from loquitur.timing import Span, overlap_ms

DATA = Path(__file__).parents[2] / "shared" / "data" / "speech"
READERS = {"ss": "Austen's reader", "cards": "cards", "LJ002": "LJ", "jfk": "Kennedy"}
PIECE_MS = 3_000
STAMP = EngineStamp(name="ge2e", version="1")
FOLDS = 20
EER_BAR, STRANGERS_BAR, WRONG_BAR = 0.10, 0.02, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What one speaker says alone in one recording."""

    speaker: str
    recording: str
    samples: Samples
    activity: Activity
    spans: tuple[Span, ...]

    @property
    def length_ms(self) -> int:
        """How much that is."""
        return sum(span.duration_ms for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An embedding, and whose it is."""

    speaker: str
    recording: str
    length_ms: int
    voice: tuple[float, ...]


def recording(path: Path, folder: Path) -> Samples:
    target = folder / f"{path.stem}.pcm"
    decoded = decode(path, target, isolated=False)
    audio = Audio(
        media_id="sha256:0",
        samples="0",
        sample_count=decoded.sample_count,
        offset_ms=decoded.offset_ms,
        duration_ms=decoded.duration_ms,
        track_index=decoded.track_index,
    )
    return MappedSamples(target, audio)


def read_clips(data: Path, chain: Chain, folder: Path) -> list[Speech]:
    """Clips of one speaker each."""
    clips = {
        path: READERS[path.stem.split("-")[0]]
        for path in sorted((data / "read").iterdir())
        if path.suffix in (".wav", ".flac")
    }
    clips[data / "aligned" / "libri-61-70968-0000.flac"] = "LibriSpeech 61"
    clips[data / "aligned" / "mfa-cold_corpus.flac"] = "cold corpus"
    clips[data / "meetings" / "ami-ES2011a-headset0-40s-46s.wav"] = "ES2011a"
    found = []
    for path, speaker in clips.items():
        samples = recording(path, folder)
        activity = chain.listen(samples)
        whole = Span(start_ms=samples.offset_ms, end_ms=samples.end_ms)
        found.append(
            Speech(
                speaker=speaker,
                recording=path.stem,
                samples=samples,
                activity=activity,
                spans=(whole,),
            )
        )
    return found


def in_meetings(cases: list[Case], chain: Chain, options: Options) -> list[Speech]:
    """What each speaker of the excerpts says alone, by the reference turns."""
    found = []
    for case in cases:
        activity = chain.listen(case.samples)
        turns = [
            Turn(start_ms=start_ms, end_ms=end_ms, speaker=label)
            for start_ms, end_ms, label in sorted(case.truth)
        ]
        spans = solo_spans(turns, most_ms=options.most_ms, piece_ms=options.piece_ms)
        found += [
            Speech(
                speaker=speaker,
                recording=case.name,
                samples=case.samples,
                activity=activity,
                spans=own,
            )
            for speaker, own in spans.items()
        ]
    return found


def pieces(speech: Speech, length_ms: int) -> list[Speech]:
    """The speech in pieces of one length; a rest shorter than that is left out."""
    found, current, have_ms = [], [], 0
    for span in speech.spans:
        start_ms = span.start_ms
        while start_ms < span.end_ms:
            end_ms = min(span.end_ms, start_ms + length_ms - have_ms)
            current.append(Span(start_ms=start_ms, end_ms=end_ms))
            have_ms += end_ms - start_ms
            start_ms = end_ms
            if have_ms == length_ms:
                found.append(
                    Speech(
                        speaker=speech.speaker,
                        recording=speech.recording,
                        samples=speech.samples,
                        activity=speech.activity,
                        spans=tuple(current),
                    )
                )
                current, have_ms = [], 0
    return found


def heard(engine: VoiceEncoder, speeches: list[Speech]) -> list[Sample]:
    return [
        Sample(
            speaker=one.speaker,
            recording=one.recording,
            length_ms=one.length_ms,
            voice=tuple(engine.embed(one.samples, one.activity, one.spans).tolist()),
        )
        for one in speeches
    ]


def trials(samples: list[Sample]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, whether the speakers are the same, and both speakers as numbers, shape [n, 2].

    Pairs of one speaker in one recording are left out.
    """
    numbers = {name: n for n, name in enumerate(sorted({one.speaker for one in samples}))}
    rows = [
        (float(np.dot(a.voice, b.voice)), a.speaker == b.speaker, numbers[a.speaker],
         numbers[b.speaker])
        for a, b in itertools.combinations(samples, 2)
        if a.speaker != b.speaker or a.recording != b.recording
    ]  # fmt: skip
    table = np.array(rows, dtype=np.float64)
    return table[:, 0], table[:, 1] > 0, table[:, 2:].astype(int)


def equal_error(scores: np.ndarray, same: np.ndarray) -> tuple[float, float]:
    """The rate at which as many same are missed as different pass, and the threshold there."""
    found = []
    for threshold in np.unique(scores):
        miss = float((scores[same] < threshold).mean())
        passed = float((scores[~same] >= threshold).mean())
        found.append((abs(miss - passed), (miss + passed) / 2, float(threshold)))
    return min(found)[1:]


def strictest(scores: np.ndarray, same: np.ndarray) -> float:
    """The lowest threshold, in steps of 0.01, at which at most 1 % of different speakers pass."""
    steps = np.arange(0.50, 1.0, 0.01)
    return next(float(at) for at in steps if (scores[~same] >= at).mean() <= 0.01)


def cross_validated(
    scores: np.ndarray, same: np.ndarray, speakers: np.ndarray
) -> tuple[float, float, float, float]:
    """False accepts and rejects at thresholds chosen on the other half, their least and most."""
    rng = np.random.default_rng(0)
    count = int(speakers.max()) + 1
    accepted, rejected, chosen = [], [], []
    for _ in range(FOLDS):
        half = np.zeros(count, bool)
        half[rng.permutation(count)[: count // 2]] = True
        learn = half[speakers].all(axis=1)
        test = ~half[speakers].any(axis=1)
        threshold = strictest(scores[learn], same[learn])
        chosen.append(threshold)
        passed = scores[test] >= threshold
        accepted.append(passed[~same[test]])
        rejected.append(~passed[same[test]])
    return (
        float(np.concatenate(accepted).mean()),
        float(np.concatenate(rejected).mean()),
        min(chosen),
        max(chosen),
    )


def verification(title: str, samples: list[Sample], options: Options) -> float:
    """Print error rates of pairs; gives the equal error rate."""
    scores, same, speakers = trials(samples)
    rate, at = equal_error(scores, same)
    used = options.threshold
    miss, passed = (scores[same] < used).mean(), (scores[~same] >= used).mean()
    crossed = cross_validated(scores, same, speakers)
    print(f"\n{title}: {len(samples)} voices, {len(np.unique(speakers))} speakers")
    print(f"  trials: {same.sum()} same, {(~same).sum()} different")
    for name, some in (("same", scores[same]), ("different", scores[~same])):
        low, median, high = np.percentile(some, [5, 50, 95])
        print(
            f"  {name:9} min {some.min():.2f}, 5 % {low:.2f}, median {median:.2f},"
            f" 95 % {high:.2f}, max {some.max():.2f}"
        )
    print(f"  EER {rate:.3f} at {at:.2f}")
    print(f"  at {used:.2f}: false accept {passed:.4f}, false reject {miss:.3f}")
    print(
        f"  threshold chosen on other speakers ({crossed[2]:.2f} to {crossed[3]:.2f}):"
        f" false accept {crossed[0]:.4f}, false reject {crossed[1]:.3f}"
    )
    return rate


def persons(samples: list[Sample]) -> list[Person]:
    """Everybody enrolled from what is given."""
    found: dict[str, list[Sample]] = {}
    for one in samples:
        found.setdefault(one.speaker, []).append(one)
    return [
        Person(
            name=name,
            engine=STAMP,
            enrolments=tuple(
                Enrolment(
                    embedding=one.voice,
                    speech_ms=one.length_ms,
                    media_id="sha256:0",
                    title=one.recording,
                    speaker="",
                    when="",
                )
                for one in some
            ),
        )
        for name, some in found.items()
    ]


def named(tried: list[Sample], known: list[Person], matching: Matching) -> dict[int, str]:
    """The names `run` would give to the voices of one recording, by their number."""
    labels = [f"S{n}" for n in range(len(tried))]
    voices = Voices(
        voices=tuple(
            Voice(speaker=label, embedding=one.voice, speech_ms=one.length_ms)
            for label, one in zip(labels, tried, strict=True)
        ),
        engine=STAMP,
    )
    naming = naming_of(labels, None, voices=voices, known=known, matching=matching)
    return {n: naming.names[label] for n, label in enumerate(labels) if label in naming.names}


def identification(title: str, samples: list[Sample], options: Options) -> tuple[float, float]:
    """Print what `run` does; gives the shares of strangers named and of known named wrongly.

    Each recording in turn is what is run; from every other one, each speaker in it is enrolled.
    A speaker who is in no other recording is a stranger there. Then, once more for each speaker
    of it, everybody but that one is enrolled: so everybody is a stranger too.
    """
    matching = Matching(threshold=options.threshold, margin=options.margin)
    counts: Counter[str] = Counter()
    for place in sorted({one.recording for one in samples}):
        tried = [one for one in samples if one.recording == place]
        others = [one for one in samples if one.recording != place]
        known = {one.speaker for one in others}
        given = named(tried, persons(others), matching)
        for number, one in enumerate(tried):
            kind = "known" if one.speaker in known else "stranger"
            said = given.get(number)
            counts[f"{kind} {verdict(said, one.speaker)}"] += 1
            if one.speaker not in known:
                continue
            rest = persons([other for other in others if other.speaker != one.speaker])
            said = named(tried, rest, matching).get(number)
            counts[f"stranger {verdict(said, one.speaker)}"] += 1
    known_n = sum(n for name, n in counts.items() if name.startswith("known"))
    stranger_n = sum(n for name, n in counts.items() if name.startswith("stranger"))
    print(f"\n{title}, threshold {matching.threshold:.2f}, margin {matching.margin:.2f}")
    print(
        f"  {known_n} known voices: {counts['known right']} named rightly,"
        f" {counts['known wrong']} wrongly, {counts['known unnamed']} not at all"
    )
    print(f"  {stranger_n} strangers: {counts['stranger wrong']} named")
    return counts["stranger wrong"] / stranger_n, counts["known wrong"] / known_n


def verdict(said: str | None, true: str) -> str:
    return "unnamed" if said is None else "right" if said == true else "wrong"


def readers(folder: Path, chain: Chain, engine: VoiceEncoder) -> list[Sample]:
    """The voices of LibriSpeech's recordings, each heard alone."""
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        for path in sorted(folder.rglob("*-*-*.flac")):
            samples = recording(path, Path(temporary))
            whole = Span(start_ms=0, end_ms=min(samples.end_ms, Options().most_ms))
            voice = engine.embed(samples, chain.listen(samples), [whole])
            found.append(
                Sample(
                    speaker=path.name.split("-")[0],
                    recording=path.stem,
                    length_ms=whole.duration_ms,
                    voice=tuple(voice.tolist()),
                )
            )
            (Path(temporary) / f"{path.stem}.pcm").unlink()
    return found


def open_set(samples: list[Sample], options: Options, *, known: int, enrolled: int) -> None:
    """Print what `run` does with a few known readers and many strangers, over random choices."""
    matching = Matching(threshold=options.threshold, margin=options.margin)
    rng = np.random.default_rng(0)
    by_speaker: dict[str, list[Sample]] = {}
    for one in samples:
        by_speaker.setdefault(one.speaker, []).append(one)
    able = [name for name, some in by_speaker.items() if len(some) > enrolled]
    counts: Counter[str] = Counter()
    for _ in range(FOLDS):
        chosen = set(rng.permutation(able)[:known].tolist())
        kept, tried = [], []
        for name, some in by_speaker.items():
            order = rng.permutation(len(some)).tolist()
            if name in chosen:
                kept += [some[n] for n in order[:enrolled]]
                tried += [("known", some[n]) for n in order[enrolled:]]
            else:
                tried.append(("stranger", some[order[0]]))
        people = persons(kept)
        for kind, one in tried:
            said = named([one], people, matching).get(0)
            counts[f"{kind} {verdict(said, one.speaker)}"] += 1
    known_n = sum(n for name, n in counts.items() if name.startswith("known"))
    stranger_n = sum(n for name, n in counts.items() if name.startswith("stranger"))
    print(
        f"  {known} known, {enrolled} enrolled of each: {counts['known right'] / known_n:.3f} named"
        f" rightly, {counts['known wrong'] / known_n:.4f} wrongly;"
        f" {counts['stranger wrong'] / stranger_n:.4f} of strangers named"
    )


def by_diarizer(
    cases: list[Case], chain: Chain, engine: VoiceEncoder, options: Options
) -> list[Sample]:
    """Voices of the diarizer's speakers; each belongs to the one who speaks most in its turns."""
    found = []
    for case in cases:
        activity = chain.listen(case.samples)
        turns = chain.turns(case.samples, activity)
        spans = solo_spans(turns, most_ms=options.most_ms, piece_ms=options.piece_ms)
        for own in spans.values():
            length_ms = sum(span.duration_ms for span in own)
            if length_ms < options.least_ms:
                continue
            said: Counter[str] = Counter()
            for start_ms, end_ms, label in case.truth:
                for span in own:
                    said[label] += overlap_ms(start_ms, end_ms, span.start_ms, span.end_ms)
            voice = engine.embed(case.samples, activity, own)
            found.append(
                Sample(
                    speaker=said.most_common(1)[0][0],
                    recording=case.name,
                    length_ms=length_ms,
                    voice=tuple(voice.tolist()),
                )
            )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--models", type=Path, help="model cache; pulled into a new one otherwise")
    parser.add_argument("--engine", action="append", help="campplus and ge2e by default")
    parser.add_argument("--readers", type=Path, help="a folder of LibriSpeech")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"no speech: {given.data} is not there")
        return 0
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        models = given.models or folder / "models"
        for name in ("pyannet", "dvector"):
            kind = registry.load(registry.find("diarization", name))
            kind.pull("", Resources(models=models, offline=False), print)
        chain = Chain(models)
        cases = meetings(given.data / "meetings", folder)
        speeches = read_clips(given.data, chain, folder) + in_meetings(cases, chain, Options())
        for name in given.engine or ("campplus", "ge2e"):
            print(f"\n===== {name}")
            kind = registry.load(registry.find("voice", name))
            engine = kind(kind.Options(), Resources(models=models))
            failed |= measured(engine, chain, cases, speeches, given.readers)
    return int(failed)


def measured(
    engine: VoiceEncoder,
    chain: Chain,
    cases: list[Case],
    speeches: list[Speech],
    folder: Path | None,
) -> bool:
    """Print all figures of one engine; gives whether a bar was missed."""
    options = Options()
    began = time.process_time()
    whole = heard(engine, [one for one in speeches if one.length_ms >= options.least_ms])
    spent_s = time.process_time() - began
    short = heard(engine, [part for one in speeches for part in pieces(one, PIECE_MS)])
    failed = verification("whole recordings", whole, options) > EER_BAR
    verification(f"pieces of {PIECE_MS / 1000:.0f} s", short, options)
    shares = identification("run, turns by the reference", whole, options)
    failed |= shares[0] > STRANGERS_BAR or shares[1] > WRONG_BAR
    identification(
        "run, meetings by the diarizer's turns",
        by_diarizer(cases, chain, engine, options),
        options,
    )
    if folder:
        many = readers(folder, chain, engine)
        verification("readers", many, options)
        for known, enrolled in itertools.product((2, 5, 10), (1, 3)):
            open_set(many, options, known=known, enrolled=enrolled)
    sound_s = sum(one.length_ms for one in whole) / 1000
    print(f"\n{spent_s / sound_s:.4f} s of one core for each second of speech heard")
    return failed


if __name__ == "__main__":
    sys.exit(main())
