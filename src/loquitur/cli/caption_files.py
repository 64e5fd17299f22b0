"""Caption files on the command line: read, written, and the times that people type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, take_globals, with_options
from loquitur.cli.output import print_json, tell
from loquitur.errors import InputError, UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.captions import Reading
    from loquitur.model.captions import CaptionTrack

STDOUT = "-"
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_READING = (
    click.option("--from", "form", metavar="FMT", default="", help="Format of the input."),
    click.option("--encoding", metavar="E", default="", help="How its text is encoded."),
    click.option("--language", metavar="CODE", default="", help="BCP 47 tag of its text."),
)
_WRITING = (
    click.option(
        "-o", "output", metavar="OUT", default="", shell_complete=completing.files,
        help="Where to write; standard output without it.",
    ),
    click.option("--to", "target", metavar="FMT", default="", help="Format of the output."),
)  # fmt: skip


def filing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of verbs that read captions and write them."""
    return with_options(everywhere(command), (*_READING, *_WRITING))


class Desk:
    """What a verb on caption files works with: its options, its talk, its report."""

    def __init__(self, ctx: click.Context, given: dict[str, Any]) -> None:
        while ctx.obj is None and ctx.parent is not None:
            ctx = ctx.parent
        self.globals = take_globals(ctx, given)
        self.as_json = bool(given.pop("as_json"))
        self._form = given.pop("form", "")
        self._encoding = given.pop("encoding", "")
        self._language = given.pop("language", "")
        self._output = given.pop("output", "")
        self._target = given.pop("target", "")
        self._check_target()
        self._lines: list[str] = []
        self._losses: list[str] = []

    def _check_target(self) -> None:
        """A slip in what shall be written is told before the work."""
        from loquitur import formats
        from loquitur.captions import named_format

        if self._target:
            formats.find(self._target)
        elif self._output and self._output != STDOUT and Path(self._output).suffix:
            named_format(Path(self._output))

    @property
    def output(self) -> str:
        """What the user gave as `-o`."""
        return str(self._output)

    @property
    def target(self) -> str:
        """What the user gave as `--to`."""
        return str(self._target)

    @property
    def reading(self) -> Reading:
        """How the input is to be read."""
        from loquitur.captions import Reading

        return Reading(form=self._form, language=self._language, encoding=self._encoding)

    def read(self, path: str) -> CaptionTrack:
        """A caption file."""
        from loquitur import formats

        return formats.read(
            Path(path), form=self._form, language=self._language, encoding=self._encoding
        )

    def tell(self, line: str) -> None:
        """A line of talk: on stderr, and in the report."""
        self._lines.append(line)
        if not self.globals["quiet"] and not self.as_json:
            tell(line)

    def form(self, track: CaptionTrack, output: str = "") -> str:
        """The format to write a track in: the one named, that of the file, or the track's own."""
        from loquitur import formats

        own = track.format if formats.FORMATS.get(track.format) else ""
        named = self._target
        if not named and output and output != STDOUT:
            from loquitur.captions import named_format

            named = named_format(Path(output))
        chosen = named or (own if own and formats.FORMATS[own].writer else "vtt")
        formats.find(chosen)
        return chosen

    def write(self, track: CaptionTrack, output: str | None = None) -> str:
        """Write a track to a file, or its text on stdout; gives the text where it was no file."""
        from loquitur import formats
        from loquitur.delivery import write_file

        place = self._output if output is None else output
        written = formats.write_track(self.form(track, place), track)
        for loss in written.losses:
            if loss not in self._losses:
                self._losses.append(loss)
                self.tell(f"not carried by the format: {loss}")
        if place and place != STDOUT:
            write_file(Path(place), written.content)
            if not self.as_json:
                click.echo(display(place))
            return ""
        if not self.as_json:
            click.echo(written.content, nl=False)
        return written.text

    def report(self, track: CaptionTrack | None, **facts: Any) -> None:
        """Write the track, and with `--json` print what was done."""
        text = self.write(track) if track is not None else ""
        if self.as_json:
            placed = bool(self._output) and self._output != STDOUT
            document: dict[str, Any] = {**facts, "losses": self._losses, "notices": self._lines}
            if track is not None:
                document["cues"] = len(track.cues)
                document["output"] = self._output if placed else None
                if not placed:
                    document["text"] = text
            print_json(document)


def offset_ms(text: str) -> int:
    """A time span as people type it: `-1500`, `2.5s`, `10m`, `-00:00:02.500`, `1:30`, in ms.

    Whole numbers are milliseconds.

    Raises:
        UsageError: It is none.
    """
    from loquitur.timing import from_seconds, parse_clock

    said = text.strip().replace("\u2212", "-")
    sign = -1 if said.startswith("-") else 1
    bare = said.lstrip("+-").strip().lower()
    if re.fullmatch(r"[0-9]{1,10}(?:\s?ms)?", bare):
        return sign * int(bare.removesuffix("ms"))
    if found := re.fullmatch(r"([0-9]{0,7}\.?[0-9]{1,6})\s?(s|sec|m|min|h)?", bare):
        return sign * from_seconds(float(found[1]) * _SECONDS[found[2] or "s"])
    try:
        return sign * parse_clock(bare)
    except ValueError as exc:
        raise UsageError(
            f"not a time: '{display(text[:40])}'", hint="write -1500, 2.5s or 00:00:02.500"
        ) from exc


def time_ms(text: str) -> int:
    """A place in a film as people type it: `1:30`, `00:01:30.500`, `90s`, in ms.

    Raises:
        UsageError: It is none.
    """
    ms = offset_ms(text)
    if ms < 0:
        raise UsageError(f"not a time in a film: '{display(text[:40])}'")
    return ms


def pair(text: str) -> tuple[str, str]:
    """`OLD=NEW` as two texts.

    Raises:
        UsageError: There is no `=`.
    """
    old, equals, new = text.partition("=")
    if not equals or not old.strip():
        raise UsageError(f"not a pair: '{display(text[:40])}'", hint="write OLD=NEW")
    return old.strip(), new.strip()


def is_caption_file(path: Path) -> bool:
    """Whether a file is captions rather than a medium, by its name or its first bytes.

    Raises:
        InputError: It cannot be read.
    """
    from loquitur import formats
    from loquitur.formats.sniffing import sniff

    if formats.format_of(path):
        return True
    try:
        with path.open("rb") as file:
            return bool(sniff(file.read(4096)))
    except OSError as exc:
        raise InputError(f"cannot read {display(str(path))}: {exc.strerror}") from exc
