"""Mood by a classifier as ONNX, without torch: a folder with a graph and its labels.

The graph hears a wave, `[batch, samples]` float32 at 16 kHz, and gives one number for each label.
Such are what `optimum-cli export onnx --task audio-classification` writes of wav2vec2, HuBERT and
WavLM classifiers, and audeering's own export of its dimensional model.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import sessions
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Identity, Resources
from loquitur.speech import moods
from loquitur.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_GRAPH = "model.onnx"
_LABEL_FILES = ("config.json", "labels.txt", "label_encoder.txt")
_SETTINGS = "preprocessor_config.json"
_ENCODER_END = "="  # what follows in SpeechBrain's file are no labels
_SHORTEST_SAMPLES = 400  # the first convolutions of wav2vec2 need them


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxOptions:
    """Options of the engine.

    Args:
        model: A folder with `model.onnx` and its labels: `config.json` (`id2label`), `labels.txt`
            (one a line) or SpeechBrain's `label_encoder.txt`. In a key stand its name and digest.
        labels: The labels in the order of the outputs, with commas between; before any file's.
        normalize: Whether the sound is brought to mean 0 and variance 1 first; `auto` asks
            `preprocessor_config.json` (`do_normalize`), and is yes without one.
        shortest_ms: Turns with less speech than this are `unknown`.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    labels: str = ""
    normalize: Literal["auto", "yes", "no"] = "auto"
    shortest_ms: int = moods.SHORTEST_MS
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 100 <= self.shortest_ms <= 10_000:
            raise ValueError(f"shortest_ms must be 100 to 10000, not {self.shortest_ms}")


class OnnxMood(moods.ByLabels):
    """A classifier in onnxruntime (`loquitur.protocols.EmotionReader`).

    Args:
        options: See `OnnxOptions`.
        resources: Threads; nothing is fetched.

    Raises:
        MissingError: No folder is named, or onnxruntime is absent or without the device.
        UsageError: There is no such folder.
        InputError: The folder holds no such model.
        EngineError: onnxruntime refuses it.
    """

    Options: ClassVar[type] = OnnxOptions

    def __init__(self, options: OnnxOptions, resources: Resources) -> None:
        folder = _locate(options)
        self._name = folder.resolve().name
        self._source = f"onnx {self._name}"
        self._shortest_ms = options.shortest_ms
        self._labels = _labels(folder, options)
        self._moods = moods.moods_of(self._labels, model=self._name)
        self._normalizes = _normalizes(folder, options)
        self._session = sessions.on_device(folder / _GRAPH, options.device, resources.threads)
        self._inputs = _input_names(self._session, self._name)
        self._output = _output_name(self._session, self._labels, self._name)

    @classmethod
    def identity(cls, options: OnnxOptions, resources: Resources) -> Identity:
        """Onnxruntime's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: No folder is named, or onnxruntime is absent.
            UsageError: There is no such folder.
            InputError: The folder holds no such model.
        """
        folder = _locate(options)
        names = (*_LABEL_FILES, _SETTINGS)
        return sessions.identity_of(folder, folder / _GRAPH, names, resources)

    def _classify(self, sound: NDArray[np.float32]) -> list[float]:
        heard = np.zeros(max(len(sound), _SHORTEST_SAMPLES), dtype=np.float32)
        heard[: len(sound)] = sound
        if self._normalizes:
            heard = (heard - heard.mean()) / np.sqrt(heard.var() + 1e-7)
        wave, mask = self._inputs
        given: dict[str, NDArray[Any]] = {wave: heard[None].astype(np.float32)}
        if mask:
            given[mask] = np.ones((1, len(heard)), dtype=np.int64)
        with sessions.translated(f"{self._name} failed"):
            (logits,) = self._session.run([self._output], given)
        row = np.asarray(logits, dtype=np.float64).reshape(-1)
        if moods.is_dimensional(self._moods):
            return [float(value) for value in row]
        odds = np.exp(row - row.max())
        return [float(value) for value in odds / odds.sum()]


def _locate(options: OnnxOptions) -> Path:
    if not options.model:
        raise MissingError(
            "the emotion engine 'onnx' has no model of its own",
            hint="name a folder with model.onnx and its labels: --emotion onnx:FOLDER",
            code="LQ-NO-MODEL",
        )
    folder = Path(options.model).expanduser()
    if not folder.is_dir():
        raise UsageError(f"there is no folder '{options.model}'", code="LQ-NO-MODEL")
    if not (folder / _GRAPH).is_file():
        raise InputError(f"{folder} has no {_GRAPH}", code="LQ-NO-MODEL")
    return folder


def _labels(folder: Path, options: OnnxOptions) -> tuple[str, ...]:
    """The labels in the order of the outputs.

    Raises:
        InputError: No file names them, or one is damaged.
    """
    if options.labels:
        return listed(options.labels)
    try:
        for name in _LABEL_FILES:
            if (folder / name).is_file():
                found = _read_labels(folder / name)
                if found:
                    return found
    except (OSError, ValueError, SyntaxError, AttributeError) as exc:
        raise InputError(
            f"{folder / name} does not name labels: {exc}", code="LQ-NO-MODEL"
        ) from exc
    raise InputError(
        f"{folder} does not say what its outputs are",
        hint="write them to labels.txt, one a line, or --set emotion.labels=neutral,happy,...",
        code="LQ-NO-MODEL",
    )


def _read_labels(path: Path) -> tuple[str, ...]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        numbered = json.loads(text).get("id2label") or {}
        return tuple(str(numbered[key]) for key in sorted(numbered, key=int))
    lines = [line for line in text.splitlines() if line.strip()]
    if path.name == "labels.txt":
        return tuple(line.strip() for line in lines)
    ranked = {}
    for line in lines:
        if line.startswith(_ENCODER_END):
            break
        label, _, number = line.rpartition("=>")
        ranked[int(number)] = str(ast.literal_eval(label.strip()))
    return tuple(ranked[number] for number in sorted(ranked))


def _normalizes(folder: Path, options: OnnxOptions) -> bool:
    path = folder / _SETTINGS
    if options.normalize != "auto" or not path.is_file():
        return options.normalize != "no"
    try:
        return bool(json.loads(path.read_bytes()).get("do_normalize", True))
    except (OSError, ValueError, AttributeError) as exc:
        raise InputError(f"{path} is no JSON object: {exc}", code="LQ-NO-MODEL") from exc


def _input_names(session: Any, name: str) -> tuple[str, str]:
    """The names of the wave and of the mask, the latter empty where there is none."""
    waves = [item.name for item in session.get_inputs() if item.type == "tensor(float)"]
    masks = [item.name for item in session.get_inputs() if item.type == "tensor(int64)"]
    ranks = [len(item.shape) for item in session.get_inputs() if item.name in waves]
    if len(waves) != 1 or len(masks) > 1 or ranks != [2]:
        raise InputError(
            f"{name} does not hear a wave: its inputs are "
            + ", ".join(f"{item.name} {item.shape}" for item in session.get_inputs()),
            hint="expected one float input [batch, samples], and perhaps a mask",
            code="LQ-NO-MODEL",
        )
    return waves[0], masks[0] if masks else ""


def _output_name(session: Any, labels: Sequence[str], name: str) -> str:
    """The output with one number for each label; `logits` where several could be it.

    Raises:
        InputError: There is none, or it has another number of them.
    """
    flat = [item for item in session.get_outputs() if len(item.shape) == 2]
    named = [item for item in flat if item.name == "logits"] or flat
    if not named:
        raise InputError(f"{name} gives no row of scores", code="LQ-NO-MODEL")
    width = named[-1].shape[1]
    if isinstance(width, int) and width != len(labels):
        raise InputError(
            f"{name} gives {width} scores, but {len(labels)} labels are named", code="LQ-NO-MODEL"
        )
    return str(named[-1].name)
