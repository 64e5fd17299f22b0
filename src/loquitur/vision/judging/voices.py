"""Where sentences of clips come from: a trained net, a file, or a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, UsageError
from loquitur.evaluation.sentences.comparing import predictions_of
from loquitur.evaluation.sentences.files import read_sentences
from loquitur.text import counted, display
from loquitur.vision.training.folder import CONFIG, METRICS, RunFolder, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loquitur.vision.clips import Clip
    from loquitur.vision.decoding.options import Decoding
    from loquitur.vision.features import FeatureSet
    from loquitur.vision.modelfile import CaptionModel

    Said = tuple[dict[str, str], tuple[str, ...]]

_AT_ONCE = 256
"""Clips whose features are held at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Something that says a sentence of each clip.

    Args:
        name: What it is called in tables.
        say: Sentences of clips by id, and what is to be told of them.
        kind: `model`, `file` or `baseline`.
        clips: The corpus that a run was trained on; empty where none is known.
        features: Its features; empty where none are known.
        language: Of the sentences a run was trained on, if of one alone; empty for unknown.
        metrics: The rows of a run's training, an epoch each.
    """

    name: str
    say: Callable[[Sequence[Clip]], Said]
    kind: str = "file"
    clips: str = ""
    features: str = ""
    language: str = ""
    metrics: tuple[Mapping[str, Any], ...] = ()


def voice_of(
    given: str,
    *,
    decoding: Decoding | None = None,
    features: Path | None = None,
    device: str = "cpu",
    language: str = "",
) -> Voice:
    """What a user names: `[NAME=]PATH` of a run, of a model's folder, or of a file of sentences.

    Args:
        given: As it was typed.
        decoding: The search of a net; its own where None.
        features: A set of features for a net; that of the run where None.
        device: Where a net runs.
        language: Of sentences of a file that tell theirs, only those in it; any where empty.

    Raises:
        InputError: Nothing usable is there.
        UsageError: No path is named.
    """
    name, path = _named(given)
    if not given.rpartition("=")[2] and not (given and Path(given).exists()):
        raise UsageError(f"'{display(given)}' names no file", hint="INPUT or NAME=INPUT")
    if path.is_dir():
        return _of_run(name, path, decoding=decoding, features=features, device=device)

    def say(clips: Sequence[Clip]) -> Said:
        file = read_sentences(path, role="predictions", language=language)
        return predictions_of(file, {clip.clip_id: () for clip in clips})

    return Voice(name=name or path.stem, say=say)


def _named(given: str) -> tuple[str, Path]:
    name, equals, rest = given.partition("=")
    if equals and not Path(given).exists() and "/" not in name:
        return name, Path(rest)
    return "", Path(given)


def _of_run(
    name: str, path: Path, *, decoding: Decoding | None, features: Path | None, device: str
) -> Voice:
    from loquitur.vision.modelfile import find

    find(path)
    config = read_json(path / CONFIG) or {}
    place = str(features) if features is not None else _told(config, "inputs", "features")

    def say(clips: Sequence[Clip]) -> Said:
        from loquitur.vision.features import open_set
        from loquitur.vision.modelfile import load

        if not place:
            raise InputError(f"{display(str(path))}: features of which set?", hint="--features DIR")
        model = load(path, device=device)
        return said_by(model, open_set(Path(place)), clips, decoding)

    rows = RunFolder(path).rows() if (path / METRICS).is_file() else []
    return Voice(
        name=name or path.resolve().name,
        say=say,
        kind="model",
        clips=_told(config, "inputs", "clips"),
        features=place,
        language=_told(config, "task", "caption", "language"),
        metrics=tuple(rows),
    )


def _told(config: Any, *names: str) -> str:
    """What a run's configuration says under these names; empty where it does not."""
    for name in names:
        config = config.get(name) if isinstance(config, dict) else None
    return "" if config is None else str(config)


def said_by(
    model: CaptionModel,
    features: FeatureSet,
    clips: Sequence[Clip],
    decoding: Decoding | None = None,
) -> Said:
    """What a net says of clips by their features; those without features are told, and left out.

    Raises:
        UsageError: The features are of another encoder than the net's.
        InputError: None of the clips has features.
    """
    model.card.check_encoder(features.info.encoder)
    lacking = set(features.lacking(clip.clip_id for clip in clips))
    there = [clip.clip_id for clip in clips if clip.clip_id not in lacking]
    if not there:
        raise InputError(
            f"{display(str(features.folder))} has features of none of the "
            f"{counted(len(clips), 'clip')}",
            hint="are these the features of this corpus?",
        )
    said: dict[str, str] = {}
    for at in range(0, len(there), _AT_ONCE):
        part = there[at : at + _AT_ONCE]
        found = model.describe_all([features.get(one)[1] for one in part], decoding)
        said |= {one: best[0].text for one, best in zip(part, found, strict=True)}
    notices: tuple[str, ...] = ()
    if lacking:
        notices = (f"{counted(len(lacking), 'clip')} without features: nothing is said of them",)
    return said, notices
