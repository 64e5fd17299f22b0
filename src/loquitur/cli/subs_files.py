"""`subs` for caption files as they are found: clean, shift, scale, sync, merge, split, and more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.caption_files import (
    Desk,
    filing,
    is_caption_file,
    offset_ms,
    pair,
    time_ms,
)
from loquitur.cli.options import settings_of
from loquitur.errors import InputError, UsageError
from loquitur.text import display, safe_stem
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.model.captions import CaptionTrack
    from loquitur.subtitles.cleaning import CleanOptions
    from loquitur.subtitles.moving import Line, Moved
    from loquitur.subtitles.syncing import Piece

_LOOSE = {"ignore_unknown_options": True}  # so that -1500 is a number, and no option


def _file(name: str = "file") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    decorate: Callable[[Callable[..., Any]], Callable[..., Any]] = click.argument(
        name, metavar=name.upper(), shell_complete=completing.files
    )
    return decorate


@click.command(help="Rolling captions to whole lines; remains, sounds, names, ads taken out.")
@_file()
@click.option(
    "--rolling",
    type=click.Choice(["auto", "no", "carried", "overlapping"]),
    default="auto",
    help="How lines roll; auto finds out.",
)
@click.option("--sdh", is_flag=True, help="--sounds, --speakers and --music signs together.")
@click.option("--sounds", is_flag=True, help="Take out sounds in brackets.")
@click.option("--speakers", is_flag=True, help="Take out names before what they say.")
@click.option(
    "--music",
    type=click.Choice(["keep", "signs", "lines"]),
    help="Take out signs, or what is sung.",
)
@click.option("--ads", is_flag=True, help="Take out cues that advertise.")
@click.option("--keep-markup", is_flag=True, help="Leave tags, overrides and entities.")
@click.option("--keep-places", is_flag=True, help="Leave where overrides place a cue.")
@filing
@click.pass_context
def clean(ctx: click.Context, /, **given: Any) -> None:
    """Write a cleaned file, and tell what was taken out."""
    from loquitur.subtitles.cleaning import clean as cleaned_of

    desk = Desk(ctx, given)
    track = desk.read(given["file"])
    done = cleaned_of(track, options=_clean_options(given))
    if done.shape:
        desk.tell(
            f"rolling captions: {done.lines_dropped} lines that were shown again are gone, "
            f"{done.ends_moved} cues end where the next one begins"
        )
    for kind, count in done.counts.items():
        desk.tell(f"{kind}: {count} cues")
    changes = [
        {"cue": one.cue, "kinds": list(one.kinds), "before": one.before, "after": one.after}
        for one in done.changes
    ]
    desk.report(
        done.track,
        rolling=done.shape or None,
        lines_dropped=done.lines_dropped,
        ends_moved=done.ends_moved,
        counts=done.counts,
        changes=changes,
    )


def _clean_options(given: dict[str, Any]) -> CleanOptions:
    from loquitur.subtitles.cleaning import CleanOptions

    everything = given["sdh"]
    return CleanOptions(
        rolling=given["rolling"],
        remains=not given["keep_markup"],
        keep_places=given["keep_places"],
        sounds=given["sounds"] or everything,
        speakers=given["speakers"] or everything,
        music=given["music"] or ("signs" if everything else "keep"),
        ads=given["ads"],
    )


_BEFORE_ZERO = click.option(
    "--before-zero", type=click.Choice(["clamp", "drop", "keep"]), default="clamp",
    help="Cues that would begin before zero.",
)  # fmt: skip


@click.command(
    context_settings=_LOOSE,
    help="Captions later by BY, earlier where it is negative: -1500 (ms), 2.5s, -00:00:02.500.",
)
@_file()
@click.argument("by", metavar="BY", required=False)
@click.option("--by", "by_option", metavar="BY", help="The same as an option.")
@click.option("--start", metavar="TIME", help="Only cues that begin from here on.")
@click.option("--end", metavar="TIME", help="Only cues that begin before this.")
@_BEFORE_ZERO
@filing
@click.pass_context
def shift(ctx: click.Context, /, **given: Any) -> None:
    """Write the file at other times."""
    from loquitur.subtitles.moving import shifted

    desk = Desk(ctx, given)
    said = [one for one in (given["by"], given["by_option"]) if one]
    if len(said) != 1:
        raise UsageError("by how much?", hint="loquitur subs shift FILE -1500 -o OUT")
    by_ms = offset_ms(said[0])
    start, end = given["start"], given["end"]
    done = shifted(
        desk.read(given["file"]),
        by_ms,
        start_ms=time_ms(start) if start else None,
        end_ms=time_ms(end) if end else None,
        before_zero=given["before_zero"],
    )
    _report_moved(desk, done, by_ms=by_ms)


def _report_moved(desk: Desk, done: Moved, **facts: Any) -> None:
    """Tell what became of cues before zero, and write."""
    for numbers, what in (
        (done.clamped, "would begin before zero and begin at zero"),
        (done.dropped, "would be over before zero and are left out"),
        (done.early, "begin before zero"),
    ):
        if numbers:
            listed = ", ".join(map(str, numbers[:10])) + (" ..." if len(numbers) > 10 else "")
            desk.tell(f"{len(numbers)} cues {what}: {listed}")
    desk.report(
        done.track,
        moved=done.moved,
        clamped=list(done.clamped),
        dropped=list(done.dropped),
        early=list(done.early),
        **facts,
    )


@click.command(
    help="Captions stretched: of a film at one frame rate for another (25 23.976), or by two "
    "--point OLD=NEW."
)
@_file()
@click.argument("rates", nargs=-1, metavar="[FROM_FPS TO_FPS]")
@click.option("--from-fps", metavar="FPS", help="The rate of the film they were made for.")
@click.option("--to-fps", metavar="FPS", help="The rate of the film they are for.")
@click.option(
    "--point", "points", multiple=True, metavar="OLD=NEW", help="A time and where it goes."
)
@_BEFORE_ZERO
@filing
@click.pass_context
def scale(ctx: click.Context, /, **given: Any) -> None:
    """Write the file with its time stretched."""
    from loquitur.subtitles.moving import scaled

    desk = Desk(ctx, given)
    line = _line(given)
    done = scaled(desk.read(given["file"]), line, before_zero=given["before_zero"])
    _report_moved(desk, done, ratio=float(line.ratio), offset_ms=float(line.offset_ms))


def _line(given: dict[str, Any]) -> Line:
    from loquitur.subtitles.moving import frame_rate, rate_line, two_point_line

    rates = list(given["rates"]) or [one for one in (given["from_fps"], given["to_fps"]) if one]
    points = [pair(text) for text in given["points"]]
    if len(rates) == 2 and not points:
        return rate_line(frame_rate(rates[0]), frame_rate(rates[1]))
    if len(points) == 2 and not rates:
        (a, b), (c, d) = points
        return two_point_line((time_ms(a), time_ms(b)), (time_ms(c), time_ms(d)))
    raise UsageError(
        "a stretch needs two frame rates or two points",
        hint="loquitur subs scale FILE 25 23.976 -o OUT",
    )


@click.command(
    help="Captions to the times of a medium's speech, or of a caption file of the same film."
)
@_file()
@click.argument("reference", metavar="MEDIA|FILE", required=False)
@click.option("--media", metavar="MEDIA", help="The medium, as an option.")
@click.option("--reference", "reference_option", metavar="FILE", help="The caption file, likewise.")
@click.option("--no-pieces", is_flag=True, help="One offset for all: nothing was cut.")
@click.option("--no-rates", is_flag=True, help="No other frame rates.")
@click.option("--reach", metavar="TIME", default="10:00", help="How far a piece may be moved.")
@click.option("--believe", is_flag=True, help="Take what is found, however unsure.")
@filing
@click.pass_context
def sync(ctx: click.Context, /, **given: Any) -> None:
    """Write the file at the times at which its words are said."""
    from loquitur.subtitles.syncing import Synced

    desk = Desk(ctx, given)
    said = [one for one in (given["reference"], given["media"], given["reference_option"]) if one]
    if len(said) != 1:
        raise UsageError(
            "sync to what? one medium or caption file", hint="loquitur subs sync FILE MEDIA -o OUT"
        )
    done = _synced(desk, given, said[0])
    if not isinstance(done, Synced):
        desk.tell(f"{done.share:.0%} of the words are in the reference; {done.exact} cues exact")
        desk.report(done.track, by="words", share=round(done.share, 4), exact=done.exact,
                    moved=done.moved)  # fmt: skip
        return
    pieces = [_piece(piece) for piece in done.pieces]
    desk.tell(f"sure: {done.peak_ratio:.2f} times better than chance or any other place")
    for piece in done.pieces:
        desk.tell(
            f"from {clock(piece.start_ms)}: {piece.count} cues by {int(piece.line.offset_ms):+d} ms"
            + (f", stretched by {float(piece.line.ratio):.5f}" if piece.line.ratio != 1 else "")
        )
    _report_moved(desk, done.moved, by="speech", peak_ratio=done.peak_ratio,
                  correlation=done.correlation, pieces=pieces)  # fmt: skip


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "start_ms": piece.start_ms,
        "cues": piece.count,
        "offset_ms": int(piece.line.offset_ms),
        "ratio": float(piece.line.ratio),
    }


def _synced(desk: Desk, given: dict[str, Any], reference: str) -> Any:
    """The result by words or by speech."""
    from loquitur.subtitles.referencing import synced_to
    from loquitur.subtitles.syncing import RATIOS, SyncOptions, synced
    from loquitur.subtitles.voice_mask import VoiceMask

    track = desk.read(given["file"])
    options = SyncOptions(
        ratios=RATIOS[:1] if given["no_rates"] else RATIOS,
        reach_ms=max(1, time_ms(given["reach"])),
        pieces=not given["no_pieces"],
    )
    if given["believe"]:
        options = replace(options, least_ratio=0.0, least_correlation=-1.0)
    path = Path(reference)
    if given["reference_option"] or (
        not given["media"] and path.is_file() and is_caption_file(path)
    ):
        from loquitur import formats

        return synced_to(track, formats.read(path), options=options)
    from loquitur.artifacts import heard

    activity = heard(reference, settings=settings_of(desk.globals))
    mask = VoiceMask.of_bytes(activity.probabilities, activity.frame_ms, activity.offset_ms)
    return synced(track, mask, options=options)


@click.command(
    help="Several caption files as one: two languages above each other, two speakers, or parts "
    "one after the other."
)
@click.argument("files", nargs=-1, required=True, metavar="FILE FILE...")
@click.option(
    "--how",
    type=click.Choice(["lines", "places", "speakers", "append"]),
    help="lines (two languages in one cue), places (one above, one below), speakers, append.",
)
@click.option("--name", "names", multiple=True, metavar="NAME", help="Who speaks in each file.")
@click.option(
    "--offset", "offsets", multiple=True, metavar="TIME", help="Where each appended file begins."
)
@filing
@click.pass_context
def merge(ctx: click.Context, /, **given: Any) -> None:
    """Write the merged file."""
    from loquitur.subtitles import joining

    desk = Desk(ctx, given)
    files, names, offsets = given["files"], given["names"], given["offsets"]
    if len(files) < 2:
        raise UsageError("one file alone is nothing to merge", hint="give two files or more")
    how = given["how"] or ("speakers" if names else "append" if offsets else "lines")
    tracks = [desk.read(path) for path in files]
    if how in ("lines", "places"):
        if len(tracks) != 2:
            raise UsageError(
                f"--how {how} takes two files, and there are {len(tracks)}",
                hint="speakers and append take any number",
            )
        result = joining.bilingual(
            tracks[0], tracks[1], how="lines" if how == "lines" else "places"
        )
    elif how == "speakers":
        result = joining.together(tracks, names=names)
    else:
        result = joining.concatenated(tracks, _offsets(tracks, offsets))
    desk.report(result, how=how, inputs=[len(track.cues) for track in tracks])


def _offsets(tracks: Sequence[CaptionTrack], said: Sequence[str]) -> list[int]:
    """Where each part begins: as said, else where the one before is over."""
    from loquitur.subtitles.joining import end_ms

    if said:
        found = [offset_ms(text) for text in said]
        return [0, *found] if len(found) == len(tracks) - 1 else found
    offsets, at = [], 0
    for track in tracks:
        offsets.append(at)
        at += end_ms(track)
    return offsets


@click.command(help="One caption file as several: at times, every so long, or by chapters.")
@_file()
@click.option("--at", "times", multiple=True, metavar="TIME", help="A border; repeatable.")
@click.option("--every", metavar="TIME", help="Parts of this length.")
@click.option("--chapters", metavar="FILE|MEDIA", help="A file of chapters, or a medium with them.")
@click.option("--keep-times", is_flag=True, help="Times stay those of the whole.")
@click.option(
    "--border",
    type=click.Choice(["longer", "start"]),
    default="longer",
    help="Where a cue over a border goes: where it is shown longer, or where it starts.",
)
@filing
@click.pass_context
def split(ctx: click.Context, /, **given: Any) -> None:
    """Write the parts into a folder."""
    from loquitur.subtitles.parting import by_chapters, by_length, parted

    desk = Desk(ctx, given)
    if sum(map(bool, (given["times"], given["every"], given["chapters"]))) != 1:
        raise UsageError("split where?", hint="give --at (repeatable), --every or --chapters")
    track = desk.read(given["file"])
    titles: list[str] = []
    if given["every"]:
        borders = by_length(track, time_ms(given["every"]))
    elif given["chapters"]:
        borders, titles = by_chapters(_chapters(Path(given["chapters"])))
    else:
        borders = sorted(time_ms(text) for text in given["times"])
    parts = parted(
        track, borders, restart=not given["keep_times"], border=given["border"], titles=titles
    )
    source = Path(given["file"])
    folder = Path(desk.output) if desk.output else Path()
    digits = max(2, len(str(len(parts))))
    rows = []
    for number, part in enumerate(parts, 1):
        title = f" {part.title}" if part.title else ""
        stem = safe_stem(f"{source.stem}.{number:0{digits}d}{title}")
        path = folder / f"{stem}.{_suffix(desk.form(part.track))}"
        desk.write(part.track, str(path))
        rows.append({"path": str(path), "start_ms": part.start_ms, "title": part.title or None,
                     "cues": len(part.track.cues), "clamped": part.clamped})  # fmt: skip
        if part.clamped:
            desk.tell(f"{path}: {part.clamped} cues began before the border, and begin at it")
    desk.report(None, parts=rows)


def _suffix(form: str) -> str:
    from loquitur import formats

    return formats.find(form).suffix


def _chapters(path: Path) -> list[tuple[int, str]]:
    from loquitur import formats

    if is_caption_file(path):
        return [(cue.start_ms, cue.text.partition("\n")[0]) for cue in formats.read(path).cues]
    from loquitur.media.caption_tracks import caption_tracks

    return list(caption_tracks(path, texts=False).chapters)


@click.command(help="Speaker labels of any style as voices, prefixes, arrows, brackets or dashes.")
@_file()
@click.option(
    "--style",
    type=click.Choice(["voices", "prefix", "arrows", "brackets", "dashes", "none"]),
    default="voices",
    help="How speakers are written.",
)
@click.option("--every", is_flag=True, help="Name the speaker in every cue.")
@click.option("--no-carry", is_flag=True, help="A cue without a label has no speaker.")
@click.option("--rename", "names", multiple=True, metavar="OLD=NEW", help="Another name.")
@filing
@click.pass_context
def label(ctx: click.Context, /, **given: Any) -> None:
    """Write the file with its speakers in a style."""
    from loquitur.subtitles.labels import labelled, names_in, renamed, voiced

    desk = Desk(ctx, given)
    track = voiced(desk.read(given["file"]), carry=not given["no_carry"])
    track = renamed(track, dict(map(pair, given["names"])))
    found = list(names_in(track))
    if not found:
        desk.tell("no speaker is named in this file")
    desk.report(labelled(track, given["style"], every=given["every"]), speakers=found)


@click.command(help="Words that light up one by one, as WebVTT with a time before each word.")
@_file()
@click.option("--words", metavar="FILE", help="When words are said: transcript JSON or CTM.")
@click.option("--plain", is_flag=True, help="Without a style sheet.")
@filing
@click.pass_context
def karaoke(ctx: click.Context, /, **given: Any) -> None:
    """Write the file with times inside its cues."""
    from loquitur.subtitles.karaoke import karaoke as lit

    desk = Desk(ctx, given)
    words = []
    if given["words"]:
        from loquitur.evaluation.reading import read

        words = [word for entry in read(Path(given["words"])).entries for word in entry.words]
        if not words:
            raise InputError(f"{display(given['words'])}: no word in it has a time")
    done = lit(desk.read(given["file"]), words, styled=not given["plain"])
    if done.known < done.words:
        desk.tell(f"{done.words - done.known} of {done.words} word times are shared out by length")
    track = done.track
    desk.report(_as_vtt(track, desk), words=done.words, known=done.known)


def _as_vtt(track: CaptionTrack, desk: Desk) -> CaptionTrack:
    """The track as one of WebVTT, unless another format is asked for."""
    return (
        track if desk.target or track.format == "vtt" else replace(track, format="vtt", header=())
    )
