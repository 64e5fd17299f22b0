"""`ask`: a question to a library, or a conversation where none is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.ask_view import show, tell_claim
from loquitur.cli.library_filters import filter_options, filters_of
from loquitur.cli.library_options import existing, library_option
from loquitur.cli.options import everywhere, parameters_of, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loquitur.library.answers.spending import Ceiling
    from loquitur.library.asking import AskOptions


def personas() -> Iterable[str]:
    """The names of tones, for completion."""
    from loquitur.library.answers.personas import personas as known

    return known()


@click.command(
    help="An answer out of a library: sentences as they were said, each with the moment it is from,"
    " or none where nothing answers the question. Without a QUESTION: one after another, from the"
    " terminal or a line each from a pipe."
)
@click.argument("question", nargs=-1, metavar="[QUESTION]")
@library_option
@click.option(
    "--mode",
    type=click.Choice(("hybrid", "words", "meaning")),
    default="hybrid",
    help="How passages are found.",
)
@click.option(
    "-k",
    "candidates",
    type=click.IntRange(1, 1_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Passages that are read.",
)
@click.option(
    "--refuse-below",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="The confidence below which there is no answer; the calibrated one by default.",
)
@click.option(
    "--llm",
    default="none",
    show_default=True,
    metavar="NAME[:MODEL]",
    shell_complete=completing.names(completing.engines("llm", "none")),
    help="A language model words the answer; each of its sentences is held against the passages.",
)
@click.option(
    "--persona",
    default="",
    metavar="NAME",
    shell_complete=completing.names(personas),
    help="In what tone the language model answers.",
)
@click.option(
    "--budget",
    default="",
    metavar="TOKENS|$USD",
    help="What a conversation may cost, `20000` tokens or `$0.05`; more is not asked for.",
)
@click.option(
    "--set", "parameters", multiple=True, metavar="llm.KEY=VALUE", help="Of the language model."
)
@click.option(
    "--save",
    default="",
    metavar="FILE",
    shell_complete=completing.files,
    help="The answers with their evidence too: .md or .json.",
)
@filter_options
@everywhere
@click.pass_context
def ask(ctx: click.Context, /, **given: Any) -> None:
    """Answer a question, or one after another."""
    globals_ = take_globals(ctx, given)
    for one in given["parameters"]:
        if not one.startswith("llm."):
            raise UsageError(f"nothing here has '{one}'", hint="--set llm.KEY=VALUE")
    settings = settings_of(globals_, set=parameters_of(given["parameters"]))
    from loquitur.library.saving import check_suffix, plain, save

    if given["save"]:
        check_suffix(given["save"])
    options = _options(given)
    with existing(settings, given) as library:
        if not given["question"]:
            from loquitur.cli.ask_conversation import converse

            talk = library.conversation(llm=given["llm"], options=options)
            converse(talk, given, quiet=bool(globals_["quiet"]))
            return
        told = None if given["as_json"] else tell_claim
        reply = library.ask(
            " ".join(given["question"]), llm=given["llm"], options=options, told=told
        )
        if given["as_json"]:
            print_json(plain(reply))
        else:
            show(reply)
        if given["save"]:
            save([reply], given["save"], library=library.name)
            tell(f"wrote {given['save']}")


def _options(given: Mapping[str, Any]) -> AskOptions:
    """How questions are answered, as the options say."""
    from loquitur.library.answers.composing import AnswerOptions
    from loquitur.library.answers.personas import DEFAULT, persona
    from loquitur.library.asking import AskOptions

    tone = given["persona"] or DEFAULT
    persona(tone)  # a name that is none is told before a model is loaded
    return AskOptions(
        filters=filters_of(given),
        mode=given["mode"],
        candidates=given["candidates"],
        refuse_below=given["refuse_below"],
        answers=AnswerOptions(persona=tone, conversation_ceiling=_ceiling(given["budget"])),
    )


def _ceiling(budget: str) -> Ceiling:
    """What a conversation may cost.

    Raises:
        UsageError: It is neither tokens nor dollars.
    """
    from loquitur.library.answers.spending import Ceiling

    text = budget.strip().replace(",", "")
    try:
        if not text:
            return Ceiling()
        return Ceiling(usd=float(text[1:])) if text[0] == "$" else Ceiling(tokens=int(text))
    except ValueError as exc:
        raise UsageError(
            f"no budget: '{budget}'", hint="expected tokens (20000) or dollars ('$0.05')"
        ) from exc
