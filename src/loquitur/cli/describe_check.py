"""`describe data check`: a corpus in figures, and what is wrong with it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.corpora.figures import Figures
    from loquitur.vision.soundness import Finding

_COLUMNS = ("split", "clips", "videos", "sentences", "words", "seconds", "unknown words")


@click.command(
    "check",
    help="Figures of a corpus, and what is wrong with it: videos in two splits, ids twice, empty"
    " splits, videos that are not there. Exit 4 where an error remains that would make every"
    " figure of training worthless.",
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="CLIPS...", shell_complete=completing.files
)
@click.option("--language", default="", metavar="CODE", help="Sentences in this language alone.")
@click.option(
    "--threshold",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="How often a word has to be seen to be in the vocabulary.",
)
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="CODE",
    help="A finding that is no error here: video-in-splits of MSVD's usual split (repeatable).",
)
@everywhere
@click.pass_context
def check(ctx: click.Context, /, **given: Any) -> None:
    """Check a corpus."""
    settings_of(take_globals(ctx, given))
    from loquitur.vision.corpora import read
    from loquitur.vision.corpora.figures import figures_of
    from loquitur.vision.corpora.language_names import chosen
    from loquitur.vision.soundness import check as checked

    language = chosen(given["language"])
    corpus = read(given["paths"], language="all", silent=True)
    figures = figures_of(corpus, language=language, threshold=given["threshold"])
    findings = checked(corpus, language=language)
    errors = [one for one in findings if one.level == "error" and one.code not in given["allowed"]]
    if given["as_json"]:
        print_json(
            {
                "figures": figures.plain(),
                "dropped": [dataclasses.asdict(one) for one in corpus.dropped],
                "findings": [dataclasses.asdict(one) for one in findings],
                "sound": not errors,
            }
        )
    else:
        print_figures(figures)
        tell_findings(findings)
        if not errors:
            tell("no errors")
    ctx.exit(InputError.exit_code if errors else 0)


def print_figures(figures: Figures) -> None:
    """A row for each split, and the vocabulary."""
    rows = []
    for one in figures.splits:
        known = one.known
        share = None if known is None else known.unknown_share
        rows.append(
            (
                one.name or "(none)",
                f"{one.clips:,}",
                f"{one.videos:,}",
                f"{one.sentences:,}",
                "-" if one.words is None else f"{one.words[0]:g}, most {one.words[1]}",
                "-" if one.seconds is None else f"{one.seconds[0]:g}, most {one.seconds[1]:g}",
                "-" if share is None else f"{100 * share:.1f} %",
            )
        )
    print_table(_COLUMNS, rows)
    languages = ", ".join(f"{tag or '(unsaid)'} {count:,}" for tag, count in figures.languages)
    words = "-" if figures.vocabulary is None else f"{figures.vocabulary:,}"
    seen = f" seen {figures.threshold} times" if figures.threshold > 1 else ""
    print_table(
        ("", ""),
        [("languages", languages or "-"), (f"words of training{seen}", words)],
    )


def tell_findings(findings: Sequence[Finding]) -> None:
    """What was found, a line each, on stderr."""
    for one in findings:
        tell(f"{one.level}: {one.message} [{one.code}]")
    if any(one.code == "split-empty" and one.level == "error" for one in findings):
        tell("describe data ... --split-by video splits a corpus anew, fill what has no split yet")
