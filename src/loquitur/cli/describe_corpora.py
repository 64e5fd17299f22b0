"""`describe data msvd|msrvtt|vatex|activitynet|clips`: corpora out of the files people publish."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.describe_check import print_figures, tell_findings
from loquitur.cli.options import everywhere, settings_of, take_globals, with_options
from loquitur.cli.output import print_json, tell
from loquitur.errors import InputError, UsageError, near
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from loquitur.clip_sources import Brought, Fetched
    from loquitur.settings import Settings
    from loquitur.vision.clips import Corpus, Dropped

_OPTIONS = (
    click.option(
        "-o",
        "output",
        metavar="FILE",
        shell_complete=completing.files,
        help="Where the clips are written (JSON Lines); without it they are counted only.",
    ),
    click.option(
        "--language", metavar="CODE", help="Sentences in this language alone; all for every one."
    ),
    click.option(
        "--split-by",
        type=click.Choice(["auto", "given", "video", "fill"]),
        default="auto",
        show_default=True,
        help="given: as the files say; video: anew, clips of a video together; fill: as given, the"
        " others by video; auto: given where the files say any, else video (clips: fill).",
    ),
    click.option(
        "--split-list",
        "lists",
        multiple=True,
        metavar="SPLIT=FILE",
        help="The ids of a split (repeatable); clips in no list are left out.",
    ),
    click.option(
        "--shares",
        default="",
        metavar="SPLIT=SHARE,...",
        help="Of --split-by video: train=0.8,validation=0.1,test=0.1 by default.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True),
    click.option("--unique", is_flag=True, help="Each clip's equal sentences once."),
    click.option(
        "--threshold",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        metavar="N",
        help="How often a word has to be seen, in the figures of the vocabulary.",
    ),
    click.option(
        "--videos",
        metavar="DIR",
        shell_complete=completing.folders,
        help="Where the videos are, called like clips or like videos; clips without are left out.",
    ),
    click.option(
        "--fetch",
        metavar="DIR",
        shell_complete=completing.folders,
        help="Fetch the videos there; what cannot be had is told in DIR/fetch.jsonl.",
    ),
    click.option("--again", is_flag=True, help="Ask again for videos that were gone or private."),
    click.option(
        "--most-bytes", type=click.IntRange(1), metavar="N", help="Fetch about so many at most."
    ),
    click.option("--jobs", type=int, metavar="N", help="Videos fetched side by side."),
    click.option("--offline", is_flag=True, default=None, help="Fetch nothing."),
    click.option(
        "--allow-private", is_flag=True, default=None, help="Fetch from private addresses."
    ),
    click.option(
        "--cookies",
        metavar="FILE",
        shell_complete=completing.files,
        help="Cookie file for videos that ask for a login.",
    ),
    click.option("--cookies-from-browser", metavar="NAME", help="Take them from a browser."),
    click.option("--rate-limit", type=int, metavar="BYTES", help="Download limit, bytes a second."),
    everywhere,
)
_SETTINGS = ("jobs", "offline", "allow_private", "cookies", "cookies_from_browser", "rate_limit")


def _verb(name: str, explained: str) -> click.Command:
    """The command of one kind of corpus."""

    def run(ctx: click.Context, /, **given: Any) -> None:
        _run(ctx, name, given)

    paths = click.argument(
        "paths", nargs=-1, required=True, metavar="PATH...", shell_complete=completing.files
    )
    command = with_options(click.pass_context(run), (paths, *_OPTIONS))
    return click.command(name, help=explained)(command)


msvd = _verb(
    "msvd",
    "MSVD out of any of its files: video_corpus.csv (some forty languages; English is taken unless"
    " --language says another), AllVideoDescriptions.txt, the Chinese of MSVD-CN. With"
    " youtube_mapping.txt beside it the usual split of 1200, 100 and 670 clips.",
)
msrvtt = _verb(
    "msrvtt",
    "MSR-VTT out of its JSON, one file or several, split as it says or by lists: --split-list"
    " train=MSRVTT_train.9k.csv --split-list test=MSRVTT_JSFUSION_test.csv.",
)
vatex = _verb(
    "vatex",
    "VATEX out of its JSON; the split is in the files' names. English is taken unless --language"
    " says zh or all.",
)
activitynet = _verb(
    "activitynet",
    "ActivityNet Captions: train.json, val_1.json, val_2.json. Each span is a clip.",
)
clips = _verb(
    "clips",
    "Clips of your own: JSON Lines (clip, source, start, end, captions), a CSV table with a row for"
    " each sentence, or a folder of clip.mp4 with clip.txt beside it, a sentence a line.",
)


def _run(ctx: click.Context, kind: str, given: dict[str, Any]) -> None:
    """Read, split, find or fetch the videos, write, tell."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_, **{name: given[name] for name in _SETTINGS})
    quiet = bool(globals_["quiet"])
    from loquitur.vision.corpora import read, write
    from loquitur.vision.corpora.figures import figures_of
    from loquitur.vision.soundness import check

    if given["videos"] and given["fetch"]:
        raise UsageError("--videos and --fetch are two ways to the same", hint="give one of them")
    shares = _shares(given["shares"])
    lists = _pairs(given["lists"])
    _spare_inputs(given["output"], given["paths"], lists.values())
    corpus = read(given["paths"], kind=kind, language=given["language"], lists=lists)
    corpus, fetched = _placed(_parted(corpus, kind, given, shares), given, settings, quiet=quiet)
    if given["output"]:
        write(corpus, Path(given["output"]))
    figures = figures_of(corpus, threshold=given["threshold"])
    findings = check(corpus)
    if given["as_json"]:
        print_json(
            {
                "clips": given["output"],
                "figures": figures.plain(),
                "dropped": [dataclasses.asdict(one) for one in corpus.dropped],
                "fetched": None if fetched is None else fetched.counts(),
                "findings": [dataclasses.asdict(one) for one in findings],
            }
        )
        return
    print_figures(figures)
    if not quiet:
        for line in _lost(corpus.dropped):
            tell(line)
        tell_findings(findings)
        if given["output"]:
            tell(f"wrote {given['output']}: {counted(len(corpus.clips), 'clip')}")


def _spare_inputs(output: str | None, paths: Sequence[str], lists: Collection[str]) -> None:
    """Written over may be lines of clips, which the result is as well, and no other input.

    Raises:
        UsageError: The output is one of the files that are read.
    """
    if not output:
        return
    from loquitur.vision.corpora.material import Material
    from loquitur.vision.corpora.own import is_lines

    target = Path(output).expanduser()
    for name in (*paths, *lists):
        one = Path(name).expanduser()
        if not one.is_file() or not target.is_file() or not one.samefile(target):
            continue
        if name in lists or not is_lines(Material(one)):
            raise UsageError(f"-o {display(name)} is a file that is read", hint="name another")


def _parted(
    corpus: Corpus, kind: str, given: dict[str, Any], shares: dict[str, float] | None
) -> Corpus:
    """The corpus in its splits."""
    from loquitur.vision.clips import Dropped
    from loquitur.vision.splits import by_video, deduplicated

    if given["unique"]:
        corpus, gone = deduplicated(corpus)
        if gone:
            more = Dropped(reason="sentence that its clip has already", count=gone)
            corpus = dataclasses.replace(corpus, dropped=(*corpus.dropped, more))
    how = given["split_by"]
    if how == "auto":
        some, every = (of(bool(clip.split) for clip in corpus.clips) for of in (any, all))
        how = "video" if not some else "given" if every or kind != "clips" else "fill"
    if how == "given":
        return corpus
    return by_video(corpus, seed=given["seed"], shares=shares, keep=how == "fill")


def _placed(
    corpus: Corpus, given: dict[str, Any], settings: Settings, *, quiet: bool
) -> tuple[Corpus, Fetched | None]:
    """The corpus with its videos found in a folder, or fetched into one."""
    if given["videos"]:
        from loquitur.vision.corpora.places import located

        found, _ = located(corpus, given["videos"])
        return found, None
    if not given["fetch"]:
        return corpus, None
    from loquitur.clip_sources import TABLE, fetch

    fetched = fetch(
        corpus,
        given["fetch"],
        settings=settings,
        again=given["again"],
        most_bytes=given["most_bytes"],
        listener=None if quiet else _listener(),
    )
    told = ", ".join(f"{state} {count}" for state, count in fetched.counts().items())
    table = Path(given["fetch"]) / TABLE
    if not fetched.corpus.clips:
        raise InputError(f"no video of it can be had ({told})", hint=f"{table} says why of each")
    if not quiet:
        tell(f"videos: {told}; {table} says why of each")
    return fetched.corpus, fetched


def _listener() -> Callable[[Brought, int, int], None]:
    """Tells of each video that cannot be had once, and now and then how far it is."""
    told: set[str] = set()
    step = 100 if not sys.stderr.isatty() else 10

    def listen(row: Brought, done: int, total: int) -> None:
        if row.state not in ("here", "not-asked") and row.source not in told:
            told.add(row.source)
            tell(f"{display(row.source)[:80]}: {row.state}: {row.reason}")
        if done % step == 0 or done == total:
            tell(f"{done} of {total} clips")

    return listen


def _lost(dropped: tuple[Dropped, ...]) -> list[str]:
    """What was left out, a line each; sentences in other languages in one line."""
    from loquitur.vision.corpora.gathering import OTHER_LANGUAGE

    tongues = [one for one in dropped if one.reason.startswith(OTHER_LANGUAGE)]
    lines = []
    if tongues:
        shown = ", ".join(
            f"{one.reason.removeprefix(OTHER_LANGUAGE).strip(' ()')} {one.count}" for one in tongues
        )
        lines.append(f"left out, in other languages: {shown} (--language all takes them)")
    for one in dropped:
        if one not in tongues:
            names = ", ".join(display(name) for name in one.examples[:3])
            more = ", ..." if one.count > len(one.examples[:3]) else ""
            lines.append(
                f"left out, {one.reason}: {one.count}" + (f" ({names}{more})" if names else "")
            )
    return lines


def _pairs(items: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip() or not value:
            raise UsageError(f"not a list of a split: '{item}'", hint="--split-list train=FILE")
        if name.strip() in pairs:
            raise UsageError(f"two lists of the split '{name.strip()}'")
        pairs[name.strip()] = value
    return pairs


def _shares(text: str) -> dict[str, float] | None:
    from loquitur.vision.splits import SHARES, split_name

    if not text:
        return None
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            found[split_name(name)] = float(value)
        except ValueError as exc:
            hint = "train=0.8,validation=0.1,test=0.1"
            raise UsageError(f"not a share of a split: '{part.strip()}'", hint=hint) from exc
    if "" in found:
        raise UsageError(f"a share without a split: '{text}'", hint=near("", SHARES))
    return found
