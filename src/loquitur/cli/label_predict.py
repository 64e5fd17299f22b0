"""`label predict`: what videos are about, with what speaks for it; as files, in a library."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing, predicting
from loquitur.cli.options import everywhere, running_options, with_options
from loquitur.cli.output import called, print_json, print_table, tell
from loquitur.errors import InputError, UsageError
from loquitur.model.labels import STREAM_NAMES
from loquitur.text import counted, display, listed
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from loquitur.cli.progress import Aside
    from loquitur.delivery import FileNames
    from loquitur.labelling import Labelled
    from loquitur.library.shelf import Library
    from loquitur.model.labels import Labels, LabelScore
    from loquitur.pipeline.recipes import Wish
    from loquitur.settings import Settings
    from loquitur.vision.labels.threshold_files import LabelThresholds

_ENCODERS = (
    ("encoder", "vision", "pictures"),
    ("audio", "audio", "sound"),
    ("embedding", "embedding", "words"),
)
_SHOWN_LETTERS = 60
_TOP_OF_LEAST = 100
"""Labels looked at where thresholds say which are told."""
_TENTHS = len("00:00:00.0")

_WHAT = (
    click.argument(
        "inputs", nargs=-1, required=True, metavar="VIDEO...", shell_complete=completing.files
    ),
    click.option(
        "--model",
        default="",
        metavar="RUN|ENGINE[:MODEL]",
        shell_complete=completing.names(completing.engines("zeroshot")),
        help="A run of `label train`, what `label export` wrote, or an image-text model for labels"
        " of your own. None is taken where none is named.",
    ),
    click.option(
        "--labels",
        default="",
        metavar="LIST|FILE",
        shell_complete=completing.files,
        help="Labels of your own, for an image-text model: with commas between, a file with one a"
        " line, or a vocabulary  [default: verticals, YouTube-8M's 24 genres].",
    ),
    click.option("--top", type=click.IntRange(1, 1000), metavar="N", help="Labels told (10)."),
    click.option(
        "--least",
        default="",
        metavar="SCORE|FILE",
        shell_complete=completing.files,
        help="Only labels of at least this score, or of the threshold that each has in a file of"
        " `label eval --decide`.",
    ),
    click.option(
        "--moments", type=click.IntRange(0, 100), metavar="N",
        help="Spans of each label that speak for it (3).",
    ),
    click.option(
        "--without",
        multiple=True,
        metavar="LIST",
        shell_complete=completing.names(lambda: ("pictures", "sound", "words")),
        help="Not looked at, or not listened to: pictures, sound, words, with commas between.",
    ),
    *(
        click.option(
            f"--{option}",
            default="",
            metavar="ENGINE:FOLDER",
            shell_complete=completing.names(completing.engines(kind)),
            help=f"Where the model's encoder of {what} lies, if it is a folder of yours.",
        )
        for option, kind, what in _ENCODERS
    ),
    click.option("--device", default="", metavar="NAME", help="cpu, cuda, cuda:1, mps."),
)  # fmt: skip
_WHERE = (
    click.option(
        "-o", "output", metavar="DIR", shell_complete=completing.folders, help="Output folder."
    ),
    click.option("--format", "forms", default="", metavar="LIST", help="json,csv (json)."),
    click.option(
        "--library", default="", metavar="NAME", help="Put them into this library, to be searched."
    ),
    click.option("--force", is_flag=True, help="Label again what is in the store."),
)


@click.command("predict", help="What videos are about, with scores and what speaks for them.")
@partial(with_options, options=(*_WHAT, *_WHERE))
@running_options
@everywhere
@click.pass_context
def predict(ctx: click.Context, /, **given: Any) -> None:
    """Label every input, and print or write what came of it."""
    from loquitur import labelling
    from loquitur.cli.progress import listening, notifying
    from loquitur.cli.speech import permission, resolved
    from loquitur.delivery import FileNames, check_folder
    from loquitur.library.places import identity_of
    from loquitur.vision.labels.label_files import forms_of

    as_json = bool(given.pop("as_json"))
    library, wanted = given.pop("library"), given.pop("forms")
    forms = forms_of(wanted or ("json" if given["output"] else ""))
    if forms and not given["output"] and wanted:
        raise UsageError("--format is of files", hint="-o DIR says where to")
    settings, wish, globals_ = resolved(ctx, {**given, "language": ""}, "label")
    if library:
        identity_of(library, settings)  # a wrong name is told before anything is looked at
    folder = Path(given["output"]) if given["output"] else None
    if folder is not None:
        check_folder(folder)
    least = _least(given["least"])
    wish = _wish(settings, wish, given)
    quiet = bool(globals_["quiet"]) or (as_json and not sys.stderr.isatty())
    with (
        predicting.shelf_of(library, settings) as shelf,
        listening(quiet=quiet, verbose=int(globals_["verbose"] or 0)) as (listener, aside),
    ):
        delivery = _Delivery(
            folder=folder, forms=forms, library=shelf, as_json=as_json, quiet=quiet,
            names=FileNames(),
            named=len(given["inputs"]) > 1 or not Path(given["inputs"][0]).is_file(),
        )  # fmt: skip
        results = labelling.label_many(
            given["inputs"], wish, settings, force=(wish.until,) if given["force"] else (),
            stdin=sys.stdin, permit=permission(settings, quiet=quiet),
            notify=notifying(aside, quiet=quiet), listener=listener,
        )  # fmt: skip
        results = results if least is None else _kept(results, least)
        failures, count = predicting.deliver_all(results, delivery.deliver, aside, as_json=as_json)
    ctx.exit(predicting.summed_up(failures, count, done="labelled", quiet=quiet))


def _wish(settings: Settings, wish: Wish, given: dict[str, Any]) -> Wish:
    """What is asked for, the options of the verb as parameters of its stage."""
    from loquitur import labelling

    made = labelling.wish_of(
        settings,
        model=given["model"],
        labels=labelling.labels_of(given["labels"]) if given["labels"] else (),
        without=[name for text in given["without"] for name in listed(text)],
        encoders={what: given[option] for option, _, what in _ENCODERS if given[option]},
        parameters=wish.parameters,
    )
    top = given["top"] or (_TOP_OF_LEAST if given["least"] else None)
    told = {"top": top, "moments": given["moments"]}
    if given["device"]:
        told["device"] = given["device"]
    own = {f"{made.until}.{name}": str(value) for name, value in told.items() if value is not None}
    return dataclasses.replace(made, parameters={**made.parameters, **own})


def _least(given: str) -> LabelThresholds | None:
    """The thresholds that a user names: one score, or a file."""
    if not given:
        return None
    from loquitur.vision.labels.threshold_files import LabelThresholds, read_thresholds

    try:
        score = float(given)
    except ValueError:
        return read_thresholds(Path(given).expanduser())
    if not 0 <= score <= 1:
        raise UsageError(f"--least {display(given)}: a score is from 0 to 1")
    return LabelThresholds(least=score)


def _kept(results: Iterable[Labelled], least: LabelThresholds) -> Generator[Labelled]:
    """Results with the labels that reach their thresholds."""
    for one in results:
        labels = None if one.labels is None else least.kept(one.labels)
        yield dataclasses.replace(one, labels=labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    """What becomes of each result: printed, written, put into a library."""

    folder: Path | None
    forms: Sequence[str]
    library: Library | None
    as_json: bool
    quiet: bool
    names: FileNames
    named: bool
    said: set[str] = field(default_factory=set)

    def deliver(self, result: Labelled, aside: Aside) -> None:
        """Print or write one result."""
        labels = result.labels
        if labels is None:
            raise InputError(f"{called(result.input)}: no labels")
        outputs = self._written(result, labels)
        added = 0 if self.library is None else self._added(result, self.library)
        with aside():
            if self.as_json:
                print_json(_document(result, labels, outputs, added), line=True)
            elif outputs:
                for path in outputs.values():
                    click.echo(display(str(path)))
            else:
                if self.named:
                    click.echo(called(result.input))
                _print(labels)
            if not self.quiet:
                self._tell(result, labels, added)

    def _written(self, result: Labelled, labels: Labels) -> dict[str, Path]:
        from loquitur.delivery import write_file
        from loquitur.vision.labels.label_files import content_of

        if self.folder is None or result.media is None:
            return {}
        stem = predicting.stem_of(result.input, result.media, self.names)
        outputs = {}
        for form in self.forms:
            target = self.folder / f"{stem}.labels.{form}"
            content = content_of(
                labels, form, video=result.video, title=result.media.title,
                duration_ms=result.media.duration_ms,
            )  # fmt: skip
            write_file(target, content)
            outputs[form] = target
        return outputs

    def _added(self, result: Labelled, library: Library) -> int:
        return sum(one.passages for one in library.add(result))

    def _tell(self, result: Labelled, labels: Labels, added: int) -> None:
        from loquitur.vision.labels.published import NEARLY

        name = called(result.input)
        for warning in labels.warnings:
            if warning != NEARLY:
                tell(f"{name}: {warning}")
            elif warning not in self.said:  # it is of the model, not of one video
                self.said.add(warning)
                tell(warning)
        if self.library is not None:
            passages = counted(added, "passage")
            tell(f"{name}: {passages} in the library {display(self.library.name)}")


def _document(
    result: Labelled, labels: Labels, outputs: dict[str, Path], added: int
) -> dict[str, Any]:
    from loquitur.media.urls import without_password
    from loquitur.vision.labels.label_files import document_of

    media = result.media
    document = document_of(
        labels, video=without_password(result.video), title=media.title if media else "",
        duration_ms=media.duration_ms if media else None,
    )  # fmt: skip
    predicting.keep_outcome(document, result, outputs, added)
    return document


def _print(labels: Labels) -> None:
    """A line a label: its score, the score by each stream alone, and its strongest moments."""
    alone = [name for name in labels.streams if len(labels.streams) > 1]
    genres = any(one.verticals for one in labels.labels)
    streams = (STREAM_NAMES.get(name, name) for name in alone)
    header = ("label", "score", *streams, *(("genre",) if genres else ()), "moments")
    print_table(header, [_cells(one, alone, genres=genres) for one in labels.labels])
    if labels.genres:
        told = ", ".join(f"{display(one.label)} {one.score:.2f}" for one in labels.genres)
        click.echo(f"genres: {told}")


def _cells(one: LabelScore, alone: Sequence[str], *, genres: bool) -> tuple[str, ...]:
    scores = dict(one.branches)
    return (
        one.label,
        f"{one.score:.3f}",
        *(f"{scores[name]:.3f}" if name in scores else "-" for name in alone),
        *((", ".join(one.verticals[:1]),) if genres else ()),
        "  ".join(_moment(each.start_ms, each.stream, each.text) for each in one.moments),
    )


def _moment(start_ms: int, stream: str, text: str) -> str:
    cut = text if len(text) <= _SHOWN_LETTERS else f"{text[: _SHOWN_LETTERS - 1].rstrip()}…"
    said = f' "{cut}"' if text else ""
    return f"{clock(start_ms)[:_TENTHS]} {STREAM_NAMES.get(stream, stream)}{said}"
