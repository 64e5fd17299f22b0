"""What a training of a labeller is made with: options in layers, data, checks before any step.

Needs no torch until the task is made.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.text import counted
from loquitur.vision.labels.feeding.data import told_skipped
from loquitur.vision.labels.nets import LABEL_NETS
from loquitur.vision.labels.training.presets import LabelOptions, NetOptions, preset, usual
from loquitur.vision.training.layers import began, first_of, layered, parted, place
from loquitur.vision.training.options import TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.feeding.data import LabelData
    from loquitur.vision.labels.feeding.statistics import LabelCounts
    from loquitur.vision.labels.training.labelling import Labelling
    from loquitur.vision.labels.vocabulary import LabelVocabulary

Framework = Literal["torch", "keras"]
FRAMEWORKS: tuple[str, ...] = get_args(Framework)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training that can begin, or go on.

    Args:
        folder: Of the run.
        data: Where the data set is: a folder, or an address.
        vocabulary: A file of labels; empty for the data set's own.
        framework: In what the net is trained.
        train: How it is trained.
        net: Which net.
        label: How labels are learnt.
        goes_on: Whether the folder holds a run already.
    """

    folder: Path
    data: str
    vocabulary: str = ""
    framework: str = "torch"
    train: TrainingOptions
    net: NetOptions
    label: LabelOptions
    goes_on: bool = False

    def inputs(self) -> dict[str, str]:
        """Where the data are, for the run's configuration."""
        found = {"data": _absolute(self.data)}
        return found | ({"vocabulary": _absolute(self.vocabulary)} if self.vocabulary else {})


def plan(
    folder: Path | str,
    *,
    data: Path | str | None = None,
    vocabulary: Path | str | None = None,
    framework: str | None = None,
    preset_name: str = "",
    values: Mapping[str, Any] | None = None,
) -> Plan:
    """Options of a run: those it began with, or the preset's, and over them what is given now.

    Args:
        folder: Of the run.
        data: The data set; of a run that goes on the one it began with.
        vocabulary: A file of labels, likewise; the data set's own where None.
        framework: `torch` or `keras`, likewise; torch where None.
        preset_name: A name of `presets.PRESETS`; that of the net where one is named, else `small`.
        values: By `train.NAME`, `net.NAME` or `label.NAME`; text is understood.

    Raises:
        UsageError: An unknown option, a value that does not fit, or no data named.
        InputError: The folder is of something else.
    """
    folder = Path(folder)
    given = parted(values or {}, _defaults())
    old = began(folder, "label")
    fresh = old is None or preset_name
    chosen = (
        preset(preset_name or usual(str(given["net"].get("architecture", "")))) if fresh else None
    )
    first = first_of(_defaults(), chosen, folder=folder, config=old)
    made = layered(first, given)
    if made["net"].architecture not in LABEL_NETS:
        name = made["net"].architecture
        raise UsageError(f"no net is called '{name}'", hint=near(name, LABEL_NETS))
    told = place(data, old, "data", "--data DATASET")
    if "://" not in told and folder.resolve() == Path(told).resolve():
        raise UsageError(f"{folder}: is the data set", hint="name another folder for the run")
    return Plan(
        folder=folder,
        data=told,
        vocabulary=_vocabulary(vocabulary, old),
        framework=_framework(framework, old),
        goes_on=old is not None,
        **made,
    )


def task_of(planned: Plan) -> tuple[Labelling, tuple[str, ...]]:
    """The task of a plan, after all that can be checked has been; and what a person should know.

    Raises:
        InputError: It is no data set, a part is empty or damaged, or labels are of another
            vocabulary.
        UsageError: A net of these sizes cannot be built, or it reads a stream that is not there.
        MissingError: torch is not installed.
    """
    from loquitur.vision.labels.dataset_files import missing_shards, told_missing
    from loquitur.vision.labels.feeding.sharded import open_data
    from loquitur.vision.labels.feeding.statistics import any_labelled, label_counts
    from loquitur.vision.labels.own.projection import projections_in

    data = open_data(planned.data, keep_going=planned.label.keep_going)
    with _beside(planned.data, data.info) as folder:
        vocabulary, notices = vocabulary_of(planned, data.info, folder)
        projections = projections_in(folder, data.info)
    counts = label_counts(data, planned.label.train_part)
    missing = missing_shards(planned.data)
    notices += [*([told_missing(missing)] if missing else []), *_told_of(counts, planned)]
    notices += _told_of_streams(data, planned)
    if not any_labelled(data, planned.label.validation_part):
        raise InputError(
            f"no video of the part '{planned.label.validation_part}' has a label: nothing says how"
            " good the net is",
            hint="the test part of YouTube-8M has none on purpose: --set"
            " label.validation_part=validate",
        )
    try:
        kind = _kind_of(planned.framework)
    except ImportError as exc:
        if exc.name not in ("torch", "safetensors"):
            raise
        raise MissingError(
            f"training needs {exc.name}", hint='pip install "loquitur[vision]"',
            code="LQ-NO-PACKAGE",
        ) from exc  # fmt: skip
    try:
        task = kind(
            data,
            vocabulary,
            counts=counts.counts,
            net=planned.net,
            options=planned.label,
            batch=planned.train.batch,
            seed=planned.train.seed,
            projections=projections,
        )
    except ValueError as exc:
        raise UsageError(f"no such net: {exc}") from exc
    return task, tuple(notices)


def _kind_of(framework: str) -> type[Labelling]:
    """The task of a framework; Keras itself is loaded with the net."""
    if framework == "keras":
        from loquitur.vision.labels.keras.labelling import KerasLabelling

        return KerasLabelling
    from loquitur.vision.labels.training.labelling import Labelling

    return Labelling


def vocabulary_of(
    planned: Plan, info: DatasetInfo, folder: Path
) -> tuple[LabelVocabulary, list[str]]:
    """The vocabulary of a data set: that which was named, its own, or numbers; and a notice.

    Args:
        planned: Which may name one.
        info: What the data set says of itself.
        folder: Where its own files are.

    Raises:
        InputError: It is another one than the labels are of.
    """
    from loquitur.vision.labels.vocabulary import LabelVocabulary, label_names
    from loquitur.vision.labels.vocabulary_files import vocabulary_of_data

    given = Path(planned.vocabulary) if planned.vocabulary else None
    found = vocabulary_of_data(info, str(folder), given)
    if found is not None:
        return found, []
    text = f"nobody says what the {info.labels:,} labels are called (--vocabulary FILE)"
    return LabelVocabulary.of(label_names(None, info.labels)), [text]


@contextlib.contextmanager
def _beside(data: str, info: DatasetInfo) -> Iterator[Path]:
    """A folder with what lies beside the shards: their own, or a copy of far ones."""
    from loquitur.vision.labels.own.projection import file_name
    from loquitur.vision.labels.records import remote

    if not remote.is_remote(data):
        yield Path(data) if Path(data).is_dir() else Path(data).parent
        return
    names = [info.vocabulary_file] if info.vocabulary_file else []
    names += [file_name(one.name) for one in info.streams if one.projection]
    with tempfile.TemporaryDirectory() as held:
        for name in names:
            (Path(held) / name).write_bytes(remote.read_small(remote.joined(data, name)))
        yield Path(held)


def _told_of(counts: LabelCounts, planned: Plan) -> list[str]:
    """What is told of the labels to learn."""
    part, found = planned.label.train_part, []
    if counts.unlabelled == counts.videos:
        raise InputError(
            f"no video of the part '{part}' has a label: nothing can be learnt from it",
            hint="the test part of YouTube-8M has none on purpose: --set label.train_part=train",
        )
    if counts.unlabelled:
        found.append(
            f"{counted(counts.unlabelled, 'video')} of {counts.videos:,} in '{part}'"
            f" {'has' if counts.unlabelled == 1 else 'have'} no label"
        )
    never = int((counts.counts == 0).sum())
    if never:
        found.append(
            f"{counted(never, 'label')} of {len(counts.counts):,}"
            f" {'has' if never == 1 else 'have'} no video in '{part}'"
        )
    if counts.skipped:
        found.append(told_skipped(counts.skipped))
    return found


def _told_of_streams(data: LabelData, planned: Plan) -> list[str]:
    """Streams that the net would read, and that are not there in any video."""
    from loquitur.vision.labels.feeding.statistics import streams_without_rows

    part, chosen = planned.label.train_part, planned.label.chosen_streams()
    known = [one.name for one in data.info.streams if not chosen or one.name in chosen]
    names, looked = streams_without_rows(data, part, known)
    some = "no video" if looked >= int(data.counts(part).sum()) else f"none of {looked:,} videos"
    return [
        f"{some} of '{part}' has a row of '{name}': nothing can be learnt from that stream"
        for name in names
    ]


def _defaults() -> dict[str, Any]:
    return {"train": TrainingOptions(), "net": NetOptions(), "label": LabelOptions()}


def _vocabulary(given: Path | str | None, old: Mapping[str, Any] | None) -> str:
    inputs = (old or {}).get("inputs")
    before = inputs.get("vocabulary") if isinstance(inputs, dict) else None
    return str(given or before or "")


def _framework(given: str | None, old: Mapping[str, Any] | None) -> str:
    """In what a net is trained; a run keeps it.

    Raises:
        UsageError: An unknown one, or another than the run began with.
    """
    task = (old or {}).get("task")
    before = task.get("framework", "torch") if isinstance(task, dict) else None
    name = given or before or "torch"
    if name not in FRAMEWORKS:
        raise UsageError(f"no framework is called '{name}'", hint=near(name, FRAMEWORKS))
    if before is not None and name != before:
        raise UsageError(
            f"this run began with {before}, not {name}", hint="name another folder for the run"
        )
    return str(name)


def _absolute(address: str) -> str:
    return address if "://" in address else str(Path(address).absolute())
