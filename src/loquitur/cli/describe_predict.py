"""`describe predict`: sentences for videos; as files, as a spoken track, in a library."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing, predicting
from loquitur.cli.options import everywhere, running_options, with_options
from loquitur.cli.output import called, print_json, print_table, tell
from loquitur.errors import UsageError
from loquitur.text import counted, display
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.cli.progress import Aside
    from loquitur.delivery import FileNames
    from loquitur.describing import Described
    from loquitur.library.shelf import Library
    from loquitur.settings import Settings
    from loquitur.vision.audio_description import Fitted, Pace

STAGE = "describe"
_BY = ("auto", "whole", "shots", "windows")
_MS = {"length": "length_ms", "step": "step_ms"}

_WHAT = (
    click.argument(
        "inputs", nargs=-1, required=True, metavar="VIDEO...", shell_complete=completing.files
    ),
    click.option(
        "--model",
        default="",
        metavar="RUN|ENGINE[:MODEL]",
        shell_complete=completing.names(completing.engines("description")),
        help="A run of `describe train`, what `describe export` wrote, or an engine; by default"
        " the embedded one, which measures and knows no object.",
    ),
    click.option(
        "--by",
        type=click.Choice(_BY),
        default=None,
        help="What gets a sentence: auto takes the whole up to 30 s, else the shots.",
    ),
    click.option("--length", type=float, metavar="SECONDS", help="Of a window (10)."),
    click.option(
        "--step", type=float, metavar="SECONDS", help="From window to window (their length)."
    ),
    click.option("--section", default="", metavar="FROM-TO", help="HH:MM:SS-HH:MM:SS of it alone."),
    click.option("--beam", type=click.IntRange(1, 64), metavar="N", help="Sentences considered."),
    click.option(
        "--alternatives", type=click.IntRange(0, 64), metavar="N", help="Others that are told."
    ),
    click.option("--language", default="", metavar="CODE", help="Where the engine writes several."),
    click.option("--device", default="", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps."),
)
_WHERE = (
    click.option(
        "-o", "output", metavar="DIR", shell_complete=completing.folders, help="Output folder."
    ),
    click.option(
        "--format", "forms", default="", metavar="LIST", help="json,vtt,txt,srt,csv (json,vtt)."
    ),
    click.option(
        "--dialogue",
        default="",
        metavar="FILE|auto",
        shell_complete=completing.files,
        help="Fit the sentences into the pauses of this transcript or these captions, or of what is"
        " heard (auto): a draft of an audio description.",
    ),
    click.option("--words-per-minute", type=click.IntRange(30, 600), metavar="N", help="160."),
    click.option(
        "--library", default="", metavar="NAME", help="Put them into this library, to be searched."
    ),
    click.option("--force", is_flag=True, help="Describe again what is in the store."),
)


@click.command("predict", help="Sentences for videos: what is seen, with times.")
@partial(with_options, options=(*_WHAT, *_WHERE))
@running_options
@everywhere
@click.pass_context
def predict(ctx: click.Context, /, **given: Any) -> None:
    """Describe every input, and print or write what came of it."""
    from loquitur import describing
    from loquitur.cli.progress import listening, notifying
    from loquitur.cli.speech import permission, resolved
    from loquitur.delivery import FileNames, check_folder
    from loquitur.library.places import identity_of
    from loquitur.vision.description_files import forms_of

    as_json = bool(given.pop("as_json"))
    library, wanted = given.pop("library"), given.pop("forms")
    forms = forms_of(wanted or ("json,vtt" if given["output"] else ""))
    if forms and not given["output"] and wanted:
        raise UsageError("--format is of files", hint="-o DIR says where to")
    given["parameters"] = [*given["parameters"], *_parameters(given)]
    pace = _pace(given)
    settings, wish, globals_ = resolved(ctx, {**given, "language": ""}, STAGE)
    if library:
        identity_of(library, settings)  # a wrong name is told before anything is looked at
    folder = Path(given["output"]) if given["output"] else None
    if folder is not None:
        check_folder(folder)
    wish = describing.wish_of(settings, model=given["model"], parameters=wish.parameters)
    quiet = bool(globals_["quiet"]) or (as_json and not sys.stderr.isatty())
    with (
        predicting.shelf_of(library, settings) as shelf,
        listening(quiet=quiet, verbose=int(globals_["verbose"] or 0)) as (listener, aside),
    ):
        delivery = _Delivery(
            settings=settings, folder=folder, forms=forms, dialogue=given["dialogue"], pace=pace,
            library=shelf, as_json=as_json, quiet=quiet, listener=listener, names=FileNames(),
            named=len(given["inputs"]) > 1 or not Path(given["inputs"][0]).is_file(),
        )  # fmt: skip
        results = describing.describe_many(
            given["inputs"], wish, settings, force=(STAGE,) if given["force"] else (),
            stdin=sys.stdin, permit=permission(settings, quiet=quiet),
            notify=notifying(aside, quiet=quiet), listener=listener,
        )  # fmt: skip
        failures, count = predicting.deliver_all(results, delivery.deliver, aside, as_json=as_json)
    ctx.exit(predicting.summed_up(failures, count, done="described", quiet=quiet))


def _parameters(given: dict[str, Any]) -> list[str]:
    """The options of the verb as parameters of the stage and its engine."""
    from loquitur.pipeline.wishes import parse_section

    found: dict[str, object] = {}
    if given["by"]:
        found["by"] = given["by"]
    elif given["length"] or given["step"]:
        found["by"] = "windows"
    for option, name in _MS.items():
        if given[option] is not None:
            if not math.isfinite(1000 * given[option]):
                raise UsageError(f"--{option} is no number of seconds: {given[option]}")
            found[name] = round(1000 * given[option])
    section = parse_section(given.pop("section"))
    if section is not None:
        found |= {"start_ms": section.start_ms, "end_ms": section.end_ms}
    named = {"beam": "beams", "alternatives": "alternatives", "language": "language",
             "device": "device"}  # fmt: skip
    found |= {name: given[option] for option, name in named.items()
              if given[option] not in (None, "")}  # fmt: skip
    return [f"{STAGE}.{name}={value}" for name, value in found.items()]


def _pace(given: dict[str, Any]) -> Pace:
    from loquitur.vision.audio_description import Pace

    rate = given.pop("words_per_minute")
    if rate is not None and not given["dialogue"]:
        raise UsageError("--words-per-minute is of a spoken track", hint="--dialogue FILE|auto")
    return Pace() if rate is None else Pace(words_per_minute=rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    """What becomes of each result: printed, written, put into a library."""

    settings: Settings
    folder: Path | None
    forms: Sequence[str]
    dialogue: str
    pace: Pace
    library: Library | None
    as_json: bool
    quiet: bool
    listener: Any
    names: FileNames
    named: bool

    def deliver(self, result: Described, aside: Aside) -> None:
        """Print or write one result."""
        fitted = self._fitted(result) if self.dialogue else None
        outputs = self._written(result, fitted)
        added = 0 if self.library is None else self._added(result, self.library)
        with aside():
            if self.as_json:
                print_json(_document(result, fitted, outputs, added), line=True)
            else:
                if self.named and not outputs:
                    click.echo(called(result.input))
                _print(result, fitted, outputs)
            if not self.quiet:
                self._tell(result, fitted, added)

    def _fitted(self, result: Described) -> Fitted:
        from loquitur import describing

        heard = describing.dialogue_of(
            self.dialogue, result.input, settings=self.settings, listener=self.listener
        )
        return describing.fitted(result, heard, pace=self.pace)

    def _written(self, result: Described, fitted: Fitted | None) -> dict[str, Path]:
        from loquitur.delivery import write_file
        from loquitur.vision.description_files import content_of

        if self.folder is None or result.descriptions is None or result.media is None:
            return {}
        stem = predicting.stem_of(result.input, result.media, self.names)
        outputs = {}
        for form in self.forms:
            target = self.folder / f"{stem}.descriptions.{form}"
            content = content_of(
                result.descriptions, form, video=result.video, title=result.media.title,
                duration_ms=result.media.duration_ms, fitted=fitted,
            )  # fmt: skip
            write_file(target, content)
            outputs[form] = target
        return outputs

    def _added(self, result: Described, library: Library) -> int:
        return sum(one.passages for one in library.add(result))

    def _tell(self, result: Described, fitted: Fitted | None, added: int) -> None:
        name = called(result.input)
        made = result.descriptions
        if made is not None and made.engine.draft:
            tell(f"{name}: draft quality: measured, not understood (--model names a describer)")
        for warning in made.warnings if made is not None else ():
            tell(f"{name}: {warning}")
        if fitted is not None:
            left = [one for one in fitted.left_out if one.reason == "no gap"]
            tell(
                f"{name}: {counted(len(fitted.narrations), 'sentence')} fitted into the pauses,"
                f" {len(left)} find no gap"
            )
        if self.library is not None:
            passages = counted(added, "passage")
            tell(f"{name}: {passages} in the library {display(self.library.name)}")


def _document(
    result: Described, fitted: Fitted | None, outputs: dict[str, Path], added: int
) -> dict[str, Any]:
    from loquitur.media.urls import without_password
    from loquitur.vision.description_files import document_of, fitted_json

    if result.descriptions is None:
        return {}
    media = result.media
    document = document_of(
        result.descriptions, video=without_password(result.video),
        title=media.title if media else "", duration_ms=media.duration_ms if media else None,
    )  # fmt: skip
    predicting.keep_outcome(document, result, outputs, added)
    if fitted is not None:
        document["audio_description"] = fitted_json(fitted)
    return document


def _print(result: Described, fitted: Fitted | None, outputs: dict[str, Path]) -> None:
    if outputs:
        for path in outputs.values():
            click.echo(display(str(path)))
        return
    if fitted is not None:
        rows = [(clock(one.start_ms), clock(one.end_ms), one.text) for one in fitted.narrations]
        print_table(("start", "end", "description"), rows)
        return
    made = result.descriptions
    if made is None:
        return
    cells = [
        (
            clock(one.start_ms), clock(one.end_ms),
            "" if one.score is None else f"{one.score:.2f}", one.text,
        )
        for one in made.descriptions
    ]  # fmt: skip
    print_table(("start", "end", "score", "description"), cells)
