"""`subs extract`: the caption tracks inside media, as a list or as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.caption_files import Desk
from loquitur.cli.options import everywhere
from loquitur.cli.output import print_json, print_table
from loquitur.errors import InputError
from loquitur.text import display, safe_stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.media.caption_tracks import CaptionStream


@click.command(help="Caption tracks inside MEDIA (mp4, mkv, webm): a list, or with -o their files.")
@click.argument("media", metavar="MEDIA", shell_complete=completing.files)
@click.option("-o", "output", metavar="DIR|FILE", default="", help="Where to write them.")
@click.option("--track", "tracks", type=int, multiple=True, metavar="N", help="Only this one.")
@click.option("--language", metavar="CODE", default="", help="Only those of this language.")
@click.option("--to", "target", metavar="FMT", default="", help="Format; else that of the codec.")
@everywhere
@click.pass_context
def extract(ctx: click.Context, /, **given: Any) -> None:
    """Print the tracks, or write them."""
    from loquitur.languages import from_container, primary
    from loquitur.media.caption_tracks import caption_tracks

    language = given.pop("language")
    desk = Desk(ctx, given)
    path = Path(given["media"])
    found = caption_tracks(path, texts=bool(desk.output))
    wanted = [
        stream
        for stream in found.streams
        if (not given["tracks"] or stream.index in given["tracks"])
        and (not language or primary(from_container(stream.language)) == primary(language))
    ]
    if not wanted:
        offered = ", ".join(f"{one.index} ({one.language or '?'})" for one in found.streams)
        raise InputError(
            f"{display(str(path))} has no such caption track" if found.streams
            else f"{display(str(path))} has no caption tracks",
            hint=f"tracks: {offered}" if offered else "",
        )  # fmt: skip
    rows = [_row(stream) for stream in wanted]
    if desk.output:
        texts = [one for one in wanted if one.kind == "text"]
        for stream in wanted:
            if stream.kind != "text":
                desk.tell(f"track {stream.index} ({stream.codec}) is pictures of text, or unknown: "
                          "not extracted")  # fmt: skip
            if stream.damaged:
                desk.tell(f"track {stream.index}: {stream.damaged} damaged packets skipped")
        if not texts:
            raise InputError(f"{display(str(path))}: none of these tracks is text")
        for stream, target in zip(texts, _targets(desk, path, texts), strict=True):
            _write_stream(desk, stream, target)
            next(row for row in rows if row["track"] == stream.index)["output"] = str(target)
    if desk.as_json:
        print_json({"input": str(path), "tracks": rows})
    elif not desk.output:
        print_table(
            ("track", "codec", "language", "kind", "default", "forced", "title"),
            [(row["track"], row["codec"], row["language"] or "", row["kind"],
              "yes" if row["default"] else "", "yes" if row["forced"] else "", row["title"] or "")
             for row in rows],
        )  # fmt: skip


def _row(stream: CaptionStream) -> dict[str, Any]:
    from loquitur.languages import from_container

    return {
        "track": stream.index,
        "codec": stream.codec,
        "kind": stream.kind,
        "language": from_container(stream.language) or None,
        "title": stream.title or None,
        "default": stream.default,
        "forced": stream.forced,
        "hearing_impaired": stream.hearing_impaired,
        "cues": len(stream.cues) if stream.cues else None,
        "output": None,
    }


def _targets(desk: Desk, media: Path, streams: Sequence[CaptionStream]) -> list[Path]:
    """A file for each track: what the user named, or names that say the language."""
    from loquitur import formats
    from loquitur.formats.embedded import NATIVE
    from loquitur.languages import from_container

    output = Path(desk.output)
    if len(streams) == 1 and not output.is_dir() and formats.format_of(output):
        return [output]
    found: list[Path] = []
    for stream in streams:
        native = NATIVE.get(stream.codec, "vtt")
        suffix = formats.find(desk.target).suffix if desk.target else native
        parts = [media.stem, from_container(stream.language), "forced" if stream.forced else ""]
        stem = ".".join(filter(None, parts))
        path = output / f"{safe_stem(stem)}.{suffix}"
        if path in found:
            path = output / f"{safe_stem(f'{stem}.{stream.index}')}.{suffix}"
        found.append(path)
    return found


def _write_stream(desk: Desk, stream: CaptionStream, target: Path) -> None:
    """A track as a file: in the format of its codec as the container has it, else converted."""
    from loquitur import formats
    from loquitur.delivery import write_file
    from loquitur.formats.embedded import NATIVE, native_text, track_of

    native = NATIVE.get(stream.codec, "")
    suffix = target.suffix.lower().lstrip(".")
    wanted = desk.target or formats.format_of(target) or suffix
    if native and wanted == native:
        write_file(target, native_text(stream).encode())
        if not desk.as_json:
            click.echo(display(str(target)))
        return
    desk.write(track_of(stream), str(target))
