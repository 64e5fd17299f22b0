"""CTC models on the disk: the two layouts there are, their alphabets, and what can be fetched."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loquitur.engines import weights
from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.speech.spelling import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.protocols import Resources

Precision = Literal["int8", "fp32"]
Kind = Literal["nemo", "wav2vec2"]

DEFAULT = "wav2vec2-base-960h"
_CACHE = "ctc"
_STRIDE = 320  # samples between two frames of every wav2vec2, HuBERT and WavLM
_BLANKS = ("<blk>", "<blank>", "<pad>", "[PAD]", "<ctc_blank>")
_MARKS = ("<s>", "</s>", "<unk>", "<pad>", "[PAD]", "[UNK]", "<blk>", "<blank>", "<ctc_blank>")
_GRAPHS: dict[tuple[Kind, Precision], tuple[str, ...]] = {
    ("nemo", "int8"): ("model.int8.onnx",),
    ("nemo", "fp32"): ("model.onnx",),
    ("wav2vec2", "int8"): (
        "model.int8.onnx", "model_quantized.onnx", "model_int8.onnx", "onnx/model_quantized.onnx",
        "onnx/model_int8.onnx",
    ),
    ("wav2vec2", "fp32"): ("model.onnx", "onnx/model.onnx"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A model that can be fetched; `names` are its files, `mb` about what they weigh."""

    repository: str
    languages: tuple[str, ...]
    names: tuple[str, ...]
    mb: int


_KNOWN = {
    DEFAULT: _Known(
        repository="Xenova/wav2vec2-base-960h",
        languages=("en",),
        names=("onnx/model_quantized.onnx", "vocab.json", "config.json"),
        mb=96,
    ),
    "parakeet-ctc-0.6b": _Known(
        repository="istupakov/parakeet-ctc-0.6b-onnx",
        languages=("en",),
        names=("model.int8.onnx", "vocab.txt", "config.json"),
        mb=650,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A model that is here: which kind it is, its graph, and all the files that decide."""

    kind: Kind
    folder: Path
    model: Path
    precision: Precision
    files: tuple[Path, ...]


def layout(name: str, precision: Precision, models: Path) -> Layout:
    """The model of a known name in the cache, or in a folder.

    Raises:
        MissingError: A known one that is not here, or not whole.
        InputError: The folder holds no CTC model.
        UsageError: Neither a known name nor a folder.
    """
    known = _KNOWN.get(name)
    folder = models / _CACHE / name if known else Path(name).expanduser()
    if known and (not folder.is_dir() or weights.lacking(folder, known.names)):
        raise MissingError(
            f"model {name} (about {known.mb} MB) is not in the model cache",
            hint=f"loquitur models pull ctc:{name}",
            code="LQ-NO-MODEL",
        )
    if not folder.is_dir():
        raise UsageError(
            f"no CTC model is called '{name}', and there is no such folder",
            hint=near(name, _KNOWN),
            code="LQ-NO-MODEL",
        )
    found = _found(folder, precision)
    if found is None:
        raise InputError(
            f"{folder} holds no CTC model: it needs vocab.txt or vocab.json, and model.onnx",
            code="LQ-NO-MODEL",
        )
    return found


def _found(folder: Path, wanted: Precision) -> Layout | None:
    kinds: tuple[tuple[Kind, str], ...] = (("nemo", "vocab.txt"), ("wav2vec2", "vocab.json"))
    kind = next((kind for kind, vocabulary in kinds if (folder / vocabulary).is_file()), None)
    if kind is None:
        return None
    order: tuple[Precision, ...] = ("int8", "fp32") if wanted == "int8" else ("fp32", "int8")
    for precision in order:
        for name in _GRAPHS[kind, precision]:
            model = folder / name
            if model.is_file():
                beside = sorted(model.parent.glob(f"{model.name}?data"))
                small = [
                    folder / item
                    for item in ("vocab.txt", "vocab.json", "config.json")
                    if (folder / item).is_file()
                ]
                return Layout(
                    kind=kind,
                    folder=folder,
                    model=model,
                    precision=precision,
                    files=(model, *beside, *small),
                )
    return None


def languages(name: str) -> tuple[str, ...]:
    """The languages of a known model; empty for a folder, which says nothing of them."""
    known = _KNOWN.get(name)
    return known.languages if known else ()


def vocabulary(found: Layout) -> Vocabulary:
    """The model's alphabet.

    Raises:
        InputError: The file is broken, or there is no blank in it.
    """
    place = found.folder / ("vocab.txt" if found.kind == "nemo" else "vocab.json")
    try:
        text = place.read_text(encoding="utf-8")
        columns = _lines(text) if found.kind == "nemo" else _flat(json.loads(text))
    except (OSError, ValueError) as exc:
        raise InputError(f"{place} cannot be read: {exc}", code="LQ-NO-MODEL") from exc
    blank = next((columns[mark] for mark in _BLANKS if mark in columns), None)
    if blank is None:
        raise InputError(f"{place} has no blank: none of {', '.join(_BLANKS)}", code="LQ-NO-MODEL")
    return Vocabulary(
        columns={piece: at for piece, at in columns.items() if piece not in (*_MARKS, "|")},
        blank=blank,
        delimiter=columns.get("|"),
    )


def _lines(text: str) -> dict[str, int]:
    """`piece number` lines."""
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if line.strip())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2}


def _flat(content: Any) -> dict[str, int]:
    """`{piece: number}`, or one such table inside, which some multilingual models have."""
    if isinstance(content, dict) and all(isinstance(item, dict) for item in content.values()):
        content = next(iter(content.values()), {})
    if not isinstance(content, dict) or not all(type(item) is int for item in content.values()):
        raise ValueError("not a table of pieces and numbers")
    return content


def wav2vec2_settings(found: Layout) -> tuple[bool, int]:
    """Whether samples are brought to unit variance first, and samples from frame to frame."""
    prepared = _read(found.folder / "preprocessor_config.json")
    strides = _read(found.folder / "config.json").get("conv_stride")
    whole = isinstance(strides, list) and all(type(item) is int and item > 0 for item in strides)
    stride = math.prod(strides) if whole and strides else _STRIDE
    return prepared.get("do_normalize", True) is not False, stride


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"{path} cannot be read: {exc}", code="LQ-NO-MODEL") from exc
    return content if isinstance(content, dict) else {}


def location(name: str, models: Path) -> Path:
    """The folder of a known model in the cache; empty for the default.

    Raises:
        UsageError: An unknown name.
    """
    return models / _CACHE / _checked(name)


def pull(name: str, resources: Resources, tell: Callable[[str], None]) -> None:
    """Bring a known model into the cache, whole or not at all; a present one is kept.

    Raises:
        UsageError: An unknown name.
        MissingError: It cannot be had from here.
        TransientError: The hub cannot be reached now.
        RemoteError: The hub refuses.
        FullError: It cannot be written.
    """
    name = _checked(name)
    known = _KNOWN[name]
    folder = location(name, resources.models)
    if folder.is_dir() and not weights.lacking(folder, known.names):
        tell(f"{name} is there already")
        return
    if resources.offline:
        raise MissingError(
            f"model {name} (about {known.mb} MB) cannot be fetched while offline",
            hint=f"go online, or copy its files to {folder}",
            code="LQ-NO-MODEL",
        )
    tell(f"fetching {name} from {known.repository}, about {known.mb} MB")
    weights.fetch(
        known.repository,
        known.names,
        folder,
        extra=("preprocessor_config.json", "*.onnx?data"),
        about_mb=known.mb,
        tell=tell,
        resources=resources,
    )
    tell(f"{name} is here: {folder}")


def _checked(name: str) -> str:
    name = name or DEFAULT
    if name not in _KNOWN:
        raise UsageError(
            f"no CTC model is called '{name}'", hint=near(name, _KNOWN), code="LQ-NO-MODEL"
        )
    return name
