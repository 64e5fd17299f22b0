"""`eval`: figures for results that are held against a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.evaluation_captions import caption
from loquitur.cli.evaluation_labels import label
from loquitur.cli.evaluation_library import answers, retrieval
from loquitur.cli.options import everywhere, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import UsageError
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.evaluation import Report
    from loquitur.evaluation.breaks import BreakCounts
    from loquitur.evaluation.chapters import ChapterScore
    from loquitur.evaluation.intervals import Interval
    from loquitur.evaluation.speakers import SpeakerScore
    from loquitur.evaluation.words import WordTimes

_FILES = "REF and HYP are two files, or two folders whose files are matched by stem."


def _two_sides(command: Callable[..., Any]) -> Callable[..., Any]:
    """REF and HYP, `--seed`, and what every verb takes."""
    for decorate in (
        everywhere,
        click.option("--seed", type=int, default=0, help="Of the interval's drawing."),
        click.argument("hypothesis", metavar="HYP"),
        click.argument("reference", metavar="REF"),
    ):
        command = decorate(command)
    return command


def _texts(command: Callable[..., Any]) -> Callable[..., Any]:
    """How texts are brought to one form."""
    for decorate in (
        click.option("--language", default="", metavar="CODE", help="BCP 47 tag of the texts."),
        click.option(
            "--normalizer",
            default="auto",
            metavar="NAME",
            help="auto, english, basic, plain or none; of both sides.",
        ),
    ):
        command = decorate(command)
    return command


@click.group("eval", help="Score results against a reference.")
def evaluate() -> None:
    """The measures."""


evaluate.add_command(retrieval)
evaluate.add_command(answers)
evaluate.add_command(caption)
evaluate.add_command(label)


@evaluate.command(
    help="Word error rate (character error rate where words have no blanks between them), with "
    "the raw rate, an interval of confidence, and the error of word times where both sides have "
    f"them. {_FILES} Formats: txt, srt, vtt, ctm, stm, SegLST, transcript JSON."
)
@_two_sides
@_texts
@click.option("--characters/--words", default=None, help="Compare characters, or words.")
@click.option(
    "--by",
    "unit",
    type=click.Choice(["utterance", "recording"]),
    default="utterance",
    help="What is drawn for the interval.",
)
@click.pass_context
def wer(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per recording, and the total."""
    from loquitur import evaluation
    from loquitur.evaluation.documenting import word_document

    quiet, as_json = _edge(ctx, given)
    report = evaluation.wer(given.pop("reference"), given.pop("hypothesis"), **given)
    if as_json:
        print_json(word_document(report))
        return
    score = report.score
    name, unit = ("CER", "characters") if score.characters else ("WER", "words")
    listed = [(one.name, one.counts, one.raw) for one in score.recordings]
    listed.append(("all", score.counts, score.raw))
    rows = [
        (label, counts.length, _rate(counts.rate), counts.substitutions, counts.deletions,
         counts.insertions, _rate(raw.rate))
        for label, counts, raw in listed
    ]  # fmt: skip
    header = ("recording", unit, name, "substituted", "deleted", "inserted", f"raw {name}")
    print_table(header, rows)
    click.echo(_interval(name, score.interval))
    source = f" ({score.normalizer.source})" if score.normalizer.source else ""
    click.echo(f"normaliser: {score.normalizer.name}{source}")
    if score.times is not None:
        click.echo(_word_times(score.times))
    _tell_notices(report.notices, quiet=quiet)


@evaluate.command(
    help="Word error rate where words count only from the right speaker: cpWER, or tcpWER with "
    f"--collar. {_FILES} Formats: stm, SegLST, transcript JSON, vtt with voices."
)
@_two_sides
@_texts
@click.option(
    "--collar",
    "collar_s",
    type=float,
    metavar="SECONDS",
    help="tcpWER: how far words may be from their time, on each side.",
)
@click.pass_context
def cpwer(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per recording, and the total."""
    from loquitur import evaluation

    quiet, as_json = _edge(ctx, given)
    collar_s = given.pop("collar_s")
    given["collar_ms"] = None if collar_s is None else milliseconds(collar_s)
    report = evaluation.cpwer(given.pop("reference"), given.pop("hypothesis"), **given)
    _print_speakers(report, as_json=as_json, quiet=quiet)


@evaluate.command(
    help="Word error rate of several streams, whoever speaks: each utterance of the reference "
    "counts where it does least harm (ORC-WER). "
    f"{_FILES} Formats: stm, SegLST, transcript JSON, vtt with voices."
)
@_two_sides
@_texts
@click.pass_context
def orcwer(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per recording, and the total."""
    from loquitur import evaluation

    quiet, as_json = _edge(ctx, given)
    report = evaluation.orcwer(given.pop("reference"), given.pop("hypothesis"), **given)
    _print_speakers(report, as_json=as_json, quiet=quiet)


def _print_speakers(report: Report[SpeakerScore], *, as_json: bool, quiet: bool) -> None:
    from loquitur.evaluation.documenting import speaker_document

    if as_json:
        print_json(speaker_document(report))
        return
    score = report.score
    name = {"cpwer": "cpWER", "tcpwer": "tcpWER", "orcwer": "ORC-WER"}[score.measure]
    rows: list[tuple[object, ...]] = [
        (one.name, one.counts.length, _rate(one.counts.rate), one.counts.substitutions,
         one.counts.deletions, one.counts.insertions, one.speakers, one.speakers_heard)
        for one in score.recordings
    ]  # fmt: skip
    counts = score.counts
    rows.append(("all", counts.length, _rate(counts.rate), counts.substitutions,
                 counts.deletions, counts.insertions, "", ""))  # fmt: skip
    print_table(
        ("recording", "words", name, "substituted", "deleted", "inserted", "speakers", "heard"),
        rows,
    )
    click.echo(_interval(name, score.interval))
    if score.collar_ms is not None:
        click.echo(f"collar: {score.collar_ms / 1000:g} s on each side")
    _tell_notices(report.notices, quiet=quiet)


@evaluate.command(
    help="Diarization error rate: missed, false and wrong speakers' time; and JER. "
    f"{_FILES} Formats: rttm, stm, SegLST, transcript JSON, vtt with voices."
)
@_two_sides
@click.option(
    "--collar",
    "collar_s",
    type=float,
    metavar="SECONDS",
    help="Not scored on EACH side of a border (0.25 is usual).",
)
@click.option(
    "--collar-total",
    "collar_total_s",
    type=float,
    metavar="SECONDS",
    help="The same as pyannote counts it: both sides together.",
)
@click.option("--skip-overlap", is_flag=True, help="Leave overlapped speech out.")
@click.option("--uem", metavar="FILE", help="What is scored; else the .uem beside REF, else all.")
@click.pass_context
def der(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per recording, and the total."""
    from loquitur import evaluation
    from loquitur.evaluation.documenting import turn_document

    quiet, as_json = _edge(ctx, given)
    given["collar_ms"] = _collarmilliseconds(given.pop("collar_s"), given.pop("collar_total_s"))
    report = evaluation.der(given.pop("reference"), given.pop("hypothesis"), **given)
    if as_json:
        print_json(turn_document(report))
        return
    score = report.score
    rows = [
        (name, f"{error.total_ms / 1000:.1f}", _rate(error.rate),
         _rate(error.share(error.miss_ms)), _rate(error.share(error.false_alarm_ms)),
         _rate(error.share(error.confusion_ms)), _rate(error.jaccard), error.speakers,
         error.speakers_heard)
        for name, error in (*((one.name, one.error) for one in score.recordings),
                            ("all", score.error))
    ]  # fmt: skip
    print_table(
        ("recording", "speech s", "DER", "missed", "false alarm", "confusion", "JER", "speakers",
         "heard"),
        rows,
    )  # fmt: skip
    click.echo(_interval("DER", score.interval))
    overlap = "left out" if score.skip_overlap else "scored"
    collar_s = score.collar_ms / 1000
    click.echo(f"collar: {collar_s:g} s on each side, {2 * collar_s:g} s together")
    click.echo(f"overlapped speech: {overlap}")
    _tell_notices(report.notices, quiet=quiet)


@evaluate.command(
    help="Where captions are cut: precision, recall and F1 of breaks against a reference of the "
    "same text. REF and HYP are two caption files, or two folders matched by stem."
)
@click.argument("reference", metavar="REF")
@click.argument("hypothesis", metavar="HYP")
@click.option("--language", default="", metavar="CODE", help="BCP 47 tag of the texts.")
@everywhere
@click.pass_context
def segmentation(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per file, and the total."""
    from pathlib import Path

    from loquitur.evaluation import breaks
    from loquitur.evaluation.documenting import break_document

    _, as_json = _edge(ctx, given)
    score = breaks.segmentation(
        Path(given["reference"]), Path(given["hypothesis"]), language=given["language"]
    )
    if as_json:
        print_json(break_document(score))
        return
    rows = [
        (one.name, one.words, one.matched, *_breaks(one.any), _rate(one.cue.f1), _rate(one.line.f1))
        for one in score.files
    ]
    words = sum(one.words for one in score.files)
    matched = sum(one.matched for one in score.files)
    total = (*_breaks(score.any), _rate(score.cue.f1), _rate(score.line.f1))
    rows.append(("all", words, matched, *total))
    print_table(
        ("file", "words", "matched", "precision", "recall", "F1", "cue F1", "line F1"), rows
    )


@evaluate.command(
    help="Chapters: Pk and WindowDiff (0 is right), and borders found within 10 s, beside what no, "
    "even and random borders get. REF and HYP are two files, or two folders matched by stem: "
    "lists as YouTube has them (0:00 Title), JSON of `insight transcript`, transcripts with an "
    "outline, vtt or srt of chapters."
)
@_two_sides
@click.option("--duration", metavar="TIME", help="Of the video (H:MM:SS), where no file says it.")
@click.pass_context
def chapters(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per file, and the means with the trivial ones."""
    from pathlib import Path

    from loquitur.evaluation import chapters as chapter_scores
    from loquitur.evaluation.documenting import chapter_document

    quiet, as_json = _edge(ctx, given)
    score = chapter_scores.chapters(
        Path(given["reference"]),
        Path(given["hypothesis"]),
        duration_ms=_duration_ms(given["duration"]),
        seed=given["seed"],
    )
    if as_json:
        print_json(chapter_document(score))
    else:
        _print_chapters(score)
    guessed = [one.name for one in score.files if not one.known]
    if guessed and not quiet:
        tell(
            f"no file says how long {guessed[0]} is: guessed from its last chapter"
            + (f" (and {len(guessed) - 1} more)" if len(guessed) > 1 else "")
            + "; --duration tells it"
        )


def _print_chapters(score: ChapterScore) -> None:
    rows: list[tuple[object, ...]] = [
        (one.name, one.duration_s, one.reference, one.made, one.found, _rate(one.score.pk),
         _rate(one.score.window_diff))
        for one in score.files
    ]  # fmt: skip
    for name, mean in (("mean", score.score), *score.trivial.items()):
        label = name if name == "mean" else f"{name}, for comparison"
        rows.append((label, "", "", f"{mean.borders:.1f}", "", _rate(mean.pk),
                     _rate(mean.window_diff)))  # fmt: skip
    print_table(("file", "seconds", "borders", "made", "within 10 s", "Pk", "WindowDiff"), rows)


def _duration_ms(given: str | None) -> int | None:
    from loquitur.timing import parse_clock

    if given is None:
        return None
    try:
        duration_ms = parse_clock(given)
    except ValueError as exc:
        raise UsageError(f"--duration: {exc}") from exc
    if duration_ms < 2000:
        raise UsageError(f"--duration: a video has two seconds at least, not {given}")
    return duration_ms


def _breaks(counts: BreakCounts) -> tuple[str, str, str]:
    return _rate(counts.precision), _rate(counts.recall), _rate(counts.f1)


def _edge(ctx: click.Context, given: dict[str, Any]) -> tuple[bool, bool]:
    """Whether to keep quiet, and whether JSON is wanted; global options are taken out."""
    while ctx.obj is None and ctx.parent is not None:
        ctx = ctx.parent
    return bool(take_globals(ctx, given)["quiet"]), bool(given.pop("as_json"))


def _collarmilliseconds(each_side_s: float | None, total_s: float | None) -> int:
    if each_side_s is not None and total_s is not None:
        raise UsageError("--collar and --collar-total say the same thing twice")
    return milliseconds(each_side_s or (total_s or 0.0) / 2)


def milliseconds(seconds: float) -> int:
    """A collar in ms.

    Raises:
        UsageError: It is not from 0 to 60 seconds.
    """
    from loquitur.timing import from_seconds

    if not 0 <= seconds <= 60:
        raise UsageError(f"a collar is from 0 to 60 seconds, not {seconds}")
    return from_seconds(seconds)


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _interval(name: str, interval: Interval) -> str:
    plural = counted(interval.units, interval.unit)
    if interval.low is None or interval.high is None:
        return f"no interval of confidence: {plural}"
    return (
        f"{interval.level:.0%} interval of {name}: {interval.low:.4f} to {interval.high:.4f} "
        f"({interval.method}, {plural}, {interval.draws} draws, seed {interval.seed})"
    )


def _word_times(times: WordTimes) -> str:
    found = f"word starts: {times.matched} of {times.words} words matched ({times.coverage:.1%})"
    if times.mean_ms is None or times.within_100_ms is None or times.within_200_ms is None:
        return found
    return (
        f"{found}; off by {times.mean_ms:.0f} ms on average, median {times.median_ms:.0f}, "
        f"95th percentile {times.p95_ms:.0f}, bias {times.bias_ms:+.0f}; "
        f"within 100 ms {times.within_100_ms:.1%}, 200 ms {times.within_200_ms:.1%}"
    )


def _tell_notices(notices: tuple[str, ...], *, quiet: bool) -> None:
    if not quiet:
        for notice in notices:
            tell(notice)
