"""`speakers`: name and merge the speakers of a medium, know voices again, forget them."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.groups import Verbs
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.media.urls import without_password
from loquitur.settings import AUTO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.speakers import Person
    from loquitur.pipeline.events import Listener
    from loquitur.settings import Settings
    from loquitur.speakers import Diarized, Heard

_CONSENT = "kept on this machine only; enroll who agreed to it (docs/speakers.md)"
_INPUT = click.argument("medium", metavar="[INPUT]", default="", shell_complete=completing.files)


@click.group(cls=Verbs, help="Name speakers, merge them, know voices again, forget them.")
def speakers() -> None:
    """The speakers of a medium, and the known voices."""


@speakers.command(
    name="list",
    help="The speakers of a medium and the nearest known voices; without INPUT, the known voices.",
)
@_INPUT
@everywhere
@click.pass_context
def list_(ctx: click.Context, /, **given: Any) -> None:
    """Print one row per speaker, or per known voice."""
    from loquitur import speakers as people

    as_json = given.pop("as_json")
    with _at_work(ctx, given, as_json=as_json) as (settings, listener, quiet):
        if not given["medium"]:
            _print_known(people.known(settings), as_json=as_json)
            return
        medium = people.find(settings, given["medium"], listener=listener)
        heard, told = people.look(settings, medium, listener=listener)
    for line in told if not quiet else ():
        tell(line)
    if as_json:
        print_json({**_medium_json(medium), "speakers": [_heard_json(one) for one in heard]})
        return
    header = ("speaker", "name", "share", "alone", "nearest known voice", "likeness")
    print_table(header, [_heard_row(one) for one in heard])


@speakers.command(
    help='Name a speaker ("" for none); without INPUT, of the newest medium with speakers.'
)
@click.argument("speaker")
@click.argument("name")
@_INPUT
@everywhere
@click.pass_context
def name(ctx: click.Context, /, **given: Any) -> None:
    """Keep the name; the next run of the medium writes it."""
    from loquitur import speakers as people

    as_json = given.pop("as_json")
    with _at_work(ctx, given, as_json=as_json) as (settings, _, quiet):
        medium = _found(settings, given["medium"], quiet=quiet)
        label = people.name(settings, medium, given["speaker"], given["name"])
    if as_json:
        called = given["name"] or None
        print_json({**_medium_json(medium), "speaker": label, "name": called})
    elif not quiet:
        tell(f"{label} is {given['name'] or 'without a name'}; run the medium again to write it")


@speakers.command(
    help="Say that two speakers are one; without INPUT, of the newest medium with speakers."
)
@click.argument("speaker", metavar="FROM")
@click.argument("into", metavar="INTO")
@_INPUT
@everywhere
@click.pass_context
def merge(ctx: click.Context, /, **given: Any) -> None:
    """Keep the merge; the next run of the medium writes it."""
    from loquitur import speakers as people

    as_json = given.pop("as_json")
    with _at_work(ctx, given, as_json=as_json) as (settings, _, quiet):
        medium = _found(settings, given["medium"], quiet=quiet)
        label = people.merge(settings, medium, given["speaker"], given["into"])
    if as_json:
        print_json({**_medium_json(medium), "from": given["speaker"], "into": label})
    elif not quiet:
        tell(f"{given['speaker']} is {label}; run the medium again to write it")


@speakers.command(
    help="Forget names and merges; without INPUT, of the newest medium with speakers."
)
@_INPUT
@everywhere
@click.pass_context
def reset(ctx: click.Context, /, **given: Any) -> None:
    """Leave the labels as the diarizer gave them."""
    from loquitur import speakers as people

    as_json = given.pop("as_json")
    with _at_work(ctx, given, as_json=as_json) as (settings, _, quiet):
        medium = _found(settings, given["medium"], quiet=quiet)
        there = people.reset(settings, medium)
    if as_json:
        print_json({**_medium_json(medium), "reset": there})
    elif not quiet:
        tell("names and merges are gone" if there else "there were no names and no merges")


@speakers.command(help="Keep a voice of a medium under a name, to know it again in others.")
@click.argument("name")
@click.argument("medium", metavar="INPUT", shell_complete=completing.files)
@click.option("--speaker", metavar="LABEL", default="", help="Whose voice, where several speak.")
@everywhere
@click.pass_context
def enroll(ctx: click.Context, /, **given: Any) -> None:
    """Say what was kept, and where it stays."""
    from loquitur import speakers as people

    as_json = given.pop("as_json")
    with _at_work(ctx, given, as_json=as_json) as (settings, listener, quiet):
        medium = people.find(settings, given["medium"], listener=listener)
        person, label = people.enroll(
            settings, given["name"], medium, label=given["speaker"], listener=listener
        )
    newest = person.enrolments[-1]
    if as_json:
        print_json(
            {**_medium_json(medium), "speaker": label, "speech_ms": newest.speech_ms,
             **_person_json(person)}
        )  # fmt: skip
    elif not quiet:
        tell(f"{person.name} is known by {newest.speech_ms / 1000:.1f} s of {label}: {_CONSENT}")


@speakers.command(help="Remove a known voice, and all that was enrolled of it.")
@click.argument("name")
@everywhere
@click.pass_context
def forget(ctx: click.Context, /, **given: Any) -> None:
    """Say what is gone."""
    from loquitur import speakers as people

    as_json = given.pop("as_json")
    with _at_work(ctx, given, as_json=as_json) as (settings, _, quiet):
        gone = people.forget(settings, given["name"])
    if as_json:
        print_json({"name": given["name"], "enrolments": len(gone)})
    elif not quiet:
        tell(f"{given['name']} is forgotten ({len(gone)} enrolments)")


@contextmanager
def _at_work(
    ctx: click.Context, given: dict[str, Any], *, as_json: bool
) -> Iterator[tuple[Settings, Listener, bool]]:
    """The settings, a listener that shows progress, and whether to keep quiet."""
    from loquitur.cli.progress import listening

    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    if settings.executor == AUTO:
        settings = dataclasses.replace(settings, executor="processes")
    quiet = bool(globals_["quiet"]) or (as_json and not sys.stderr.isatty())
    verbose = int(globals_["verbose"] or 0)
    with listening(quiet=quiet, verbose=verbose) as (listener, _):
        yield settings, listener, quiet


def _found(settings: Settings, given: str, *, quiet: bool) -> Diarized:
    """The medium named, or the newest one, and then which that is."""
    from loquitur import speakers as people

    medium = people.find(settings, given)
    if not given and not quiet:
        tell(f"{medium.title}: the newest medium with speakers ({medium.record.started})")
    return medium


def _medium_json(medium: Diarized) -> dict[str, Any]:
    return {
        "input": without_password(medium.given) if medium.given else None,
        "media_id": medium.record.media_id,
        "title": medium.title,
        "diarization": medium.key,
    }


def _heard_json(one: Heard) -> dict[str, Any]:
    return {
        "id": one.label,
        "name": one.name or None,
        "by_voice": one.by_voice,
        "merged_into": one.into or None,
        "share": one.share,
        "speech_ms": one.speech_ms,
        "known": [{"name": who, "score": score} for who, score in one.nearest],
    }


def _heard_row(one: Heard) -> tuple[str, ...]:
    named = f"{one.name} (by voice)" if one.by_voice else one.name
    who, score = one.nearest[0] if one.nearest else ("", None)
    return (
        f"{one.label} = {one.into}" if one.into else one.label,
        named or "-",
        f"{one.share:.0%}",
        _alone(one.speech_ms),
        who or "-",
        "" if score is None else f"{score:.2f}",
    )


def _alone(speech_ms: int | None) -> str:
    if speech_ms is None:
        return "-"
    return f"{speech_ms / 1000:.1f} s" if speech_ms else "too little"


def _print_known(known: tuple[Person, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({"known": [_person_json(person) for person in known]})
        return
    if not known:
        tell('no voice is known yet: loquitur speakers enroll "NAME" INPUT')
        return
    rows = [
        (
            person.name,
            len(person.enrolments),
            f"{sum(one.speech_ms for one in person.enrolments) / 1000:.1f} s",
            person.enrolments[-1].when[:10],
            ", ".join(dict.fromkeys(one.title for one in person.enrolments)),
        )
        for person in known
    ]
    print_table(("name", "enrolments", "speech", "last", "from"), rows, fit=True)


def _person_json(person: Person) -> dict[str, Any]:
    """Somebody without the numbers of the voice: those are nobody's to print."""
    return {
        "name": person.name,
        "engine": person.engine.name,
        "model": person.engine.model,
        "enrolments": [
            {
                "media_id": one.media_id,
                "title": one.title,
                "speaker": one.speaker,
                "speech_ms": one.speech_ms,
                "when": one.when,
            }
            for one in person.enrolments
        ],
    }
