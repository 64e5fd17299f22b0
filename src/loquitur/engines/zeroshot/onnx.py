"""Labels of one's own by a graph of ONNX, without torch: CLIP or SigLIP with both towers in one.

That is what `optimum-cli export onnx --task zero-shot-image-classification` writes: `model.onnx`
takes `input_ids`, `pixel_values` and perhaps `attention_mask`, and gives `logits_per_image`,
`text_embeds` and `image_embeds`. Pictures and labels are asked separately, each against one of the
other kind; the scale and the offset between similarities and logits are read off the graph itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import label_prompts, sessions
from loquitur.engines.classifiers import read_tokenizer
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.protocols import Identity, Resources
from loquitur.vectors import unit
from loquitur.vision import preprocessing
from loquitur.vision.labels.logistic import sigmoid
from loquitur.vision.processors import FILES, THEIRS, preprocessing_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.model.vision import Preprocessing

_GRAPHS = ("model.onnx", "onnx/model.onnx")
_CONFIG, _TOKENIZER, _TOKENIZING = "config.json", "tokenizer.json", "tokenizer_config.json"
_INPUTS = ("input_ids", "pixel_values")
_OUTPUTS = ("logits_per_image", "text_embeds", "image_embeds")
_LONGEST = {"clip": 77, "siglip": 64}
"""Tokens of a sentence; SigLIP reads as many, filled up."""
_PADS = {"clip": "<|endoftext|>", "siglip": "<pad>"}
_LEFT = ("GemmaTokenizer", "GemmaTokenizerFast", "Siglip2Tokenizer")
"""Tokenizers that fill sentences up in front where their files say nothing of it."""
_SENTENCES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxZeroShotOptions:
    """Options of the engine.

    Args:
        model: A folder with `model.onnx` (also in `onnx/`), `config.json`, `tokenizer.json` and
            `preprocessor_config.json`. In a key stand its name and digest.
        templates: Sentences with `{label}` in them, `|` between several: their vectors are
            averaged. The model's usual ones where empty.
        batch_size: Pictures side by side.
        device: `auto` takes CUDA where onnxruntime has it.
    """

    model: str = field(default="", metadata={"keyed": False})
    templates: str = ""
    batch_size: int = field(default=16, metadata={"keyed": False})
    device: Literal["auto", "cpu", "cuda"] = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 1 to 4096, not {self.batch_size}")
        label_prompts.templates_of(self.templates)


class OnnxZeroShot:
    """A graph of both towers in onnxruntime (`loquitur.protocols.ZeroShot`).

    Args:
        options: See `OnnxZeroShotOptions`.
        resources: Threads; nothing is fetched.

    Raises:
        MissingError: No folder is named, or onnxruntime is absent or without the device.
        UsageError: There is no such folder.
        InputError: The folder holds no such model.
    """

    Options: ClassVar[type] = OnnxZeroShotOptions
    languages: ClassVar[tuple[str, ...]] = ("en",)
    preprocessing: Preprocessing

    def __init__(self, options: OnnxZeroShotOptions, resources: Resources) -> None:
        folder = _locate(options)
        self._name = folder.resolve().name
        self._kind = _kind_of(folder)
        self.preprocessing = preprocessing_of(folder)
        self._tokenizer = _tokenizer_of(folder, self._kind)
        self._session = sessions.on_device(
            sessions.graph_in(folder, _GRAPHS), options.device, resources.threads
        )
        self._pixels, self._has_mask = _inputs_of(self._session, self._name)
        self.batch_size = options.batch_size
        usual = label_prompts.TEMPLATES[self._kind]
        templates = label_prompts.templates_of(options.templates or usual)
        self._labels = label_prompts.LabelVectors(templates, self._sentences)
        with sessions.translated(f"{self._name} failed", InputError):
            self._scale, self._bias = self._measured()

    @classmethod
    def identity(cls, options: OnnxZeroShotOptions, resources: Resources) -> Identity:
        """Onnxruntime's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: No folder is named, or onnxruntime is absent.
            UsageError: There is no such folder.
            InputError: The folder holds no such model.
        """
        folder = _locate(options)
        graph = sessions.graph_in(folder, _GRAPHS)
        names = (*FILES, _CONFIG, _TOKENIZER, _TOKENIZING)
        return sessions.identity_of(folder, graph, names, resources)

    @classmethod
    def place(cls, options: OnnxZeroShotOptions, resources: Resources) -> str:
        """The user's own folder."""
        del resources
        return str(_locate(options).resolve())

    def score(self, pictures: NDArray[np.uint8], labels: Sequence[str]) -> NDArray[np.float32]:
        """How well each label fits each picture.

        Args:
            pictures: uint8 [n, h, w, 3], RGB, of any size.
            labels: Words or sentences; one may stand twice.

        Returns:
            Probabilities, float32 [n, labels]; of CLIP rows add up to 1.

        Raises:
            InputError: No pictures, or no labels.
            EngineError: The graph failed.
        """
        fitted = preprocessing.fit(pictures, self.preprocessing)
        texts = self._labels.of(labels)
        if not len(fitted):
            return np.zeros((0, len(labels)), dtype=np.float32)
        starts = range(0, len(fitted), self.batch_size)
        with sessions.translated(f"{self._name} failed"):
            seen = [self._seen(fitted[at : at + self.batch_size]) for at in starts]
        vectors = unit(np.concatenate(seen))
        logits = (vectors @ texts.T).astype(np.float64) * self._scale + self._bias
        if self._kind == "clip":
            return label_prompts.competing(logits)
        return sigmoid(logits)

    def _seen(self, fitted: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._run(self._tokens(["a"]), fitted)["image_embeds"]

    def _sentences(self, sentences: list[str]) -> NDArray[np.float32]:
        found = []
        for at in range(0, len(sentences), _SENTENCES):
            tokens = self._tokens(sentences[at : at + _SENTENCES])
            with sessions.translated(f"{self._name} failed"):
                found.append(self._run(tokens, self._grey(1))["text_embeds"])
        return np.concatenate(found)

    def _measured(self) -> tuple[float, float]:
        """Scale and offset: the line through the logits of some pairs over their similarities.

        Raises:
            InputError: They lie on no line: the graph is of another kind.
        """
        pictures = np.concatenate((self._grey(1), 255 - self._grey(2) // 4))
        pictures[2, : pictures.shape[1] // 2] = (200, 30, 30)
        found = self._run(self._tokens(["a dog", "blue sky over the sea", "9"]), pictures)
        one, other = (unit(found[name]) for name in ("image_embeds", "text_embeds"))
        close = (one @ other.T).astype(np.float64).ravel()
        logits = found["logits_per_image"].astype(np.float64).ravel()
        line = np.stack((close, np.ones_like(close)), axis=1)
        if self._kind == "clip":
            scale, bias = float(close @ logits / (close @ close)), 0.0
        else:
            scale, bias = map(float, np.linalg.lstsq(line, logits, rcond=None)[0])
        off = np.abs(close * scale + bias - logits).max()
        if not np.isfinite(off) or off > 0.02 * max(1.0, abs(scale)) or scale <= 0:
            raise InputError(
                f"{self._name}: its logits do not follow from its vectors",
                hint="expected CLIP or SigLIP with both towers in one graph",
                code="LQ-NO-MODEL",
            )
        return scale, bias

    def _grey(self, count: int) -> NDArray[np.uint8]:
        how = self.preprocessing
        return np.full((count, how.height_px, how.width_px, 3), 128, dtype=np.uint8)

    def _tokens(self, sentences: list[str]) -> dict[str, NDArray[np.int64]]:
        lowered = [one.lower() for one in sentences] if self._kind == "siglip" else sentences
        rows = self._tokenizer.encode_batch(lowered)
        given = {"input_ids": np.array([row.ids for row in rows], dtype=np.int64)}
        if self._has_mask:
            mask = [row.attention_mask for row in rows]
            # SigLIP's training had no mask: what fills a sentence up is read too
            full = np.ones_like(given["input_ids"])
            given["attention_mask"] = np.array(mask, np.int64) if self._kind == "clip" else full
        return given

    def _run(
        self, tokens: dict[str, NDArray[np.int64]], fitted: NDArray[np.uint8]
    ) -> dict[str, NDArray[np.float32]]:
        values = preprocessing.normalise(fitted, self.preprocessing).astype(self._pixels)
        found = self._session.run(list(_OUTPUTS), {**tokens, "pixel_values": values})
        return {
            name: np.asarray(one, dtype=np.float32)
            for name, one in zip(_OUTPUTS, found, strict=True)
        }


def _locate(options: OnnxZeroShotOptions) -> Path:
    if not options.model:
        raise MissingError(
            "the engine 'onnx' of zero-shot labels has no model of its own",
            hint=f"name a folder with model.onnx, {_CONFIG}, {_TOKENIZER} and {THEIRS}:"
            " --model onnx:FOLDER",
            code="LQ-NO-MODEL",
        )
    folder = Path(options.model).expanduser()
    if not folder.is_dir():
        raise UsageError(f"there is no folder '{options.model}'", code="LQ-NO-MODEL")
    return folder


def _json_in(folder: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as exc:
        raise InputError(f"{folder / name} is no JSON: {exc}", code="LQ-NO-MODEL") from exc
    return found if isinstance(found, dict) else {}


def _kind_of(folder: Path) -> str:
    kind = str(_json_in(folder, _CONFIG).get("model_type", ""))
    if kind not in _LONGEST:
        raise InputError(
            f"{folder / _CONFIG} names no image-text model that is known here: '{kind}'",
            hint=f"known types: {', '.join(_LONGEST)}",
            code="LQ-NO-MODEL",
        )
    return kind


def _tokenizer_of(folder: Path, kind: str) -> Any:
    """The tokenizer, which cuts sentences and fills them up as the model was trained.

    Raises:
        MissingError: The library is not installed.
        InputError: There is none, or a damaged one.
    """
    made = read_tokenizer(folder)
    told = _json_in(folder, _TOKENIZING)
    pad: Any = told.get("pad_token") or _PADS[kind]
    pad = str(pad.get("content", "")) if isinstance(pad, dict) else str(pad)
    number = made.token_to_id(pad)
    if number is None:
        raise InputError(f"{folder / _TOKENIZER} has no token '{pad}'", code="LQ-NO-MODEL")
    longest = _LONGEST[kind]
    made.enable_truncation(longest)
    made.enable_padding(
        pad_id=number,
        pad_token=pad,
        # CLIP reads the first mark of an end: one in front would be read in the sentence's place
        direction="left" if kind != "clip" and _pads_left(told) else "right",
        length=longest if kind == "siglip" else None,
    )
    return made


def _pads_left(told: dict[str, Any]) -> bool:
    side = told.get("padding_side")
    return side == "left" if side else told.get("tokenizer_class") in _LEFT


def _inputs_of(session: Any, name: str) -> tuple[Any, bool]:
    """The numbers that pictures are given as, and whether the graph takes a mask.

    Raises:
        InputError: It has not the inputs and outputs of both towers.
    """
    inputs = {item.name: item for item in session.get_inputs()}
    outputs = {item.name for item in session.get_outputs()}
    lacking = [one for one in (*_INPUTS, *_OUTPUTS) if one not in inputs.keys() | outputs]
    strange = sorted(inputs.keys() - {*_INPUTS, "attention_mask"})
    if lacking or strange or inputs["pixel_values"].type not in sessions.FLOATS:
        raise InputError(
            f"{name} is no graph of both towers: "
            + (f"no {', '.join(lacking)}" if lacking else f"its inputs are {', '.join(inputs)}"),
            hint="optimum-cli export onnx --task zero-shot-image-classification writes one",
            code="LQ-NO-MODEL",
        )
    return sessions.FLOATS[inputs["pixel_values"].type], "attention_mask" in inputs
