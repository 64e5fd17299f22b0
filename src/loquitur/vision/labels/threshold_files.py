"""Thresholds of labels as a file: from which score on each counts as said.

`label eval --decide` makes it, `label predict --least` takes it. A file belongs to the model whose
scores it was fitted on, as labels are known by their names and numbers, or by numbers alone where
the data did not name them. It was fitted on the 20 highest scores of each video, and says nothing
of others.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from loquitur.errors import InputError, UsageError
from loquitur.evaluation.labels import TOP
from loquitur.formats.json_files import read_document
from loquitur.tables.writing import replacing
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.evaluation.labels.thresholds import Decision
    from loquitur.model.labels import Labels, LabelScore
    from loquitur.vision.labels.vocabulary import LabelVocabulary

SCHEMA = "loquitur/label-thresholds/1"
_MOST_BYTES = 256 << 20
_NONE = "no label reaches its threshold"


class _Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    index: int | None
    label: str
    threshold: float | None
    own: bool = True
    said: int = 0
    right: int = 0
    held: int = 0


class _ThresholdFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    schema: str
    labels: tuple[_Threshold, ...]
    aim: str = ""
    model: str = ""
    truth: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelThresholds:
    """From which score on labels count as said.

    Args:
        least: Of every label that has none of its own.
        own: By a label's name and number: its own; infinite where it is never said.
        name: Of the file; empty where one number holds for all.
    """

    least: float = 0.0
    own: dict[tuple[str, int | None], float] = dataclasses.field(default_factory=dict)
    name: str = ""

    def kept(self, labels: Labels) -> Labels:
        """The labels that reach their thresholds; genres stay as they are.

        Of a file that is among the 20 highest: what is below was never said when it was measured.
        Where none does, `warnings` has it.

        Raises:
            UsageError: The file knows no such label: it is of another model.
        """
        looked = labels.labels[:TOP] if self.name else labels.labels
        kept = tuple(one for one in looked if one.score >= self._of(one))
        told = () if kept or not labels.labels else (_NONE,)
        return dataclasses.replace(labels, labels=kept, warnings=(*labels.warnings, *told))

    def _of(self, one: LabelScore) -> float:
        if not self.name:
            return self.least
        found = self.own.get((one.label, one.index))
        if found is None and one.index is not None:
            found = self.own.get((f"label {one.index}", one.index))
        elif found is None:  # a label of the user's own
            found = next((each for (name, _), each in self.own.items() if name == one.label), None)
        if found is None:
            number = "" if one.index is None else f", number {one.index},"
            raise UsageError(
                f"{display(self.name)} has no threshold of '{display(one.label)}'{number} of this"
                " model",
                hint="thresholds are those of one model: `label eval RUN --decide f1 -o FOLDER`",
                code="LQ-OTHER-VOCABULARY",
            )
        return found


def write_thresholds(
    path: Path, decision: Decision, vocabulary: LabelVocabulary, *, positives: Sequence[int],
    model: str, truth: str,
) -> None:  # fmt: skip
    """Write a file of thresholds.

    Args:
        path: Where.
        decision: The thresholds, and what they are worth.
        vocabulary: The labels.
        positives: How many videos have each.
        model: Whose scores they are of.
        truth: What they were fitted on.

    Raises:
        FullError: No space, or no right to write there.
    """
    found, held = decision.thresholds, decision.held
    document = {
        "schema": SCHEMA,
        "aim": str(decision.aim),
        "model": model,
        "truth": truth,
        "labels": [
            {
                "index": at,
                "label": label.name,
                "threshold": _plain(float(found.values[at])),
                "own": bool(found.own[at]),
                "said": int(held.class_said[at]),
                "right": int(held.class_right[at]),
                "held": int(positives[at]),
            }
            for at, label in enumerate(vocabulary.labels)
        ],
    }
    with replacing(path) as beside:
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        beside.write_bytes(text.encode("utf-8", "replace"))


def _plain(threshold: float) -> float | None:
    return threshold if math.isfinite(threshold) else None


def read_thresholds(path: Path) -> LabelThresholds:
    """A file of thresholds, as `label eval --decide` writes it.

    Raises:
        InputError: It cannot be read, or is no such file.
    """
    shown = display(str(path))
    found = read_document(
        path, _ThresholdFile, most_bytes=_MOST_BYTES, what="thresholds",
        hint="`label eval --decide f1 -o FOLDER` writes them",
    )  # fmt: skip
    if found.schema != SCHEMA:
        raise InputError(f"{shown}: its schema is '{display(found.schema)[:60]}', not {SCHEMA}")
    wrong = next((one for one in found.labels if not _is_threshold(one.threshold)), None)
    if wrong is not None:
        raise InputError(
            f"{shown}: '{display(wrong.label)[:60]}' has the threshold {wrong.threshold}, no"
            " probability"
        )
    own: dict[tuple[str, int | None], float] = {
        (one.label, one.index): math.inf if one.threshold is None else one.threshold
        for one in found.labels
    }
    return LabelThresholds(own=own, name=path.name)


def _is_threshold(value: float | None) -> bool:
    return value is None or 0 <= value <= 1
