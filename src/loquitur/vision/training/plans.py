"""What a training of a captioner is made with: options in layers, data, checks before any step.

Needs no torch until the task is made.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.text import counted, display
from loquitur.vision.nets import NETS
from loquitur.vision.training.layers import began, first_of, layered, parted, place
from loquitur.vision.training.options import TrainingOptions
from loquitur.vision.training.presets import MOST_WORDS, CaptionOptions, NetOptions, preset, usual
from loquitur.vision.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.vision.clips import Corpus
    from loquitur.vision.features import FeatureSet
    from loquitur.vision.training.captioning import Captioning


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training that can begin, or go on.

    Args:
        folder: Of the run.
        clips: The corpus' file.
        features: The folder of its features.
        train: How it is trained.
        net: Which net.
        caption: How sentences are learnt.
        goes_on: Whether the folder holds a run already.
    """

    folder: Path
    clips: Path
    features: Path
    train: TrainingOptions
    net: NetOptions
    caption: CaptionOptions
    goes_on: bool = False

    def inputs(self) -> dict[str, str]:
        """Where the data are, for the run's configuration."""
        return {
            "clips": str(self.clips.absolute()),
            "features": str(self.features.absolute()),
        }


def plan(
    folder: Path | str,
    *,
    clips: Path | str | None = None,
    features: Path | str | None = None,
    preset_name: str = "",
    values: Mapping[str, Any] | None = None,
) -> Plan:
    """Options of a run: those it began with, or the preset's, and over them what is given now.

    Args:
        folder: Of the run.
        clips: The corpus; of a run that goes on the one it began with.
        features: The features, likewise.
        preset_name: `small`, `things`, `book` or `paper`. Where none is named it is `small`, or
            `things` of features that hold several things side by side, if no net is named either.
        values: By `train.NAME`, `net.NAME` or `caption.NAME`; text is understood.

    Raises:
        UsageError: An unknown option, a value that does not fit, or no data named.
        InputError: The folder is of something else.
    """
    folder = Path(folder)
    given = parted(values or {}, _defaults())
    old = began(folder, "caption")
    chosen = None
    if old is None or preset_name:
        chosen = preset(preset_name or _usual(features, given["net"]))
    first = first_of(_defaults(), chosen, folder=folder, config=old)
    made = layered(first, given)
    if made["net"].architecture not in NETS:
        name = made["net"].architecture
        raise UsageError(f"no net is called '{name}'", hint=near(name, NETS))
    told = Path(place(clips, old, "clips", "--clips CLIPS.jsonl"))
    made_of = Path(place(features, old, "features", "--features DIR"))
    if folder.resolve() == made_of.resolve():
        raise UsageError(f"{folder}: are the features", hint="name another folder for the run")
    return Plan(
        folder=folder,
        clips=told,
        features=made_of,
        goes_on=old is not None,
        **made,
    )


def task_of(planned: Plan, *, allowed: Sequence[str] = ()) -> tuple[Captioning, tuple[str, ...]]:
    """The task of a plan, after all that can be checked has been; and what a person should know.

    Args:
        planned: What to train.
        allowed: Findings that stop no training (see `soundness.require_sound`).

    Raises:
        InputError: The corpus leaks from one split into another, a split is empty, clips lack
            features, or features are damaged.
        UsageError: A net of these sizes cannot be built.
        MissingError: torch is not installed.
    """
    from loquitur.vision.corpora import read
    from loquitur.vision.features import open_set
    from loquitur.vision.soundness import require_sound

    corpus = read(planned.clips)
    splits = (planned.caption.train_split, planned.caption.validation_split)
    findings = require_sound(
        corpus, language=planned.caption.language, needed=splits, allowed=allowed
    )
    notices = [one.message for one in findings if one.level != "note"]
    held = open_set(planned.features)
    corpus, dropped = _with_features(corpus, held, splits, planned)
    notices += dropped + _cut_sentences(corpus, planned.caption)
    try:
        from loquitur.vision.training.captioning import Captioning
    except ImportError as exc:
        if exc.name not in ("torch", "safetensors"):
            raise
        raise MissingError(
            f"training needs {exc.name}", hint='pip install "loquitur[vision]"',
            code="LQ-NO-PACKAGE",
        ) from exc  # fmt: skip
    try:
        task = Captioning(
            corpus,
            held,
            net=planned.net,
            options=planned.caption,
            batch=planned.train.batch,
            seed=planned.train.seed,
        )
    except ValueError as exc:
        raise UsageError(f"no such net: {exc}") from exc
    return task, tuple(notices)


def _defaults() -> dict[str, Any]:
    return {"train": TrainingOptions(), "net": NetOptions(), "caption": CaptionOptions()}


def _usual(features: Path | str | None, net: Mapping[str, Any]) -> str:
    """The preset for some features where none is named."""
    from loquitur.vision.encoders import things_of
    from loquitur.vision.features.sets import read_info

    info = read_info(Path(features)) if features and "architecture" not in net else None
    return usual(1 if info is None else things_of(info.encoder))


def _cut_sentences(corpus: Corpus, caption: CaptionOptions) -> list[str]:
    """What is told where sentences are longer than a net is to write."""
    lengths = [
        len(words_of(text))
        for clip in corpus.of(caption.train_split)
        for text in clip.texts(caption.language)
    ]
    longer = sum(length >= caption.most_words for length in lengths)  # `<eos>` is a word too
    if not longer:
        return []
    told = (
        f"{counted(longer, 'sentence')} of {len(lengths):,} to learn from have more than"
        f" {caption.most_words - 1} words and are cut, the longest has {max(lengths):,}"
        f" (--set caption.most_words={min(max(lengths) + 1, MOST_WORDS)})"
    )
    return [told]


def _with_features(
    corpus: Corpus, held: FeatureSet, splits: Sequence[str], planned: Plan
) -> tuple[Corpus, list[str]]:
    """The clips that have features; a corpus of which many have none is refused.

    Some videos of every corpus are gone for good, so a few may be absent, and are told.
    """
    kept, notices = [], []
    for split in splits:
        clips = corpus.of(split)
        lacking = set(held.lacking(clip.clip_id for clip in clips))
        has = [clip for clip in clips if clip.clip_id not in lacking]
        if lacking:
            first = next(clip.clip_id for clip in clips if clip.clip_id in lacking)
            told = (
                f"{counted(len(lacking), 'clip')} of {len(clips)} in the split '{display(split)}'"
                f" have no features in {display(str(planned.features))}: '{display(first)}'"
            )
            if 2 * len(lacking) > len(clips):
                raise InputError(
                    told,
                    hint=f"loquitur describe features {planned.clips} -o {planned.features}",
                    code="LQ-NO-FEATURES",
                )
            notices.append(told + "; left out")
        kept += has
    return dataclasses.replace(corpus, clips=tuple(kept)), notices
