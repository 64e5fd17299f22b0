"""`eval retrieval` and `eval answers`: questions with known answers, asked in several ways."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.completing import names
from loquitur.cli.library_options import existing
from loquitur.cli.options import (
    everywhere,
    parameters_of,
    settings_of,
    take_globals,
    with_options,
)
from loquitur.cli.output import print_json, print_table, tell, tell_raw
from loquitur.errors import UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from loquitur.library.shelf import Library
    from loquitur.library.trials.outcomes import Difference, Trial
    from loquitur.library.trials.questions import QuestionSet
    from loquitur.settings import Settings

_SETS = (
    "QUESTIONS are files or folders: SQuAD's JSON (XQuAD, JaQuAD ...), QMSum and KLUE-STS, which"
    " bring their texts along, or your own questions of your library as JSON Lines or CSV"
    " (docs/library-evaluation.md)."
)
_SHORT = {
    "recall@": "R@", "mrr@": "MRR@", "ndcg@": "nDCG@", "f1_sentence": "F1 sentence", "em": "EM",
    "f1": "F1", "in_passage": "right place", "time_hit": "time hit", "link_5s": "link 5 s",
    "citation_recall": "cite R", "citation_precision": "cite P", "refusal_recall": "refuse R",
    "refusal_precision": "refuse P", "false_refusals": "false refusals", "no_hit": "no hit",
}  # fmt: skip
_COMPARED = frozenset({"recall", "mrr", "ndcg", "f1", "contains"})
"""Measures whose differences have a column; `--json` has all."""
_MOST_COLUMNS = 9
_METHOD = "question by question, with 95% intervals where enough of them differ"
_STAR = "* the interval leaves 0 out"
_SHARED = (
    click.argument(
        "questions", nargs=-1, required=True, metavar="QUESTIONS...",
        shell_complete=completing.files,
    ),
    click.option("--library", default="", metavar="NAME", help="Which library is asked."),
    click.option(
        "--mode", "modes", multiple=True, metavar="NAME",
        help="words, hybrid, meaning (repeatable).",
    ),
    click.option(
        "--embedding",
        "embeddings",
        multiple=True,
        metavar="NAME[:MODEL]",
        shell_complete=names(completing.engines("embedding")),
        help="Whose vectors (repeatable); another one than the library's is tried on a copy.",
    ),
    click.option("--language", default="", metavar="CODE", help="BCP 47 tag of the questions."),
    click.option(
        "--sample", type=click.IntRange(1), metavar="N", help="So many of the questions, drawn."
    ),
    click.option("--seed", type=int, default=0, help="Of sample and intervals."),
    click.option(
        "-o", "output", metavar="FILE", shell_complete=completing.files,
        help="The table as .csv, .jsonl or .parquet.",
    ),
    click.option(
        "--rows", metavar="FILE", shell_complete=completing.files,
        help="What each question gave, as .csv, .jsonl or .parquet.",
    ),
)  # fmt: skip


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both verbs take."""
    return with_options(everywhere(command), _SHARED)


@click.command(
    help="Whether searches find: recall, MRR and nDCG of several ways of searching in one table,"
    f" with intervals of their paired differences from the first. {_SETS} A file of what `loquitur"
    " search --flat --json` printed, a query a line, is a way too: QUESTIONS RESULTS."
)
@click.option("--fusion", "fusions", multiple=True, metavar="NAME", help="sum, rrf (repeatable).")
@click.option(
    "--rerank", "rerankers", multiple=True, metavar="NAME[:MODEL]",
    shell_complete=names(completing.engines("reranking")),
    help="Tried beside going without (repeatable).",
)  # fmt: skip
@click.option(
    "-k", type=click.IntRange(1, 1000), default=10, show_default=True, help="Passages looked at."
)
@_shared
@click.pass_context
def retrieval(ctx: click.Context, /, **given: Any) -> None:
    """Print one row for each way of searching."""
    settings, quiet = _edge(ctx, given)
    from loquitur.library.trials.evaluating import evaluate_retrieval
    from loquitur.library.trials.results import Results
    from loquitur.library.trials.ways import ways_of

    kept = {one.name: Results(one).find for one in _kept(given, "results")}
    asked = _asked(given)
    ways = ways_of(
        modes=given["modes"],
        embeddings=given["embeddings"],
        fusions=given["fusions"],
        rerankers=given["rerankers"],
    )
    if kept and not given["modes"]:
        from loquitur.library.trials.finding import try_finding

        trial = try_finding(asked, kept, k=given["k"], seed=given["seed"])
        _deliver(trial, given, quiet=quiet)
        return
    with _library(asked, given, settings) as library, _progress(quiet=quiet) as progress:
        trial = evaluate_retrieval(
            asked, ways, settings=settings, library=library, k=given["k"], seed=given["seed"],
            kept=kept, progress=progress,
        )  # fmt: skip
    _deliver(trial, given, quiet=quiet)


@click.command(
    help="Whether answers are right (EM, F1), proven (citation recall and precision), in time, and"
    f" refused where there is none, in several ways of asking. {_SETS} A file of what `loquitur"
    " ask --json` printed, a question a line, is a way too: QUESTIONS REPLIES."
)
@click.option(
    "--llm", "llms", multiple=True, metavar="NAME[:MODEL]|none",
    shell_complete=names(completing.engines("llm", "none")),
    help="Who words the answers (repeatable); none answers in the words that were said.",
)  # fmt: skip
@click.option(
    "--unanswerable-from", "others", multiple=True, metavar="FILE", shell_complete=completing.files,
    help="Questions that this library does not answer: their refusals are counted.",
)  # fmt: skip
@click.option(
    "--hold-out", is_flag=True,
    help="Ask every question again of the library without the text that answers it.",
)  # fmt: skip
@click.option(
    "--set", "parameters", multiple=True, metavar="llm.KEY=VALUE", help="Of the language model."
)
@_shared
@click.pass_context
def answers(ctx: click.Context, /, **given: Any) -> None:
    """Print one row for each way of asking."""
    settings, quiet = _edge(ctx, given)
    from loquitur.library.trials.answering import try_answering
    from loquitur.library.trials.evaluating import evaluate_answers, with_unanswerable
    from loquitur.library.trials.reading import read_questions
    from loquitur.library.trials.replies import Replies
    from loquitur.library.trials.ways import ways_of

    kept = {one.name: Replies(one) for one in _kept(given, "replies")}
    asked = _asked(given)
    if given["others"]:
        others = read_questions(given["others"], language=given["language"])
        asked = with_unanswerable(asked, others)
    ways = ways_of(
        modes=given["modes"] or ("hybrid",), embeddings=given["embeddings"], llms=given["llms"]
    )
    if kept and given["hold_out"]:
        raise UsageError("replies that were kept cannot be asked again", hint="without --hold-out")
    if kept and not (given["modes"] or given["llms"]):
        ways_kept = {name: (replies, replies.reply) for name, replies in kept.items()}
        trial = try_answering(asked, ways_kept, seed=given["seed"])
        _deliver(trial, given, quiet=quiet)
        return
    with _library(asked, given, settings) as library, _progress(quiet=quiet) as progress:
        trial = evaluate_answers(
            asked, ways, settings=settings, library=library,
            hold_out=given["hold_out"], seed=given["seed"], kept=kept, progress=progress,
        )  # fmt: skip
    _deliver(trial, given, quiet=quiet)


def _edge(ctx: click.Context, given: dict[str, Any]) -> tuple[Settings, bool]:
    """The settings, and whether to keep quiet; `-o` and `--rows` are looked at before any work."""
    from loquitur.tables.writing import form_of

    globals_ = take_globals(ctx, given)
    for name in ("output", "rows"):
        if given[name]:
            form_of(given[name])
    parameters = parameters_of(given.pop("parameters", ()))
    return settings_of(globals_, set=parameters), bool(globals_["quiet"])


def _kept(given: dict[str, Any], wanted: str) -> list[Path]:
    """What was kept among the files, each a way of its own; taken out of the questions."""
    from loquitur.library.trials.kept import holds

    kinds = {one: holds(Path(one)) for one in given["questions"]}
    others = {"results": "retrieval", "replies": "answers"}
    for one, kind in kinds.items():
        if kind not in ("", wanted):
            raise UsageError(
                f"{display(one)} holds {kind}", hint=f"loquitur eval {others[kind]} QUESTIONS FILE"
            )
    given["questions"] = [one for one, kind in kinds.items() if not kind]
    if not given["questions"]:
        raise UsageError(f"{wanted} of which questions?", hint=f"QUESTIONS {wanted.upper()}")
    return [Path(one) for one, kind in kinds.items() if kind]


def _asked(given: dict[str, Any]) -> QuestionSet:
    from loquitur.library.trials.evaluating import sampled
    from loquitur.library.trials.reading import read_questions

    asked = read_questions(given["questions"], language=given["language"])
    if asked.brought and given["library"]:
        raise UsageError(
            "these questions bring their texts along, and are asked of those",
            hint="leave --library out",
        )
    return sampled(asked, given["sample"], seed=given["seed"]) if given["sample"] else asked


def _library(
    asked: QuestionSet, given: dict[str, Any], settings: Settings
) -> AbstractContextManager[Library | None]:
    """The library that is asked, where the questions bring no texts along."""
    return nullcontext() if asked.brought else existing(settings, given)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A line that counts, on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return

    def told(done: int, all_: int) -> None:
        if done % 25 == 0 or done == all_:
            click.echo(f"\r{done:,} of {all_:,} asked", err=True, nl=False)

    try:
        yield told
    finally:
        tell_raw("")


def _deliver(trial: Trial, given: dict[str, Any], *, quiet: bool) -> None:
    """Files where they are wanted, and the table or the document."""
    from loquitur.tables import writing

    for name, table in (("output", trial.table), ("rows", trial.rows)):
        if given[name]:
            made = table()
            writing.write(Path(given[name]), made.columns, zip(*made.data, strict=True))
            tell(f"wrote {given[name]}")
    if given["as_json"]:
        print_json(trial.plain())
        return
    print_trial(trial)
    if not quiet:
        for notice in trial.notices:
            tell(notice)


def print_trial(trial: Trial) -> None:
    """The table of a trial, and its differences from the first way."""
    click.echo(click.style(f"{trial.name}: {counted(trial.questions, 'question')}", bold=True))
    shown = [
        one
        for one in trial.measures
        if any(trial.mean(way, one) is not None for way in trial.ways) and not _twin(trial, one)
    ]
    if len(shown) > _MOST_COLUMNS:
        _print_upright(trial, shown)
        return
    rows = [
        (way, *(_figure(trial.mean(way, one)) for one in shown), _ms(trial.wait_ms(way)))
        for way in trial.ways
    ]
    print_table(("", *map(_label, shown), "p50 ms"), rows)
    cells = _differences(trial)
    if not cells:
        return
    click.echo(f"\nless {trial.ways[0]}, {_METHOD}:")
    measures = [one for one in shown if one.partition("@")[0] in _COMPARED]
    print_table(
        ("", *map(_label, measures)),
        [(way, *(cells.get((way, one), "") for one in measures)) for way in trial.ways[1:]],
    )
    click.echo(_STAR)


def _print_upright(trial: Trial, shown: Sequence[str]) -> None:
    """A row for each measure, where there are too many for columns."""
    cells = _differences(trial)
    first, *others = trial.ways
    rows = [
        (
            _label(one), _figure(trial.mean(first, one)),
            *(
                cell
                for way in others
                for cell in (_figure(trial.mean(way, one)), cells.get((way, one), ""))
            ),
        )
        for one in shown
    ]  # fmt: skip
    waits = [cell for way in others for cell in (_ms(trial.wait_ms(way)), "")]
    rows.append(("p50 ms", _ms(trial.wait_ms(first)), *waits))
    print_table(("", first, *(cell for way in others for cell in (way, f"less {first}"))), rows)
    if cells:
        click.echo(f"less {first}: {_METHOD}; {_STAR}")


def _differences(trial: Trial) -> dict[tuple[str, str], str]:
    return {(one.way, one.measure): _difference(one) for one in trial.differences()}


def _twin(trial: Trial, measure: str) -> bool:
    """Whether a measure says what another one says already: of one place, a hit is the recall."""
    name, _, cut = measure.partition("@")
    twin = f"recall@{cut}"
    return name == "hit" and all(
        trial.mean(way, measure) == trial.mean(way, twin) for way in trial.ways
    )


def _label(measure: str) -> str:
    name, at, cut = measure.partition("@")
    return _SHORT.get(name + at, name + at) + cut


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _difference(one: Difference) -> str:
    interval = one.interval
    if interval.value is None:
        return "-"
    if interval.low is None or interval.high is None:
        return f"{interval.value:+.3f}"
    mark = " *" if one.clear else ""
    return f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]{mark}"
