"""Options that many verbs share, and the settings they resolve to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.completing import names
from loquitur.errors import UsageError
from loquitur.settings import Settings, load_secrets, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

GLOBAL_NAMES = ("store", "config", "verbose", "quiet", "no_color")


def with_options(command: Callable[..., Any], options: Sequence[Decorator]) -> Callable[..., Any]:
    """A verb with options (and arguments) that it shares, which its help lists in their order."""
    for decorate in reversed(options):
        command = decorate(command)
    return command


def everywhere(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json` and the global options, which a verb takes after its name too."""
    return with_options(command, _EVERYWHERE)


def take_globals(ctx: click.Context, given: dict[str, Any]) -> dict[str, Any]:
    """The global options, wherever they stood; they are taken out of `given`."""
    before = ctx.obj or {}
    found = {name: given.pop(name, None) or before.get(name) for name in GLOBAL_NAMES}
    if found["no_color"]:
        ctx.color = False
    return found


def settings_of(globals_: dict[str, Any], **overrides: Any) -> Settings:
    """Settings resolved from all layers; empty and unset options are no override.

    Secrets of a `.env` file go into this process's environment, where engines and their libraries
    look for them; they are no settings.
    """
    given = {name: value for name, value in overrides.items() if value not in (None, "", (), {})}
    if globals_.get("store"):
        given["store"] = globals_["store"]
    config = Path(globals_["config"]) if globals_.get("config") else None
    settings = resolve(given, config=config).settings
    load_secrets(config=config)
    return settings


def parameters_of(items: Iterable[str]) -> dict[str, str]:
    """`STAGE.KEY=VALUE` items as a mapping.

    Raises:
        UsageError: An item without `=` or without a dot before it.
    """
    found = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or "." not in name:
            raise UsageError(f"not a parameter: '{item}'", hint="expected --set STAGE.KEY=VALUE")
        found[name.strip()] = value.strip()
    return found


def environments_among(parameters: dict[str, str]) -> dict[str, str]:
    """The `environments.KIND.NAME=PATH` among parameters, taken out of them."""
    names = [name for name in parameters if name.startswith("environments.")]
    return {name.partition(".")[2]: parameters.pop(name) for name in names}


def speech_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `run` and of the verbs that stop at an earlier stage."""
    return with_options(command, _SPEECH)


def hearing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How media are heard, and fetched, by a verb that is about something else."""
    return with_options(command, (*_ENGINES, *_RUNNING))


def running_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How inputs are fetched and worked on, by a verb with engines of its own."""
    return with_options(command, _RUNNING)


def publish_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `run --publish`; `--yes` is that of the speech options."""
    return with_options(command, _PUBLISHING)


def align_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `align`: those of `run`, for one medium and its text."""
    media, text = click.argument("media", metavar="MEDIA"), click.argument("text", metavar="TEXT")
    return with_options(command, (media, text, *_SPEECH[1:]))


_EVERYWHERE: tuple[Decorator, ...] = (
    click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    click.option(
        "--store", metavar="DIR", help="Folder of the store.", shell_complete=completing.folders
    ),
    click.option("--config", metavar="FILE", hidden=True, shell_complete=completing.files),
    click.option("-v", "--verbose", count=True, hidden=True),
    click.option("-q", "--quiet", is_flag=True, hidden=True),
    click.option("--no-color", is_flag=True, hidden=True),
)
_PUBLISHING: tuple[Decorator, ...] = (
    click.option(
        "--publish",
        metavar="VIDEO",
        default="",
        help="Make the captions a track of this video of yours; asks, or needs --yes.",
    ),
    click.option("--dry-run", is_flag=True, help="Show what --publish would do."),
    click.option("--draft/--no-draft", default=None, help="Published hidden from viewers, or not."),
)
_ENGINES: tuple[Decorator, ...] = (
    click.option(
        "--profile",
        metavar="NAME",
        shell_complete=names(completing.profiles),
        help="auto, offline, light or best.",
    ),
    click.option(
        "--asr",
        metavar="NAME[:MODEL]",
        shell_complete=names(completing.engines("asr")),
        help="Recognition engine.",
    ),
    click.option(
        "--diarizer",
        metavar="NAME[:MODEL]",
        shell_complete=names(completing.engines("diarization", "none")),
        help="Diarization engine, or none.",
    ),
    click.option(
        "--emotion",
        metavar="NAME[:MODEL]",
        shell_complete=names(completing.engines("emotion", "none")),
        help="Emotion engine, or none.",
    ),
)
_RUNNING: tuple[Decorator, ...] = (
    click.option("--jobs", type=int, metavar="N", help="Inputs worked on side by side."),
    click.option(
        "--executor",
        metavar="NAME",
        shell_complete=names(completing.executors),
        help="local or processes.",
    ),
    click.option(
        "--set",
        "parameters",
        multiple=True,
        metavar="STAGE.KEY=VALUE",
        help="A parameter of a stage or its engine; a wrong key names the right ones.",
    ),
    click.option("--offline", is_flag=True, default=None, help="Fetch nothing."),
    click.option(
        "--yes",
        is_flag=True,
        default=None,
        help="Fetch a missing model without asking; with --publish, publish without asking.",
    ),
    click.option(
        "--allow-private", is_flag=True, default=None, help="Fetch from private addresses."
    ),
    click.option(
        "--cookies",
        metavar="FILE",
        shell_complete=completing.files,
        help="Cookie file for sites that ask for a login.",
    ),
    click.option("--cookies-from-browser", metavar="NAME", help="Take them from a browser."),
    click.option("--rate-limit", type=int, metavar="BYTES", help="Download limit, bytes a second."),
)
_SPEECH: tuple[Decorator, ...] = (
    click.argument(
        "inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=completing.files
    ),
    click.option(
        "-o",
        "output",
        metavar="DIR",
        shell_complete=completing.folders,
        help="Output folder; `run` takes loquitur-out.",
    ),
    *_ENGINES,
    click.option(
        "--aligner",
        metavar="NAME[:MODEL]",
        shell_complete=names(completing.engines("alignment", "none")),
        help="Word times by this engine, or none.",
    ),
    click.option(
        "--llm",
        metavar="NAME[:MODEL]",
        shell_complete=names(completing.engines("llm", "none")),
        help="What polishes the text, or none; by default bare words get punctuation.",
    ),
    click.option("--translate", metavar="CODE,...", help="Further tracks in these languages."),
    click.option("--language", metavar="CODE", help="BCP 47 tag, or auto."),
    click.option("--speakers", metavar="N|MIN-MAX", help="How many speak, where known."),
    click.option(
        "--format",
        "formats",
        metavar="LIST",
        help="vtt,srt,sbv,ass,ttml,json3,json,txt,md,csv ...",
    ),
    click.option(
        "--rules",
        metavar="NAME",
        shell_complete=names(completing.rules),
        help="Guideline of the captions: netflix, bbc, youtube, vertical ..., or a TOML file.",
    ),
    click.option("--shots", is_flag=True, help="Captions heed the cuts of the pictures."),
    click.option("--section", metavar="FROM-TO", help="HH:MM:SS-HH:MM:SS of the medium."),
    click.option(
        "--force",
        multiple=True,
        metavar="STAGE",
        shell_complete=names(completing.stages),
        help="Run a stage again, and those that use it.",
    ),
    *_RUNNING,
)
