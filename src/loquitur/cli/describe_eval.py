"""`describe eval`: how good sentences of clips are: runs and any tool's files side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.evaluation_captions import (
    METEOR_MODE,
    aids_of,
    figure,
    measures_of,
    measuring_options,
)
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import InputError, UsageError
from loquitur.text import counted, display, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.clips import Clip, Corpus
    from loquitur.vision.judging import Judgement, Voice


@click.command(
    "eval",
    help="How good sentences of clips are: BLEU, METEOR, ROUGE-L, CIDEr-D, variety, and of"
    " generated clips what of them is right. Each INPUT is a run of `describe train`, a model's"
    " folder, or a file of sentences by any tool; NAME=INPUT names it. Several stand side by side,"
    " with intervals of their differences from the first.",
)
@click.argument(
    "inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=completing.files
)
@click.option(
    "--clips",
    metavar="FILE",
    shell_complete=completing.files,
    help="The corpus with the references; a run's own by default.",
)
@click.option(
    "--features",
    metavar="DIR",
    shell_complete=completing.folders,
    help="Features for runs; their own by default.",
)
@click.option(
    "--split",
    "splits",
    default="",
    metavar="NAME,...",
    help="Which clips: test by default, where the corpus has it, else all; all for all of them.",
)
@click.option(
    "--decode", default="", metavar="greedy|beam:N|sample:T", help="How runs search for words."
)
@click.option(
    "--baselines",
    is_flag=True,
    help="Beside them: commonest and random sentence, nearest clip, one person.",
)
@click.option(
    "--language",
    default="",
    metavar="CODE",
    help="BCP 47 tag of the sentences: how words are cut and stemmed; by default a run's, or that"
    " of most references.",
)
@measuring_options
@click.option("--device", default="cpu", show_default=True, metavar="NAME", help="Of runs.")
@click.option(
    "-o",
    "output",
    metavar="FILE",
    shell_complete=completing.files,
    help="The table as .csv, .jsonl or .parquet.",
)
@click.option(
    "--rows",
    metavar="FILE",
    shell_complete=completing.files,
    help="Each sentence with its measures, as .csv, .jsonl or .parquet.",
)
@click.option(
    "--page",
    metavar="FILE",
    shell_complete=completing.files,
    help="An HTML page of the clips to look at.",
)
@click.option(
    "--shown",
    type=click.IntRange(1, 2000),
    default=200,
    show_default=True,
    metavar="N",
    help="Clips on the page.",
)
@everywhere
@click.pass_context
def evaluate(ctx: click.Context, /, **given: Any) -> None:
    """Print one row for each input and split."""
    globals_ = take_globals(ctx, given)
    settings_of(globals_)
    _check_outputs(given)
    from loquitur.vision.judging import judge
    from loquitur.vision.judging.tables import notices_of, plain

    voices = _voices(given)
    corpus = _corpus(given, voices)
    language = given["language"] or _language(voices, corpus)
    splits = _splits(corpus, given["splits"])
    asked = [*voices, *_baselines(given, corpus, voices, language)]
    from loquitur.evaluation.sentences.scoring import USUAL

    judgement = judge(
        splits, asked, measures=measures_of(given, USUAL), language=language, corpus=corpus,
        aids=aids_of(given), ceiling=given["baselines"], seed=given["seed"],
    )  # fmt: skip
    written = _write(given, judgement, splits, asked, quiet=bool(globals_["quiet"]))
    if given["as_json"]:
        print_json({**plain(judgement), "outputs": written})
        return
    _print(judgement)
    if not globals_["quiet"]:
        for line in notices_of(judgement):
            tell(line)


def _check_outputs(given: dict[str, Any]) -> None:
    """Names of files are looked at before any work."""
    from loquitur.tables.writing import form_of

    for name in ("output", "rows"):
        if given[name]:
            form_of(given[name])
    if given["page"] and Path(given["page"]).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--page {display(given['page'])}: a page ends in .html")


def _voices(given: dict[str, Any]) -> list[Voice]:
    from loquitur.vision.decoding.options import parse_decoding
    from loquitur.vision.judging import voice_of

    decoding = parse_decoding(given["decode"]) if given["decode"] else None
    voices = [
        voice_of(
            one,
            decoding=decoding,
            features=Path(given["features"]) if given["features"] else None,
            device=given["device"],
            language=given["language"],
        )
        for one in given["inputs"]
    ]
    names = [one.name for one in voices]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"two inputs are called '{display(twice)}'", hint="NAME=INPUT names one")
    return voices


def _corpus(given: dict[str, Any], voices: Sequence[Voice]) -> Corpus:
    from loquitur.vision.judging.references import read_corpus

    place = given["clips"] or next((one.clips for one in voices if one.clips), "")
    if not place:
        raise UsageError("sentences are held against which references?", hint="--clips FILE")
    return read_corpus(Path(place))


def _language(voices: Sequence[Voice], corpus: Corpus) -> str:
    """That of a run; else the one most sentences of the corpus tell."""
    from loquitur.vision.judging.references import language_of

    return next((one.language for one in voices if one.language), "") or language_of(corpus)


def _splits(corpus: Corpus, asked: str) -> dict[str, Sequence[Clip]]:
    sizes = corpus.sizes()
    names = listed(asked) or (("test",) if sizes.get("test") else ("all",))
    found: dict[str, Sequence[Clip]] = {}
    for name in names:
        clips = corpus.clips if name == "all" else corpus.of(name)
        if not clips:
            there = ", ".join(display(one) for one in sizes if one)
            raise InputError(
                f"{display(corpus.name)} has no clip of the split '{display(name)}'",
                hint=f"it has {there}" if there else "it has no splits: --split all",
            )
        found["" if name == "all" else name] = clips
    return found


def _baselines(
    given: dict[str, Any], corpus: Corpus, voices: Sequence[Voice], language: str
) -> tuple[Voice, ...]:
    if not given["baselines"]:
        return ()
    from loquitur.vision.features import open_set
    from loquitur.vision.judging.baselines import baselines

    place = given["features"] or next((one.features for one in voices if one.features), "")
    features = open_set(Path(place)) if place else None
    return baselines(corpus.of("train"), language=language, features=features, seed=given["seed"])


def _write(
    given: dict[str, Any],
    judgement: Judgement,
    splits: dict[str, Sequence[Clip]],
    voices: Sequence[Voice],
    *,
    quiet: bool,
) -> dict[str, str]:
    """The files that were asked for."""
    from loquitur.tables import writing
    from loquitur.vision.judging.tables import rows_table, summary_table

    written: dict[str, str] = {}
    for name, table in (("output", summary_table), ("rows", rows_table)):
        if given[name]:
            made = table(judgement)
            writing.write(Path(given[name]), made.columns, zip(*made.data, strict=True))
            written[name] = given[name]
    if given["page"]:
        from loquitur.vision.gallery import write_page

        write_page(Path(given["page"]), judgement, splits, voices, most=given["shown"])
        written["page"] = given["page"]
    if not quiet:
        for path in written.values():
            tell(f"wrote {path}")
    return written


def _print(judgement: Judgement) -> None:
    from loquitur.evaluation.sentences.scoring import MEASURES
    from loquitur.vision.judging.tables import by_split, further_in, slots_in, tabled

    shown = tabled(judgement)
    for split, judged in by_split(judgement).items():
        clips = max(len(one.scores.rows) for one in judged)
        click.echo(click.style(f"{display(split) or 'all'}: {counted(clips, 'clip')}", bold=True))
        slots, further = slots_in(judged), further_in(judged)
        header = ("", *(MEASURES[key] for key in shown), *further, *slots.values(), "distinct")
        print_table(
            header,
            [
                (
                    one.name,
                    *(figure(one.scores.values[key], 3) for key in shown),
                    *(figure(one.further.get(key), 3) for key in further),
                    *(figure(one.slot(key), 3) for key in slots),
                    one.scores.diversity.distinct,
                )
                for one in judged
            ],
            fit=True,
            shrinkable=(0,),
        )
    _print_leads(judgement, shown)
    if "meteor" in shown:
        click.echo(METEOR_MODE)


def _print_leads(judgement: Judgement, shown: Sequence[str]) -> None:
    """What the other inputs have more than the first, clip by clip."""
    from loquitur.evaluation.sentences.scoring import MEASURES
    from loquitur.vision.judging.tables import shown_leads

    leads = shown_leads(judgement)
    if not leads:
        return
    cells = {}
    for one in leads:
        low, high = one.interval.low, one.interval.high
        span = "" if low is None or high is None else f" [{low:+.3f}, {high:+.3f}]"
        cells[one.split, one.name, one.measure] = f"{one.value:+.3f}{span}" + " *" * one.seen()
    click.echo(f"\nless {display(leads[0].over)}, with 95% intervals by clip; * leaves 0 out:")
    clips = {(one.split, one.name): one.interval.units for one in leads}
    print_table(
        ("", "split", "clips", *(MEASURES[key] for key in shown)),
        [
            (name, split, count, *(cells.get((split, name, key), "") for key in shown))
            for (split, name), count in clips.items()
        ],
    )
