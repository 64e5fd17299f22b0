"""`ask` without a question: one question after another, and commands that begin with `/`."""

from __future__ import annotations

import contextlib
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.ask_view import show, show_citations, tell_claim
from loquitur.cli.library_filters import filter_options, filters_of
from loquitur.cli.output import print_json, tell
from loquitur.errors import LoquiturError, UsageError
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from loquitur.library.asking import Conversation

HELP = """\
/help                what may be typed
/sources             the passages of the last answer again
/save FILE           all answers with their evidence (.md or .json)
/filter [OPTIONS]    which passages are looked at from now on, as on the command line; none: all
/quit                the end; so is the end of the input"""


def converse(talk: Conversation, given: Mapping[str, Any], *, quiet: bool = False) -> None:
    """Answer questions until the input ends.

    Args:
        talk: The conversation.
        given: The values of `ask`'s options.
        quiet: Say nothing but answers.
    """
    from loquitur.library.asking import empty_error
    from loquitur.library.saving import plain, save

    if next(talk.index.volumes(), None) is None:
        raise empty_error(talk.name)
    terminal = sys.stdin.isatty() and not given["as_json"]
    if terminal and not quiet:
        held = counted(talk.index.counts().volumes, "video")
        tell(f"{talk.name}: {held}. Ask, or type /help; Ctrl-D ends.")
    for line in _lines(terminal=terminal):
        if not line.strip():
            continue
        try:
            if line.lstrip().startswith("/"):
                if not _obey(line.strip(), talk):
                    break
                continue
            reply = talk.ask(line, told=None if given["as_json"] else tell_claim)
        except KeyboardInterrupt:
            tell("stopped")
            continue
        except LoquiturError as exc:
            if not terminal:
                raise
            _tell(exc)
            continue
        if given["as_json"]:
            print_json(plain(reply), line=True)
        else:
            show(reply)
            click.echo()
    if given["save"]:
        save(talk.replies, given["save"], library=talk.name)
        tell(f"wrote {given['save']}")


def _lines(*, terminal: bool) -> Iterator[str]:
    """What is typed, a line at a time; Ctrl-C at an empty prompt gives a new one."""
    if not terminal:
        yield from sys.stdin
        return
    with contextlib.suppress(ImportError):  # absent where Python was built without it
        import readline  # noqa: F401 - it changes what `input` can do
    while True:
        try:
            yield input("? ")
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            click.echo()


def _obey(line: str, talk: Conversation) -> bool:
    """Do what a command says; False where it ends the conversation."""
    name, _, rest = line.partition(" ")
    if name in ("/quit", "/exit"):
        return False
    command = _COMMANDS.get(name)
    if command is None:
        raise UsageError(f"no command {name}", hint="/help lists them")
    command(talk, rest.strip())
    return True


def _help(talk: Conversation, rest: str) -> None:
    del talk, rest
    click.echo(HELP)


def _sources(talk: Conversation, rest: str) -> None:
    del rest
    if not talk.replies:
        raise UsageError("nothing was asked so far")
    last = talk.replies[-1]
    show_citations(last.citations or last.nearest)


def _save(talk: Conversation, rest: str) -> None:
    from loquitur.library.saving import save

    if not rest:
        raise UsageError("/save takes a file", hint="/save answers.md")
    save(talk.replies, rest, library=talk.name)
    tell(f"wrote {rest}")


def _filter(talk: Conversation, rest: str) -> None:
    try:
        words = shlex.split(rest)
    except ValueError as exc:
        raise UsageError(f"{rest}: {exc}", hint='/filter --speaker "Ada Lovelace"') from exc
    try:
        context = _filters.make_context("/filter", words)
    except (click.UsageError, click.exceptions.Exit) as exc:
        said = exc.format_message() if isinstance(exc, click.UsageError) else "no help here"
        raise UsageError(said, hint='/filter --speaker "Ada Lovelace"') from exc
    talk.narrow(filters_of(context.params))
    tell("from now on: " + (rest or "everything"))


@click.command(add_help_option=False)
@filter_options
def _filters(**given: Any) -> None:
    """The options of `/filter`."""


_COMMANDS: dict[str, Callable[[Conversation, str], None]] = {
    "/help": _help,
    "/sources": _sources,
    "/save": _save,
    "/filter": _filter,
}


def _tell(error: LoquiturError) -> None:
    tell(f"{error.message}" + (f" ({error.hint})" if error.hint else ""))
