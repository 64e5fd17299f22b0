"""`youtube transcript`: captions of videos without a key, on stdout or in a folder."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.failures import exit_code_of, message_of, tell_failure
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import called, print_json, print_table, tell, tell_traceback
from loquitur.cli.video_arguments import VideoCommand
from loquitur.errors import LoquiturError, UsageError, near
from loquitur.text import display, safe_stem
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.model.captions import CaptionTrack
    from loquitur.settings import Settings
    from loquitur.youtube.keyless.journal import Journal
    from loquitur.youtube.transcripts import Access, Listing, Outcome, Transcript, Wanted

_STREAM = "-"
"""Standard input among the videos, standard output as the place."""
_WAYS = ("auto", "yt-dlp", "youtube-transcript-api", "emulated")
_INNER = frozenset({"json", "json3", "srv3", "ctm"})
"""Formats that are for programs: the times of words stay in them, asked for or not."""


@click.command(
    cls=VideoCommand,
    help="Captions of videos without a key: ids, addresses, playlists, channels, - for a list. "
    "Manual tracks before automatic ones, rolling lines as whole ones.",
)
@click.argument("inputs", nargs=-1, required=True, metavar="VIDEO_ID...")
@click.option(
    "--language",
    "languages",
    metavar="CODE,...",
    default="",
    help="Best first, or any; by default the language that is spoken.",
)
@click.option("--translate", metavar="CODE", default="", help="Let YouTube translate by machine.")
@click.option("--words", is_flag=True, help="Word by word, with times where captions have them.")
@click.option(
    "--format",
    "formats",
    metavar="LIST",
    default="",
    help="vtt, srt, txt, json and every other caption format.",
)
@click.option(
    "-o",
    "output",
    metavar="DIR|FILE",
    default="",
    shell_complete=completing.files,
    help="Where to write; one video goes to standard output without it, several to loquitur-out.",
)
@click.option("--list", "listing", is_flag=True, help="Which tracks there are; fetches none.")
@click.option("--manual", is_flag=True, help="Tracks that people made, no others.")
@click.option("--generated", is_flag=True, help="Automatic tracks, no others.")
@click.option(
    "--way",
    type=click.Choice(_WAYS),
    default="auto",
    help="By one library alone; auto takes yt-dlp first.",
)
@click.option("--again", is_flag=True, help="Fetch what lies in the folder already, too.")
@click.option(
    "--sleep",
    "sleep_s",
    type=click.FloatRange(0, 3600),
    default=2.0,
    metavar="SECONDS",
    help="The wait between two videos, 2 by default.",
)
@click.option("--offline", is_flag=True, default=None, help="Fetch nothing.")
@click.option(
    "--cookies",
    metavar="FILE",
    shell_complete=completing.files,
    help="Cookie file of a login. YouTube may ban an account that is used so.",
)
@click.option("--cookies-from-browser", metavar="NAME", help="Take them from a browser.")
@click.option("--proxy", metavar="URL", help="Ask through this proxy.")
@everywhere
@click.pass_context
def transcript(ctx: click.Context, /, **given: Any) -> int:
    """Print or write what is said in each video."""
    from loquitur.youtube.transcripts import Access

    globals_ = take_globals(ctx, given)
    settings = settings_of(
        globals_,
        cookies=given["cookies"],
        cookies_from_browser=given["cookies_from_browser"],
        proxy=given["proxy"],
        offline=given["offline"],
    )
    wanted = _wanted(given)
    access = Access.of(settings, sleep_s=given["sleep_s"])
    desk = _Desk(given, globals_, settings, wanted)
    if given["listing"]:
        return desk.show_listings(access)
    return desk.write_transcripts(access)


def _wanted(given: dict[str, Any]) -> Wanted:
    from loquitur.youtube.transcripts import Wanted

    if given["manual"] and given["generated"]:
        raise UsageError("--manual and --generated leave nothing", hint="give one of them")
    languages = tuple(part.strip() for part in given["languages"].split(",") if part.strip())
    for language in (*languages, given["translate"]):
        if language and not re.fullmatch(r"[A-Za-z0-9_*-]{1,40}", language):
            raise UsageError(
                f"not a language: '{display(language[:40])}'", hint="expected tags such as en,pt-BR"
            )
    return Wanted(
        languages=languages,
        kinds="manual" if given["manual"] else "generated" if given["generated"] else "any",
        translate=given["translate"],
        words=given["words"],
        way=given["way"],
    )


class _Desk:
    """What the verb works with: where transcripts go, what is told, what failed."""

    def __init__(
        self,
        given: dict[str, Any],
        globals_: dict[str, Any],
        settings: Settings,
        wanted: Wanted,
    ) -> None:
        self._inputs: tuple[str, ...] = given["inputs"]
        self._settings = settings
        self._wanted = wanted
        self._as_json = bool(given["as_json"])
        self._quiet = bool(globals_["quiet"]) or (self._as_json and not sys.stderr.isatty())
        self._verbose = int(globals_["verbose"] or 0)
        self._again = bool(given["again"])
        self._codes: list[int] = []
        self._failed: list[str] = []
        self._count = 0
        self._given: dict[str, str] = {}
        self._losses: set[str] = set()
        self._place(given)

    def _place(self, given: dict[str, Any]) -> None:
        """Where transcripts go and in which formats; a slip is told before anything is asked."""
        from loquitur import formats
        from loquitur.captions import named_format

        said = [name.strip().lower() for name in given["formats"].split(",") if name.strip()]
        output = "" if given["output"] == _STREAM else given["output"]
        many = self._many or any(map(_is_list, self._inputs))
        self.folder: Path | None = None
        self.file: Path | None = None
        path = Path(output)
        if output and (many or len(said) > 1 or path.is_dir() or not path.suffix):
            self.folder = path
        elif output:
            self.file = path
        elif many and not self._as_json and given["output"] != _STREAM:
            self.folder = Path(self._settings.output)
        if self.file is not None and not said:
            said = [named_format(self.file)]
        self.forms = tuple(dict.fromkeys(said)) or (("json",) if self._wanted.words else ("vtt",))
        for name in self.forms:
            if not formats.find(name).writer:
                known = (known for known in formats.names() if formats.find(known).writer)
                raise UsageError(f"{name} is read only", hint=near(name, known))
        if len(self.forms) > 1 and self.folder is None:
            raise UsageError("several formats go into a folder", hint="name one with -o DIR")

    # Listings

    def show_listings(self, access: Access) -> int:
        """Print the tracks of each video."""
        from loquitur.youtube.transcripts import Reader

        with Reader(access, way=self._wanted.way) as reader:
            for count, video in enumerate(self._videos(None)):
                if count:
                    reader.wait()
                try:
                    found = reader.listing(video)
                except LoquiturError as error:
                    self._fail(video, error)
                    continue
                self._count += 1
                self._show_listing(found)
        return self._summed_up()

    def _show_listing(self, found: Listing) -> None:
        from loquitur.youtube.keyless.document import listing_document

        if self._as_json:
            print_json(listing_document(found), line=self._count > 1)
            return
        rows = [
            (track.language, "automatic" if track.is_generated else "manual", track.id, track.name)
            for track in found.tracks
        ]
        print_table(("language", "made", "id", "name"), rows, fit=True, shrinkable=(3,))
        title = f"{found.video_id}: {found.title}" if found.title else found.video_id
        self._tell(f"{title}: {len(rows)} tracks, by {found.way}")
        if found.translations:
            codes = " ".join(one.language for one in found.translations[:40])
            more = " ..." if len(found.translations) > 40 else ""
            self._tell(f"translated by YouTube into {len(found.translations)}: {codes}{more}")
        for line in found.warnings:
            self._tell(f"{found.video_id}: {line}")

    # Transcripts

    def write_transcripts(self, access: Access) -> int:
        """Print or write the transcript of each video."""
        from loquitur.youtube.keyless.journal import Journal
        from loquitur.youtube.transcripts import transcripts

        journal = Journal(self.folder, self._wanted, self.forms) if self.folder else None
        for outcome in transcripts(self._videos(journal), self._wanted, access=access):
            self._finish(outcome, journal)
        return self._summed_up()

    def _finish(self, outcome: Outcome, journal: Journal | None) -> None:
        """Write what came, or tell why nothing did; either is noted in the folder."""
        from loquitur.youtube.keyless.failures import reason

        found, error = outcome.transcript, outcome.error
        outputs: dict[str, str] = {}
        if found is not None:
            try:
                outputs = self._write(found)
            except LoquiturError as exc:
                error = exc
        if error is not None:
            self._fail(outcome.given, error)
            if journal is not None and outcome.video_id:
                journal.note(
                    outcome.video_id,
                    "failed",
                    {"code": error.code, "reason": reason(error), "message": error.message},
                )
        if found is None or error is not None:
            return
        self._count += 1
        self._show(found, outputs)
        if journal is not None:
            journal.note(
                outcome.video_id,
                "done",
                {
                    "outputs": outputs,
                    "language": found.language,
                    "is_generated": found.is_generated,
                    "translated_from": found.translated_from or None,
                    "way": found.way,
                    "form": found.form,
                    "lines": len(found.track.cues),
                    "warnings": list(found.warnings),
                },
            )

    def _write(self, found: Transcript) -> dict[str, str]:
        """Write the files of a transcript; gives their names, or their path where it is one."""
        from loquitur import formats
        from loquitur.delivery import write_file

        outputs: dict[str, str] = {}
        if self.file is not None:
            write_file(self.file, self._content(found, self.forms[0]))
            return {self.forms[0]: str(self.file)}
        if self.folder is None:
            return {}
        stem = safe_stem(found.listing.title or "video", ident=found.video_id)
        for form in self.forms:
            name = f"{stem}.{safe_stem(found.language or 'und')}.{formats.find(form).suffix}"
            write_file(self.folder / name, self._content(found, form))
            outputs[form] = name
        return outputs

    def _content(self, found: Transcript, form: str) -> bytes:
        """A transcript in a format; what it cannot carry is told once."""
        from loquitur import formats

        if form == "json" and self._wanted.words:
            from loquitur.youtube.keyless.document import words_document

            text = json.dumps(words_document(found), ensure_ascii=False, indent=1) + "\n"
            return text.encode("utf-8", "backslashreplace")
        track = found.track
        if not (self._wanted.words or form in _INNER):
            track = _plain(track)
        written = formats.write_track(form, track)
        for loss in written.losses:
            if self._wanted.words and loss not in self._losses:
                self._losses.add(loss)
                self._tell(f"not carried by {form}: {loss}")
        return written.content

    def _show(self, found: Transcript, outputs: dict[str, str]) -> None:
        from loquitur.youtube.keyless.document import facts, words_document

        placed = self._placed(outputs)
        if self._as_json:
            document = facts(found) if placed else words_document(found)
            row = {"input": called(self._given[found.video_id]), **document, "outputs": placed}
            print_json({**row, "cues": len(found.track.cues)}, line=self._count > 1 or self._many)
        elif placed:
            for path in placed.values():
                click.echo(display(path))
        else:
            sys.stdout.flush()
            click.echo(self._content(found, self.forms[0]), nl=False)
        self._tell(f"{found.video_id}: {_told(found)}")
        for line in found.warnings:
            self._tell(f"{found.video_id}: {line}")

    def _show_there(self, given: str, video_id: str, outputs: dict[str, str]) -> None:
        """What an earlier run wrote, like what this one writes."""
        self._count += 1
        placed = self._placed(outputs)
        if self._as_json:
            row = {"input": called(given), "video_id": video_id, "outputs": placed, "cached": True}
            print_json(row, line=self._count > 1 or self._many)
        else:
            for path in placed.values():
                click.echo(display(path))
        self._tell(f"{video_id}: was there already (--again fetches it anew)")

    def _placed(self, outputs: dict[str, str]) -> dict[str, str]:
        """The paths of what was written, by format."""
        return {form: str((self.folder or Path()) / name) for form, name in outputs.items()}

    @property
    def _many(self) -> bool:
        return len(self._inputs) > 1 or self._inputs == (_STREAM,)

    # What is asked for, and what failed

    def _videos(self, journal: Journal | None) -> Iterator[str]:
        """The videos that the inputs stand for, each once; what is there already is left out."""
        seen: set[str] = set()
        for given, video_id, error in _expanded(self._inputs, self._settings):
            if error is not None:
                self._fail(given, error)
                continue
            if video_id in seen:
                continue
            seen.add(video_id)
            self._given[video_id] = given
            there = journal.there(video_id) if journal is not None and not self._again else {}
            if there:
                self._show_there(given, video_id, there)
                continue
            yield video_id

    def _fail(self, given: str, error: LoquiturError) -> None:
        self._codes.append(error.exit_code)
        if self._verbose > 1:
            tell_traceback(error)
        name = called(given)
        tell_failure(error, name=name, as_json=self._as_json)
        self._failed.append(message_of(error, name))

    def _tell(self, line: str) -> None:
        if not self._quiet:
            tell(line)

    def _summed_up(self) -> int:
        """The exit code: that of the failures where they have one in common."""
        total = self._count + len(self._failed)
        if not total:
            self._tell("nothing to do: no video was named")
        if self._failed and total > 1:
            self._tell(f"{self._count} of {total} videos done, {len(self._failed)} failed:")
            for message in self._failed:
                self._tell(f"  {message}")
        return exit_code_of(self._codes)


def _plain(track: CaptionTrack) -> CaptionTrack:
    """The track without the times inside its cues."""
    from loquitur.subtitles.cue_text import rewritten

    return replace(track, cues=tuple(rewritten(cue, (cue.text,)) for cue in track.cues), format="")


def _told(found: Transcript) -> str:
    made = "automatic" if found.is_generated else "manual"
    source = f", translated from {found.translated_from}" if found.translated_from else ""
    end = max((cue.end_ms for cue in found.track.cues), default=0)
    words = f", {len(found.words)} words" if found.words else ""
    return (
        f"{found.language or 'no language'} ({made}{source}), {len(found.track.cues)} lines"
        f"{words} up to {clock(end)}, by {found.way}"
    )


def _is_list(given: str) -> bool:
    """Whether many videos are meant; one that is opened inside a list is one."""
    from loquitur.youtube.keyless.lists import is_list
    from loquitur.youtube.transcripts import maybe_id

    if maybe_id(given):
        return False
    with contextlib.suppress(LoquiturError):
        return is_list(given)
    return False  # what is wrong with it is told where it is its turn


def _expanded(
    inputs: Sequence[str], settings: Settings
) -> Iterator[tuple[str, str, LoquiturError | None]]:
    """What was given, and the video it stands for or why it stands for none."""
    from loquitur.youtube.keyless.lists import videos_of
    from loquitur.youtube.transcripts import maybe_id

    for given in _named(inputs):
        if one := maybe_id(given):
            yield given, one, None
            continue
        try:
            for video in videos_of(given, settings):
                yield video, video, None
        except LoquiturError as error:
            yield given, "", error


def _named(inputs: Sequence[str]) -> Iterator[str]:
    """The inputs, and the lines of standard input where `-` stands."""
    for given in inputs:
        if given != _STREAM:
            yield given.strip()
            continue
        lines = (line.strip() for line in sys.stdin)
        yield from (line for line in lines if line and not line.startswith("#"))
