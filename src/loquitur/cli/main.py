"""The entry point: a table of verbs, each imported only when it is chosen; errors to exit codes."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from loquitur.cli.groups import LazyVerbs
from loquitur.errors import LoquiturError

if TYPE_CHECKING:
    from collections.abc import Sequence

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "run": ("loquitur.cli.speech:run", "Captions for media: every stage, end to end."),
    "plan": ("loquitur.cli.speech:plan", "What would run and what is stored; runs nothing."),
    "acquire": ("loquitur.cli.speech:acquire", "Bring media here and say what they are."),
    "transcribe": ("loquitur.cli.speech:transcribe", "Words with times."),
    "diarize": ("loquitur.cli.speech:diarize", "Who speaks when."),
    "emotion": ("loquitur.cli.speech:emotion", "In what mood."),
    "align": ("loquitur.cli.speech:align", "Captions from a given text and its sound."),
    "weave": ("loquitur.cli.speech:weave", "One transcript from words, turns and moods."),
    "refine": ("loquitur.cli.speech:refine", "Punctuation, capitals, obvious mishearings."),
    "subtitle": ("loquitur.cli.speech:subtitle", "Cues from the transcript."),
    "subs": (
        "loquitur.cli.subs:subs",
        "Caption files: convert, check, mend, cut anew, move, join.",
    ),
    "speakers": (
        "loquitur.cli.speakers:speakers",
        "Name and merge speakers, know voices again, forget them.",
    ),
    "youtube": (
        "loquitur.cli.youtube:youtube",
        "Caption tracks, search, statistics, comments, chats, publishing.",
    ),
    "insight": (
        "loquitur.cli.insight:insight",
        "Distributions, chats, sentiment, novelty, chapters; tables and one page.",
    ),
    "library": (
        "loquitur.cli.library:library",
        "Everything a channel ever said: add, update, verify, study sheets.",
    ),
    "search": ("loquitur.cli.search:search", "Find where something is said, to the second."),
    "ask": ("loquitur.cli.ask:ask", "Answers out of a library, each with the moment it is from."),
    "describe": (
        "loquitur.cli.describe:describe",
        "Sentences for clips: data, features, train, evaluate, predict, export.",
    ),
    "label": (
        "loquitur.cli.label:label",
        "What a video is about: data, features, train, evaluate, compare, predict, export.",
    ),
    "engines": ("loquitur.cli.engines:engines", "Every engine, and what it takes to use it."),
    "models": ("loquitur.cli.engines:models", "List, pull, locate and verify models."),
    "eval": ("loquitur.cli.evaluation:evaluate", "Score results against a reference."),
    "bench": ("loquitur.cli.bench:bench", "Compare engines on your own files."),
    "store": ("loquitur.cli.store:store", "Look into the store, verify it, clean it up."),
    "settings": ("loquitur.cli.machine:settings", "Every setting and where it comes from."),
    "doctor": ("loquitur.cli.machine:doctor", "What works on this machine, and what is missing."),
    "completion": ("loquitur.cli.machine:completion", "Shell completion for bash, zsh or fish."),
}

# what a stdout on a full or failing disk answers; no file is named then
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class LazyGroup(LazyVerbs):
    """The verbs of the table above; output that nobody takes any more is no failure."""

    table = VERBS

    def invoke(self, ctx: click.Context) -> object:
        """The chosen verb; a reader of our output that went away (`| head`) ends it in peace."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return _close_quietly()


def _print_version(ctx: click.Context, param: click.Parameter, value: object) -> None:
    del param
    if value and not ctx.resilient_parsing:
        from loquitur import __version__

        click.echo(f"loquitur {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--store", metavar="DIR", help="Folder of the store.")
@click.option("--config", metavar="FILE", help="Settings file instead of loquitur.toml.")
@click.option("-v", "--verbose", count=True, help="Say more; twice for tracebacks.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no notices.")
@click.option("--no-color", is_flag=True, help="No colours.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def cli(ctx: click.Context, /, **given: object) -> None:
    """Understand video: who spoke, what, when and in what mood."""
    ctx.obj = dict(given)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and exit with its code (0, 1, 2, 3, 4, 5 or 130)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name the terminal cannot show is no failure
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    arguments = arguments or ["--help"]
    as_json = "--json" in arguments
    verbose = arguments.count("--verbose")
    verbose += sum(item.count("v") for item in arguments if item in ("-v", "-vv", "-vvv"))
    try:
        code = cli.main(args=arguments, prog_name="loquitur", standalone_mode=False)
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except (KeyboardInterrupt, click.Abort):
        _tell_error("interrupted", "the same command goes on where it stopped", "LQ-STOP", as_json)
        return 130
    except click.UsageError as exc:
        if isinstance(exc, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            _tell_help(exc.format_message())
            return 2
        hint = f"see `{exc.ctx.command_path} --help`" if exc.ctx else ""
        _tell_error(_one_line(exc.format_message()), hint, "LQ-USAGE", as_json)
        return 2
    except click.ClickException as exc:
        _tell_error(_one_line(exc.format_message()), "", "LQ-USAGE", as_json)
        return 2
    except LoquiturError as exc:
        if verbose > 1:
            _print_traceback(exc)
        _tell_error(exc.message, exc.hint, exc.code, as_json)
        return exc.exit_code
    except Exception as exc:  # noqa: BLE001 - the last stop: a line instead of a traceback
        if verbose > 1:
            _print_traceback(exc)
        if isinstance(exc, OSError) and exc.errno in _FULL and exc.filename is None:
            _close_quietly()
            _tell_error(f"cannot write the output: {exc.strerror}", "", "LQ-OUTPUT", as_json)
            return 1
        hint = "this is a defect of Loquitur; report it with the output of -vv"
        _tell_error(f"{type(exc).__name__}: {exc}", hint, "LQ-DEFECT", as_json)
        return 1
    return code if isinstance(code, int) else 0


def _one_line(text: str) -> str:
    """Click lists choices on lines of their own; an error here is one line."""
    return " ".join(text.split())


def _tell_error(message: str, hint: str, code: str, as_json: bool) -> None:
    from loquitur.cli.output import tell_error

    tell_error(message, hint=hint, code=code, as_json=as_json)


def _tell_help(text: str) -> None:
    from loquitur.cli.output import tell_raw

    tell_raw(text)


def _print_traceback(error: BaseException) -> None:
    from loquitur.cli.output import tell_traceback

    tell_traceback(error)


def _close_quietly() -> int:
    """Our output is taken no more (`| head`, a full disk): no traceback, none at exit either."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    main()
