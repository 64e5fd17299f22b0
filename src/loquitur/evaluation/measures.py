"""The measures by name, from files to figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from loquitur.errors import UsageError
from loquitur.evaluation.diarization import DiarizationError, diarization_error, total, turns_of
from loquitur.evaluation.intervals import Interval, Unit, bootstrap
from loquitur.evaluation.normalizing import UNSPACED, find, primary
from loquitur.evaluation.pairing import Pair, Pairing, pair_up
from loquitur.evaluation.speakers import SpeakerScore, score_speakers
from loquitur.evaluation.streams import score_streams
from loquitur.evaluation.words import WordScore, score_words

T_co = TypeVar("T_co", covariant=True)
_LONGEST_COLLAR_MS = 60_000
_MOMENT_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Generic[T_co]):
    """A score, and what a reader of it should know."""

    score: T_co
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingTurns:
    """The turns of one recording; `mapped` says whether an evaluation map limits it."""

    name: str
    error: DiarizationError
    mapped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnScore:
    """The turns of all recordings. `collar_ms` is the unscored time on EACH side of a border."""

    recordings: tuple[RecordingTurns, ...]
    error: DiarizationError
    interval: Interval
    collar_ms: int
    skip_overlap: bool


def wer(
    reference: str | Path,
    hypothesis: str | Path,
    *,
    normalizer: str = "auto",
    language: str = "",
    characters: bool | None = None,
    unit: Unit = "utterance",
    seed: int = 0,
) -> Report[WordScore]:
    """Word error rate, and the error of word times where both sides have them.

    Args:
        reference: A file (txt, srt, vtt, ctm, stm, SegLST or Loquitur's JSON), or a folder.
        hypothesis: A file or a folder; folders are matched by stem.
        normalizer: auto, english, basic, plain or none; the raw rate is given beside it always.
        language: A BCP 47 tag; what the files tell where empty, else English.
        characters: Compare characters; None: in languages without blanks between words.
        unit: What is drawn for the interval of confidence.
        seed: Of the drawing.

    Raises:
        InputError: A file cannot be read or is not what its suffix says, or nothing pairs.
        MissingError: A package of the extra `eval` is absent.
        UsageError: There is no such normaliser.

    Example:
        `wer("talk.stm", "captions/talk.json").score.counts.rate`
    """
    pairing = pair_up(Path(reference), Path(hypothesis))
    spoken, notices = _language(pairing, language)
    score = score_words(
        pairing.pairs,
        find(normalizer, language=spoken),
        characters=primary(spoken) in UNSPACED if characters is None else characters,
        language=spoken,
        unit=unit,
        seed=seed,
    )
    if _overlapped(pairing.pairs):
        notices.append(
            "speakers of the reference speak at the same time: cpwer says more than wer here"
        )
    if not score.counts.length:
        notices.append("the reference has no words, so there is no rate")
    return Report(score=score, notices=(*pairing.notices, *notices))


def cpwer(
    reference: str | Path,
    hypothesis: str | Path,
    *,
    collar_ms: int | None = None,
    normalizer: str = "auto",
    language: str = "",
    seed: int = 0,
) -> Report[SpeakerScore]:
    """Word error rate with speakers: cpWER, or tcpWER where a collar is given.

    Args:
        reference: A file with speakers (stm, SegLST, Loquitur's JSON, vtt), or a folder.
        hypothesis: A file or a folder.
        collar_ms: How far times of words may be apart on each side, in ms; None: times are no
            matter.
        normalizer: As for `wer`.
        language: As for `wer`.
        seed: Of the drawing of recordings for the interval.

    Raises:
        InputError: As for `wer`; also where a collar is given and an entry has no times.
        MissingError: A package of the extra `eval` is absent.
        UsageError: No such normaliser, or no such collar.
    """
    if collar_ms is not None:
        _check_collar(collar_ms)
    pairing = pair_up(Path(reference), Path(hypothesis))
    spoken, notices = _language(pairing, language)
    for name, sheets in (
        ("reference", [pair.reference for pair in pairing.pairs]),
        ("hypothesis", [pair.hypothesis for pair in pairing.pairs]),
    ):
        entries = [entry for sheet in sheets for entry in sheet.entries]
        if entries and not any(entry.speaker for entry in entries):
            notices.append(f"the {name} names no speaker: all of it counts as one speaker's")
    score = score_speakers(
        pairing.pairs,
        find(normalizer, language=spoken),
        collar_ms=collar_ms,
        language=spoken,
        seed=seed,
    )
    if not score.counts.length:
        notices.append("the reference has no words, so there is no rate")
    return Report(score=score, notices=(*pairing.notices, *notices))


def orcwer(
    reference: str | Path,
    hypothesis: str | Path,
    *,
    normalizer: str = "auto",
    language: str = "",
    seed: int = 0,
) -> Report[SpeakerScore]:
    """ORC-WER: each utterance of the reference counts in the stream where it does least harm.

    Args:
        reference: A file of utterances (stm, SegLST, Loquitur's JSON, vtt), or a folder.
        hypothesis: A file or a folder; what each speaker says is a stream.
        normalizer: As for `wer`.
        language: As for `wer`.
        seed: Of the drawing of recordings for the interval.

    Raises:
        InputError: As for `wer`.
        MissingError: A package of the extra `eval` is absent.
        UsageError: No such normaliser, or a recording is too long for the search.
    """
    pairing = pair_up(Path(reference), Path(hypothesis))
    spoken, notices = _language(pairing, language)
    if not all(pair.reference.whole for pair in pairing.pairs):
        notices.append("rows of the reference are pieces of utterances: the rate is a lower bound")
    score = score_streams(
        pairing.pairs, find(normalizer, language=spoken), language=spoken, seed=seed
    )
    if not score.counts.length:
        notices.append("the reference has no words, so there is no rate")
    return Report(score=score, notices=(*pairing.notices, *notices))


def der(
    reference: str | Path,
    hypothesis: str | Path,
    *,
    collar_ms: int = 0,
    skip_overlap: bool = False,
    uem: str | Path | None = None,
    seed: int = 0,
) -> Report[TurnScore]:
    """Diarization error rate with its parts, and the Jaccard error rate.

    Args:
        reference: A file with turns (rttm, stm, SegLST, Loquitur's JSON, vtt), or a folder.
        hypothesis: A file or a folder.
        collar_ms: Not scored on EACH side of a border of the reference, in ms: 250 is the usual
            forgiving collar, `collar=0.5` in pyannote.metrics.
        skip_overlap: Leave out where several speakers of the reference speak.
        uem: A file of the stretches to be scored; else the `.uem` beside a reference file.
        seed: Of the drawing of recordings for the interval.

    Raises:
        InputError: A file cannot be read or is not what its suffix says, or nothing pairs.
        UsageError: No such collar.
    """
    _check_collar(collar_ms)
    pairing = pair_up(
        Path(reference), Path(hypothesis), turns=True, uem=Path(uem) if uem is not None else None
    )
    recordings = tuple(
        RecordingTurns(
            name=pair.name,
            error=diarization_error(
                turns_of(pair.reference.entries),
                turns_of(pair.hypothesis.entries),
                collar_ms=collar_ms,
                skip_overlap=skip_overlap,
                uem=pair.uem,
            ),
            mapped=pair.uem is not None,
        )
        for pair in pairing.pairs
    )
    error = total(one.error for one in recordings)
    notices = list(pairing.notices)
    if not error.total_ms:
        notices.append("nobody speaks in the scored part of the reference, so there is no rate")
    score = TurnScore(
        recordings=recordings,
        error=error,
        interval=bootstrap(
            [one.error.error_ms for one in recordings],
            [one.error.total_ms for one in recordings],
            unit="recording",
            seed=seed,
        ),
        collar_ms=collar_ms,
        skip_overlap=skip_overlap,
    )
    return Report(score=score, notices=tuple(notices))


def _language(pairing: Pairing, given: str) -> tuple[str, list[str]]:
    """The language of the texts, and a notice where the files tell several."""
    if given:
        return given, []
    told = [
        sheet.language
        for pair in pairing.pairs
        for sheet in (pair.reference, pair.hypothesis)
        if sheet.language
    ]
    several = sorted({primary(one) for one in told})
    if len(several) > 1:
        return told[0], [f"files of several languages ({', '.join(several)}), taken as {told[0]}"]
    return (told[0] if told else "en"), []


def _overlapped(pairs: tuple[Pair, ...]) -> bool:
    """Whether speakers of a reference speak at once for more than a moment."""
    for pair in pairs:
        until_ms, speaker = 0, ""
        for entry in pair.reference.entries:
            if entry.start_ms is None or entry.end_ms is None or not entry.speaker:
                break
            if not entry.text:
                continue
            if entry.speaker != speaker and until_ms - entry.start_ms > _MOMENT_MS:
                return True
            if entry.end_ms > until_ms:
                until_ms, speaker = entry.end_ms, entry.speaker
    return False


def _check_collar(collar_ms: int) -> None:
    if not 0 <= collar_ms <= _LONGEST_COLLAR_MS:
        raise UsageError(f"a collar is from 0 to {_LONGEST_COLLAR_MS} ms, not {collar_ms}")
