"""`eval caption`: sentences of clips against those people wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals, with_options
from loquitur.cli.output import print_json, print_table, tell
from loquitur.text import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.evaluation.sentences import SentenceScores
    from loquitur.evaluation.sentences.comparing import Aids

METEOR_MODE = (
    "METEOR: version 1.5, exact and stem matches; with synonyms, as papers have it, higher"
)
_MEASURING = (
    click.option(
        "--measures", default="", metavar="LIST",
        help="bleu1,bleu2,bleu3,bleu4,meteor,meteor_delta05,rouge_l,cider_d,cider.",
    ),
    click.option(
        "--meteor-jar", metavar="FILE", shell_complete=completing.files,
        help="meteor-1.5.jar: adds METEOR with synonyms and paraphrases (needs Java).",
    ),
    click.option(
        "--spice-jar", metavar="FILE", shell_complete=completing.files,
        help="spice-1.0.jar: adds SPICE (needs Java).",
    ),
    click.option(
        "--function-words", metavar="FILE", shell_complete=completing.files,
        help="METEOR's own list of function words, in the place of ours.",
    ),
    click.option(
        "--frequencies", metavar="FILE", shell_complete=completing.files,
        help="References of a corpus whose document frequencies CIDEr-D takes.",
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), default=0, help="Of the intervals' drawing."
    ),
)  # fmt: skip


def measuring_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is measured of sentences, and how."""
    return with_options(command, _MEASURING)


def measures_of(given: dict[str, Any], usual: Sequence[str]) -> tuple[str, ...]:
    """The measures asked for; the usual ones where none is.

    Raises:
        UsageError: One does not exist.
    """
    from loquitur.evaluation.sentences.scoring import check_measures

    asked = tuple(dict.fromkeys(listed(given["measures"]))) or tuple(usual)
    check_measures(asked)
    return asked


def aids_of(given: dict[str, Any]) -> Aids:
    """What was named beside the sentences."""
    from loquitur.evaluation.sentences.comparing import Aids

    named = {
        name: Path(given[name]) if given[name] else None
        for name in ("meteor_jar", "spice_jar", "function_words", "frequencies")
    }
    return Aids(**named)


@click.command(
    "caption",
    help="Sentences of clips against those people wrote: BLEU, METEOR 1.5 (exact and stem),"
    " ROUGE-L, CIDEr-D, as the programs papers report by count them, without Java. REF and HYP:"
    " JSON Lines, COCO or MSR-VTT json, CSV with a header, id<TAB>sentence, or a sentence a line.",
)
@click.argument("reference", metavar="REF", shell_complete=completing.files)
@click.argument("hypothesis", metavar="HYP", shell_complete=completing.files)
@click.option("--split", default="", metavar="NAME", help="References of this split alone.")
@click.option(
    "--language",
    default="en",
    show_default=True,
    metavar="CODE",
    help="BCP 47 tag of the sentences: how words are cut and stemmed.",
)
@measuring_options
@everywhere
@click.pass_context
def caption(ctx: click.Context, /, **given: Any) -> None:
    """Print one row for each measure."""
    globals_ = take_globals(ctx, given)
    settings_of(globals_)
    from loquitur.evaluation.sentences.comparing import compare_files
    from loquitur.evaluation.sentences.documents import score_document
    from loquitur.evaluation.sentences.scoring import MEASURES

    aids = aids_of(given)
    scores, notices = compare_files(
        Path(given["reference"]),
        Path(given["hypothesis"]),
        split=given["split"],
        language=given["language"],
        measures=measures_of(given, tuple(MEASURES)),
        aids=aids,
    )
    further = aids.values(scores)
    if given["as_json"]:
        document = score_document(scores, seed=given["seed"])
        document["notices"] = [*notices, *document["notices"]]
        print_json({"measure": "caption", **further, **document})
        return
    _print(scores, further, seed=given["seed"])
    if not globals_["quiet"]:
        for notice in (*notices, *scores.notices):
            tell(notice)


def _print(scores: SentenceScores, further: dict[str, float], *, seed: int) -> None:
    from loquitur.evaluation.sentences.scoring import MEASURES

    rows: list[tuple[str, str, str]] = []
    for key, value in scores.values.items():
        interval = scores.interval(key, seed=seed)
        span = ""
        if interval is not None and interval.low is not None and interval.high is not None:
            span = f"{interval.low:.4f} to {interval.high:.4f}"
        rows.append((MEASURES[key], figure(value), span))
    names = {"meteor_full": "METEOR full", "spice": "SPICE"}
    rows += [(names[key], figure(value), "") for key, value in further.items()]
    print_table(("measure", "value", "95% interval"), rows)
    if "meteor" in scores.values:
        click.echo(METEOR_MODE)
    varied = scores.diversity
    click.echo(
        f"{counted(varied.sentences, 'clip')}, {counted(varied.distinct, 'different sentence')}, "
        f"{counted(varied.words, 'word')} in use; {figure(varied.length, 1)} words a sentence "
        f"(references {figure(varied.reference_length, 1)})"
    )


def figure(value: float | None, digits: int = 4) -> str:
    """A figure of a table; `-` where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"
