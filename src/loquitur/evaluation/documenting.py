"""Scores as plain values for JSON: the keys that `loquitur eval --json` prints."""

from __future__ import annotations

import dataclasses
from typing import Any

from loquitur.evaluation.breaks import BreakScore, FileBreaks
from loquitur.evaluation.chapters import ChapterScore
from loquitur.evaluation.counting import Counts
from loquitur.evaluation.diarization import DiarizationError
from loquitur.evaluation.intervals import Interval
from loquitur.evaluation.measures import Report, TurnScore
from loquitur.evaluation.normalizing import Normalizer
from loquitur.evaluation.speakers import SpeakerScore
from loquitur.evaluation.topics import Agreement
from loquitur.evaluation.words import WordScore, WordTimes

_DIGITS = 6


def word_document(report: Report[WordScore]) -> dict[str, Any]:
    """`{"measure": "wer" or "cer", that name: rate or None, counts, "raw", "files", ...}`."""
    score = report.score
    name = "cer" if score.characters else "wer"
    return {
        "measure": name,
        **score_fields(score),
        "files": [
            {
                "name": one.name,
                **_counted(name, one.counts),
                "raw": _counted(name, one.raw),
                "word_times": _word_times(one.times),
            }
            for one in score.recordings
        ],
        "notices": list(report.notices),
    }


def break_document(score: BreakScore) -> dict[str, Any]:
    """`{"measure": "breaks", "any", "cue", "line": {"precision", "recall", "f1"}, "files"}`."""
    return {
        "measure": "breaks",
        **_breaks(score),
        "files": [
            {"name": one.name, "words": one.words, "matched": one.matched, **_breaks(one)}
            for one in score.files
        ],
    }


def chapter_document(score: ChapterScore) -> dict[str, Any]:
    """`{"measure": "chapters", "pk", "window_diff", "trivial": {none, even, random}, "files"}`."""
    return {
        "measure": "chapters",
        **_agreement(score.score),
        "trivial": {name: _agreement(one) for name, one in score.trivial.items()},
        "files": [
            {
                "name": one.name,
                "duration_s": one.duration_s,
                "duration_known": one.known,
                "reference_borders": one.reference,
                "found_within_10_s": one.found,
                **_agreement(one.score),
                "trivial": {name: _agreement(it) for name, it in one.trivial.items()},
            }
            for one in score.files
        ],
    }


def _agreement(score: Agreement) -> dict[str, Any]:
    return {
        "pk": _rounded(score.pk),
        "window_diff": _rounded(score.window_diff),
        "borders": _rounded(score.borders),
    }


def _breaks(score: BreakScore | FileBreaks) -> dict[str, Any]:
    return {
        kind: {
            "precision": _rounded(counts.precision),
            "recall": _rounded(counts.recall),
            "f1": _rounded(counts.f1),
            **dataclasses.asdict(counts),
        }
        for kind, counts in (("any", score.any), ("cue", score.cue), ("line", score.line))
    }


def score_fields(score: WordScore) -> dict[str, Any]:
    """The figures of all words together: rate, counts, interval, raw, word times."""
    name = "cer" if score.characters else "wer"
    return {
        **_counted(name, score.counts),
        "interval": _interval(score.interval),
        "raw": _counted(name, score.raw),
        "normalizer": _normalizer(score.normalizer),
        "language": score.language,
        "word_times": _word_times(score.times),
    }


def speaker_document(report: Report[SpeakerScore]) -> dict[str, Any]:
    """`{"measure": cpwer, tcpwer or orcwer, that name: rate or None, counts, "files", ...}`."""
    score = report.score
    name = score.measure
    return {
        "measure": name,
        **_counted(name, score.counts),
        "interval": _interval(score.interval),
        "collar_ms_each_side": score.collar_ms,
        "normalizer": _normalizer(score.normalizer),
        "language": score.language,
        "files": [
            {
                "name": one.name,
                **_counted(name, one.counts),
                "speakers": one.speakers,
                "speakers_heard": one.speakers_heard,
                "mapping": dict(one.mapping),
            }
            for one in score.recordings
        ],
        "notices": list(report.notices),
    }


def turn_document(report: Report[TurnScore]) -> dict[str, Any]:
    """`{"measure": "der", "der": rate or None, its parts, "jer", "collar_...", "files", ...}`."""
    score = report.score
    return {
        "measure": "der",
        **error_fields(score.error),
        "interval": _interval(score.interval),
        "collar_ms_each_side": score.collar_ms,
        "collar_ms_total": 2 * score.collar_ms,
        "skip_overlap": score.skip_overlap,
        "files": [
            {
                "name": one.name,
                **error_fields(one.error),
                "uem": one.mapped,
                "mapping": dict(one.error.mapping),
            }
            for one in score.recordings
        ],
        "notices": list(report.notices),
    }


def _counted(name: str, counts: Counts) -> dict[str, Any]:
    unit = "characters" if name == "cer" else "words"
    return {
        name: _rounded(counts.rate),
        "hits": counts.hits,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
        unit: counts.length,
    }


def error_fields(error: DiarizationError) -> dict[str, Any]:
    """The parts of a diarization error: as shares of the speakers' time, and in ms."""
    return {
        "der": _rounded(error.rate),
        "miss": _rounded(error.share(error.miss_ms)),
        "false_alarm": _rounded(error.share(error.false_alarm_ms)),
        "confusion": _rounded(error.share(error.confusion_ms)),
        "jer": _rounded(error.jaccard),
        "miss_ms": error.miss_ms,
        "false_alarm_ms": error.false_alarm_ms,
        "confusion_ms": error.confusion_ms,
        "total_ms": error.total_ms,
        "scored_ms": error.scored_ms,
        "speakers": error.speakers,
        "speakers_heard": error.speakers_heard,
    }


def _interval(interval: Interval) -> dict[str, Any]:
    found = dataclasses.asdict(interval)
    return {**found, "low": _rounded(interval.low), "high": _rounded(interval.high)}


def _normalizer(normalizer: Normalizer) -> dict[str, str]:
    return {"name": normalizer.name, "source": normalizer.source}


def _word_times(times: WordTimes | None) -> dict[str, Any] | None:
    if times is None:
        return None
    fields = dataclasses.asdict(times)
    rounded = {k: _rounded(v) if isinstance(v, float) else v for k, v in fields.items()}
    return {**rounded, "coverage": _rounded(times.coverage)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
