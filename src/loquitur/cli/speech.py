"""`run`, `plan` and the verbs that stop at a stage: parsing and printing, no logic."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.failures import exit_code_of, message_of, tell_failure
from loquitur.cli.options import (
    align_options,
    environments_among,
    everywhere,
    parameters_of,
    publish_options,
    settings_of,
    speech_options,
    take_globals,
)
from loquitur.cli.output import called, print_json, print_table, tell, tell_traceback
from loquitur.errors import LoquiturError, UsageError, near
from loquitur.media.urls import without_password
from loquitur.settings import AUTO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from loquitur.api import PlannedStage, Result
    from loquitur.cli.progress import Aside
    from loquitur.cli.youtube_publishing import RunPublisher
    from loquitur.pipeline.recipes import Wish
    from loquitur.settings import Settings

SETTINGS = (
    "profile", "asr", "diarizer", "emotion", "aligner", "llm", "translate", "language", "speakers",
    "jobs", "executor", "offline",
    "allow_private", "cookies", "cookies_from_browser", "rate_limit",
)  # fmt: skip
ENGINE_OPTIONS = {"asr": "asr", "diarization": "diarizer", "emotion": "emotion", "llm": "llm"}
_NO_NAMES = {"asr": (), "llm": ("none", AUTO)}
_NOTHING = "nothing to do: the list on standard input is empty"


@click.command(help="Captions for media: every stage, end to end.")
@speech_options
@publish_options
@everywhere
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> int:
    """Write captions for every input, and say where they are."""
    if not given["publish"]:
        if given["dry_run"] or given["draft"] is not None:
            raise UsageError("--dry-run and --draft are said of --publish", hint="see `plan` too")
        return _run_until(ctx, given, "subtitle", deliver=True)
    from loquitur.cli.youtube_publishing import check_publishing

    check_publishing(given["inputs"], given)
    return _run_until(ctx, given, "subtitle", deliver=True, publish=given["publish"])


@click.command(help="Captions for MEDIA from TEXT (txt, srt or vtt), which is what is said in it.")
@align_options
@everywhere
@click.pass_context
def align(ctx: click.Context, /, **given: Any) -> int:
    """Find when a given text is said, and write captions of it."""
    given["inputs"] = [given.pop("media")]
    return _run_until(ctx, given, "subtitle", deliver=True)


def _stage_verb(stage: str, text: str) -> click.Command:
    @click.command(name=stage, help=text)
    @speech_options
    @everywhere
    @click.pass_context
    def verb(ctx: click.Context, /, **given: Any) -> int:
        return _run_until(ctx, given, stage, deliver=bool(given.get("output")))

    command: click.Command = verb
    return command


acquire = _stage_verb("acquire", "Bring media here and say what they are.")
transcribe = _stage_verb("transcribe", "Words with times, up to that stage.")
diarize = _stage_verb("diarize", "Who speaks when, up to that stage.")
emotion = _stage_verb("emotion", "In what mood, up to that stage.")
weave = _stage_verb("weave", "One transcript from words, turns and moods.")


@click.command(help="Punctuation, capitals and obvious mishearings, up to that stage.")
@speech_options
@click.option("--diff", is_flag=True, help="Print what was changed, a line each, with its time.")
@everywhere
@click.pass_context
def refine(ctx: click.Context, /, **given: Any) -> int:
    """Polish the transcript, and say what was changed."""
    asked = "diff" if given.pop("diff") else ""
    return _run_until(ctx, given, "refine", deliver=bool(given.get("output")), show_as=asked)


subtitle = _stage_verb("subtitle", "Cues from the transcript.")


@click.command(help="What would run and what is in the store already; runs nothing.")
@speech_options
@publish_options
@everywhere
@click.pass_context
def plan(ctx: click.Context, /, **given: Any) -> int:
    """Print one row per stage of each input."""
    from loquitur import api

    as_json = given.pop("as_json")
    settings, wish, globals_ = resolved(ctx, given, "subtitle")
    api.format_names(settings.format)  # what `run` would refuse
    quiet = bool(globals_["quiet"]) or (as_json and not sys.stderr.isatty())
    rows = list(
        api.plan_inputs(
            given["inputs"],
            wish,
            settings,
            force=given["force"],
            stdin=sys.stdin,
            notify=None if quiet else tell,
        )
    )
    failed = [row.error for row in rows if row.error is not None]
    rows = [row for row in rows if row.error is None]
    for error in failed:
        tell_failure(error, as_json=as_json)
    code = exit_code_of(error.exit_code for error in failed)
    publishing = _publishing(given, settings) if rows else None
    if as_json:
        print_json([_plan_row(row) for row in rows] + ([publishing] if publishing else []))
        return code
    table = [
        (
            called(row.input), row.stage, row.engine or "-",
            "stored" if row.cached else "to run" if row.known else "after acquire",
            _cost(row),
        )
        for row in rows
    ]  # fmt: skip
    if not table and not failed and not globals_["quiet"]:
        tell(_NOTHING)
    if publishing:
        least, most = publishing["units"]
        cost = f"{least} to {most} units"
        table.append((called(publishing["input"]), "publish", "youtube", "to run", cost))
    if table:
        print_table(("input", "stage", "engine", "state", "cost"), table)
    if not globals_["quiet"]:
        for line in dict.fromkeys(
            f"{row.stage}: {row.engine} {row.model}".rstrip() + f" is taken: {row.why}"
            for row in rows
            if row.why
        ):
            tell(line)
    return code


def _publishing(given: dict[str, Any], settings: Settings) -> dict[str, Any] | None:
    """The row of `--publish`, which is no stage: nothing of it is kept, and it is never cached."""
    if not given["publish"]:
        return None
    from loquitur.cli.youtube_publishing import check_publishing
    from loquitur.youtube.references import video_id
    from loquitur.youtube.runs import planned_units

    check_publishing(given["inputs"], given)
    further = [code for code in settings.translate.split(",") if code.strip()]
    row = dict.fromkeys(("model", "key", "estimate_s", "tokens", "cost_usd", "why"))
    return {
        "input": without_password(given["inputs"][0]),
        "stage": "publish",
        "engine": "youtube",
        "cached": False,
        "known": True,
        **row,
        "video_id": video_id(given["publish"]),
        "units": planned_units(1 + len(further)),
    }


def _cost(row: PlannedStage) -> str:
    """What a stage takes: seconds, and of a language model tokens and money."""
    if row.cached:
        return ""
    parts = [] if row.estimate_s is None else [f"about {row.estimate_s:.0f} s"]
    if row.tokens is not None:
        parts.append(f"{row.tokens[0]:,} + {row.tokens[1]:,} tokens")
    if row.cost_usd is not None:
        parts.append(f"{row.cost_usd:.4f} USD" if row.cost_usd else "no fee")
    return ", ".join(parts)


def _plan_row(row: PlannedStage) -> dict[str, Any]:
    """A stage as `run` tells it: what it has none of is null."""
    found = dataclasses.asdict(row)
    del found["error"]
    found["input"] = without_password(row.input)
    return {name: None if value == "" else value for name, value in found.items()}


def resolved(
    ctx: click.Context, given: dict[str, Any], until: str, *, also: str = ""
) -> tuple[Settings, Wish, dict[str, Any]]:
    """The settings, the wish and the global options that a verb was given.

    Args:
        ctx: Of the verb.
        given: Its options.
        until: The last stage wanted.
        also: A kind of engine, beside the stages, whose options the verb takes.
    """
    from loquitur import api, registry

    globals_ = take_globals(ctx, given)
    overrides = {name: given.get(name) for name in SETTINGS}
    parameters = parameters_of(given["parameters"])
    overrides["environments"] = environments_among(parameters)
    _check_stages(parameters, also)
    if given.get("rules"):
        parameters.setdefault("subtitle.rules", given["rules"])
    if given.get("shots"):
        parameters.setdefault("subtitle.shots", "true")
    overrides["set"] = parameters
    overrides["format"] = given.get("formats")
    # with --publish the yes is to publishing: a model fetched on the way would change what is said
    agreed = given.get("yes") and not given.get("publish")
    overrides["fetch"] = "yes" if agreed else None
    overrides["output"] = given.get("output")
    settings = settings_of(globals_, **overrides)
    for kind, option in ENGINE_OPTIONS.items():
        wanted = given.get(option)
        if wanted and (wanted not in _NO_NAMES.get(kind, ("none",))):
            # a slip is told, whether this verb needs the engine or not
            registry.find(kind, wanted.partition(":")[0], api.environments_of(settings))
    if settings.executor == AUTO:
        settings = dataclasses.replace(settings, executor="processes")
    wish = dataclasses.replace(
        api.wish_of(settings), section=given.get("section") or "", until=until
    )
    return settings, wish, globals_


def _check_stages(parameters: Iterable[str], also: str) -> None:
    """Refuse what was typed for a stage that there is not.

    Raises:
        UsageError: There is none of that name; near names are offered.
    """
    from loquitur import stages

    for name in parameters:
        stage = name.partition(".")[0]
        if stage.partition(stages.VARIANT)[0] not in stages.STAGES and stage != also:
            known = [*stages.STAGES, *([also] if also else [])]
            raise UsageError(f"no stage is called '{stage}'", hint=near(stage, known))


def _run_until(
    ctx: click.Context, given: dict[str, Any], until: str, *, deliver: bool, show_as: str = "",
    publish: str = "",
) -> int:  # fmt: skip
    from loquitur import api
    from loquitur.cli.progress import listening, notifying
    from loquitur.delivery import unwritten

    as_json = given.pop("as_json")
    settings, wish, globals_ = resolved(ctx, given, until)
    if given.get("text"):
        wish = api.with_script(wish, Path(given["text"]), settings)
    # a program reads `--json`: its stderr has errors as JSON and nothing else
    quiet = bool(globals_["quiet"]) or (as_json and not sys.stderr.isatty())
    delivery = api.Delivery(
        folder=Path(settings.output) if deliver else None,
        formats=api.format_names(settings.format) if deliver else (),
    )
    verbose = int(globals_["verbose"] or 0)
    publisher = None
    if publish:
        publisher = _publisher(given, publish, settings, as_json=as_json, quiet=quiet)
        publisher.look()
    skipped = unwritten(until, delivery.formats) if given.get("formats") else ()
    if skipped and not quiet:
        tell(f"{until} writes no {', '.join(skipped)} (run and subtitle do)")
    with listening(quiet=quiet, verbose=verbose) as (listener, aside):
        results = api.run_many(
            given["inputs"],
            wish,
            settings,
            delivery=delivery,
            force=given["force"],
            stdin=sys.stdin,
            permit=permission(settings, quiet=quiet),
            notify=notifying(aside, quiet=quiet),
            listener=listener,
        )
        with closing(results):
            # `run` is about files; a stage's verb about that stage's result
            asked = show_as or ("" if ctx.info_name == "run" else until)
            show = partial(
                _show, asked=asked, as_json=as_json, quiet=quiet, verbose=verbose,
                publisher=publisher,
            )  # fmt: skip
            failures, count = _show_all(results, show, aside)
    return _summed_up(failures, count, quiet=quiet)


def _publisher(
    given: dict[str, Any], video: str, settings: Settings, *, as_json: bool, quiet: bool
) -> RunPublisher:
    from loquitur.cli.youtube_publishing import Counter, RunPublisher

    counter = Counter(
        settings=settings, as_json=as_json, quiet=quiet, dry_run=bool(given["dry_run"]),
        yes=bool(given["yes"]),
    )  # fmt: skip
    return RunPublisher(counter, video, draft=given["draft"])


def _show_all(
    results: Iterable[Result],
    show: Callable[[Result], None],
    aside: Aside,
) -> tuple[list[Result], int]:
    """Show each result as it comes; gives those that failed, and how many there were."""
    failures, count = [], 0
    for result in results:
        count += 1
        with aside():
            show(result)
        if result.error is not None:
            failures.append(result)
    return failures, count


def _show(
    result: Result, *, asked: str, as_json: bool, quiet: bool, verbose: int,
    publisher: RunPublisher | None = None,
) -> None:  # fmt: skip
    from loquitur.cli.results import describe, print_result

    name = called(result.input)
    if result.error is not None:
        if verbose > 1:
            tell_traceback(result.error)
        tell_failure(result.error, name=name, as_json=as_json)
        return
    if as_json:
        _print_document(describe(result, asked), result, publisher)
    else:
        print_result(result, asked)
    if not quiet:
        _tell_notes(result, name)
    if publisher is not None and not as_json:
        publisher.publish(result)


def _print_document(
    document: dict[str, Any], result: Result, publisher: RunPublisher | None
) -> None:
    """The document of a result; where publishing it fails, it is printed all the same."""
    if publisher is None:
        print_json(document, line=True)
        return
    try:
        document["published"] = publisher.publish(result)
    except LoquiturError:
        print_json({**document, "published": None}, line=True)
        raise
    print_json(document, line=True)


def _tell_notes(result: Result, name: str) -> None:
    from loquitur.cli.results import is_draft, script_match

    match = script_match(result)
    if match is not None:
        tell(f"{name}: {match:.0%} of the text was heard")
    if is_draft(result) and not any("draft quality" in notice for notice in result.notices):
        tell(f"{name}: draft quality, check before use")
    for note in result.transcript.notes if result.transcript is not None else ():
        tell(f"{name}: {note}")


def _summed_up(failures: list[Result], count: int, *, quiet: bool) -> int:
    """Tell what failed, why, and what to do, where there were several; gives the exit code."""
    if not count and not quiet:
        tell(_NOTHING)
    if failures and count > 1 and not quiet:
        tell(f"{count - len(failures)} of {count} inputs done, {len(failures)} failed:")
        for result in failures:
            name, error = called(result.input), result.error
            if error is None:
                continue
            hint = f" ({error.hint})" if error.hint else ""
            tell(f"  {result.failed_stage}: {message_of(error, name)}{hint}")
    return exit_code_of(result.error.exit_code for result in failures if result.error is not None)


def permission(settings: Settings, *, quiet: bool) -> Callable[[str], bool] | None:
    """Who says whether a missing model is fetched: the settings, or somebody at a terminal."""
    if settings.fetch == "yes":
        return partial(_allow, quiet=quiet)
    if settings.fetch == "no" or quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> bool:
        return click.confirm(question, default=False, err=True)

    return ask


def _allow(question: str, *, quiet: bool) -> bool:
    """Yes to a fetch, which is told all the same."""
    if not quiet:
        tell(f"{question} yes, as --yes or the settings say")
    return True
