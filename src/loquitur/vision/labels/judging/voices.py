"""Who says something of videos: a trained net, or a file of any tool's predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError, UsageError
from loquitur.evaluation.labels.files import read_predictions
from loquitur.text import counted, display
from loquitur.vision.training.folder import CONFIG, read_json

if TYPE_CHECKING:
    from loquitur.evaluation.labels.columns import Predictions
    from loquitur.vision.labels.judging.measuring import Measuring
    from loquitur.vision.labels.judging.truths import Ground
    from loquitur.vision.labels.vocabulary import Label

    Say = Callable[[Measuring, Ground], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Something that scores labels of videos.

    Args:
        name: What it is called in tables.
        say: Gives its scores of the ground's videos, in their order, and tells what is to be known.
        kind: `model`, `file` or `baseline`.
    """

    name: str
    say: Say
    kind: str = "file"


def named(given: str) -> tuple[str, Path]:
    """`[NAME=]PATH` as it was typed.

    Raises:
        UsageError: No path is named.
    """
    name, equals, rest = given.partition("=")
    if equals and not Path(given).exists() and "/" not in name:
        given = rest
    else:
        name = ""
    if not given:
        raise UsageError("an input names no file", hint="INPUT or NAME=INPUT")
    return name, Path(given).expanduser()


def voice_of(
    given: str, ground: Ground, *, device: str = "cpu", streams: tuple[str, ...] = ()
) -> Voice:
    """What a user names: `[NAME=]PATH` of a run, of a model's folder, or of predictions.

    A file is read at once: its labels may be ones that nobody met before.

    Args:
        given: As it was typed.
        ground: What it will be held against.
        device: Where a net runs.
        streams: What a model is shown; all that it reads where empty.

    Raises:
        InputError: Nothing usable is there.
        UsageError: No path is named, or a model without a data set.
    """
    name, path = named(given)
    if path.is_dir():
        return _of_model(name, path, ground, device=device, streams=streams)
    found = read_predictions(path, ground.numbering)
    return _of_predictions(name or path.stem, found)


def data_of_run(path: Path) -> tuple[str, str]:
    """The data set and the vocabulary file that a run was trained with; empty where nobody says."""
    config = read_json(path / CONFIG) if path.is_dir() else None
    inputs = (config or {}).get("inputs")
    told: dict[str, Any] = inputs if isinstance(inputs, dict) else {}
    return _text(told.get("data")), _text(told.get("vocabulary"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _of_predictions(name: str, found: Predictions) -> Voice:
    def say(measuring: Measuring, ground: Ground) -> tuple[str, ...]:
        _check_names(found, ground)
        rows, told = found.rows_of(ground.truth)
        # without a vocabulary another file may have brought further labels
        whole = found if ground.vocabulary else found.widened(len(ground.labels()))
        whole.measure(measuring, ground.truth, rows)
        return (*found.notices, *told)

    return Voice(name=name, say=say)


def _check_names(found: Predictions, ground: Ground) -> None:
    """Hold that labels without a vocabulary are called alike on both sides.

    Raises:
        InputError: No label is on both.
    """
    held = ground.truth.labels[ground.truth.labels >= 0]
    if ground.vocabulary is None and not found.dense and not np.isin(held, found.labels).any():
        names = ground.numbering.names
        theirs = f"'{display(names[found.labels[0]])}'" if len(found.labels) else "nothing"
        ours = f"'{display(names[held[0]])}'" if len(held) else "nothing"
        raise InputError(
            f"{display(found.name)} and {display(ground.truth.name)} have no label in common:"
            f" one says {theirs}, the other {ours}",
            hint="--vocabulary FILE says which number is which name",
        )


def _of_model(
    name: str, path: Path, ground: Ground, *, device: str, streams: tuple[str, ...]
) -> Voice:
    from loquitur.vision.labels import modelfile

    shown = name or path.resolve().name
    modelfile.find(path)
    if ground.data is None:
        raise UsageError(
            f"{display(shown)} is a model: it is asked about a data set", hint="--data DATASET"
        )
    data, part = ground.data, ground.part

    def say(measuring: Measuring, ground: Ground) -> tuple[str, ...]:
        from loquitur.vision.labels.inferring import batches_of

        model = modelfile.load(path, device=device)
        card = model.card
        card.check_vocabulary(data.info.vocabulary, what=display(data.info.name))
        if not data.info.vocabulary:
            _check_alike(card.labels, ground)
        nearly = card.check_streams(data.info.streams, what=display(data.info.name))
        there = {one.name for one in data.info.streams}
        wanted = tuple(one.name for one in card.streams if one.name in there)
        strange = [one for one in streams if one not in wanted]
        if strange:
            raise UsageError(
                f"{display(shown)} reads {', '.join(wanted)}, not {display(', '.join(strange))}"
            )
        batches = batches_of(model, data, part, beside=ground.heeded)
        videos = 0
        for batch in batches.epoch(0):
            found = model.judge(batch, only=streams or None)
            measuring.add(found.labels, batch.labels, found.genres if card.genres else None)
            videos += len(batch)
        if videos != len(ground.truth):
            raise InputError(f"{display(data.info.name)} changed while it was read")
        told = [f"{display(shown)}: {one}" for one in nearly]
        if batches.record.shortened:
            told.append(
                f"{display(shown)}: {counted(batches.record.shortened, 'video')} had more than "
                f"{card.net.most_rows} rows, thinned evenly"
            )
        absent = [one.name for one in card.streams if one.name not in there]
        if absent:
            told.append(f"{display(shown)} reads {', '.join(absent)}, which the data have not")
        return tuple(told)

    return Voice(name=shown, say=say, kind="model")


def _check_alike(labels: Sequence[Label], ground: Ground) -> None:
    """Hold that a model calls labels as the vocabulary does that was named for the data.

    Raises:
        UsageError: The same number has another name, or there are more or fewer.
    """
    if len(labels) != len(ground.labels()):
        raise UsageError(
            f"the model knows {len(labels)} labels, {display(ground.truth.name)} has"
            f" {len(ground.labels())}: they are of different vocabularies",
            code="LQ-OTHER-VOCABULARY",
        )
    known = () if ground.vocabulary is None else ground.vocabulary.labels
    for number, (own, given) in enumerate(zip(labels, known, strict=False)):
        nameless = any(one.name in (f"label {number}", one.entity) for one in (own, given))
        if own.name != given.name and not nameless:
            raise UsageError(
                f"label {number} is '{display(given.name)}' there, '{display(own.name)}' in the"
                " model: they are of different vocabularies",
                hint="--vocabulary FILE: that of the data",
                code="LQ-OTHER-VOCABULARY",
            )
