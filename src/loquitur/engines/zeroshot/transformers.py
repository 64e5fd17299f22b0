"""Labels of one's own by CLIP, SigLIP and SigLIP 2, through transformers.

CLIP (Radford et al. 2021) was trained to pick the one caption of a batch that is a picture's: its
labels compete, rows of its scores add up to 1, and one of them always wins. SigLIP (Zhai et al.
2023) and SigLIP 2 (Tschannen et al. 2025) were trained to say of each pair by itself whether it
belongs together: no label need fit. Preprocessing and tokens are those of the model's own files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import checkpoints, label_prompts, pictures, runtime
from loquitur.engines.runtime import Precision
from loquitur.errors import InputError
from loquitur.protocols import Identity, Resources
from loquitur.vectors import unit
from loquitur.vision.labels.logistic import sigmoid
from loquitur.vision.processors import preprocessing_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

DEFAULT = "openai/clip-vit-base-patch32"
_COMPETING = ("clip",)
_INDEPENDENT = ("siglip",)
_VARIABLE = ("siglip2",)
_SIGLIP_TOKENS = 64
"""SigLIP was trained with sentences filled up to that, and reads the last place of them."""
_SENTENCES = 256
_TOKENIZERS = ("tokenizer.json", "vocab.json", "spiece.model")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersZeroShotOptions:
    """Options of the engine.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder. In a key stand its
            name and digest.
        revision: A branch, tag or commit of the hub's repository.
        templates: Sentences with `{label}` in them, `|` between several: their vectors are
            averaged. The model's usual ones where empty.
        batch_size: Pictures side by side; 0 for 16 on the processor, 128 on a card.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (half precision on CUDA, else single), `float32`, `float16`, `bfloat16`.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    templates: str = ""
    batch_size: int = field(default=0, metadata={"keyed": False})
    device: str = field(default="auto", metadata={"keyed": False})
    dtype: Precision = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.batch_size <= 4096:
            raise ValueError(f"batch_size must be 0 to 4096, not {self.batch_size}")
        label_prompts.templates_of(self.templates)


class TransformersZeroShot(checkpoints.FromHub, pictures.TorchEncoder):
    """An image-text model on torch (`loquitur.protocols.ZeroShot` and `Pullable`).

    Args:
        options: See `TransformersZeroShotOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds no such model, or a damaged one.
        UsageError: An unknown model or device.
    """

    Options: ClassVar[type] = TransformersZeroShotOptions
    default_model: ClassVar[str] = DEFAULT
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, options: TransformersZeroShotOptions, resources: Resources) -> None:
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources)
        kind = _kind_of(folder, found.name)
        _check_tokenizer(folder)
        torch, transformers = runtime.libraries()
        self.preprocessing = preprocessing_of(folder)
        self._competes = kind in _COMPETING
        device = runtime.choose_device(torch, options.device)
        dtype = runtime.choose_precision(torch, options.dtype, device)
        what = f"the model in {folder} cannot be loaded"
        with runtime.translated(what, InputError):
            model = runtime.load_complete(
                transformers.AutoModel,
                folder,
                dtype,
                hint="it has one tower alone, or is another kind of model",
            )
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, local_files_only=True
            )
            _check_fit(self._tokenizer, model, found.name)
            self.settle(
                torch,
                model,
                lambda values: _vectors(model.get_image_features(pixel_values=values)),
                name=found.name,
                device=device,
                dtype=dtype,
                threads=resources.threads,
                batch_size=options.batch_size,
            )
        self._scale = float(model.logit_scale.detach().float().exp())
        self._bias = 0.0 if self._competes else float(model.logit_bias.detach().float())
        templates = label_prompts.templates_of(options.templates or label_prompts.TEMPLATES[kind])
        self._labels = label_prompts.LabelVectors(templates, self._sentences)

    @classmethod
    def identity(cls, options: TransformersZeroShotOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such model.
            UsageError: An unknown model.
        """
        return checkpoints.identity_of(options.model, options.revision, resources)

    @classmethod
    def place(cls, options: TransformersZeroShotOptions, resources: Resources) -> str:
        """The user's own folder; empty for a model of the hub."""
        del resources
        return checkpoints.place_of(options.model, options.revision)

    def score(self, pictures: NDArray[np.uint8], labels: Sequence[str]) -> NDArray[np.float32]:
        """How well each label fits each picture.

        Args:
            pictures: uint8 [n, h, w, 3], RGB, of any size.
            labels: Words or sentences; one may stand twice.

        Returns:
            Probabilities, float32 [n, labels]; of CLIP rows add up to 1.

        Raises:
            InputError: No pictures, or no labels.
            EngineError: The network failed, or the device is out of memory.
        """
        texts = self._labels.of(labels)
        seen = unit(self.encode(pictures))
        logits = (seen @ texts.T).astype(np.float64) * self._scale + self._bias
        if not len(logits):
            return np.zeros((0, len(labels)), dtype=np.float32)
        return label_prompts.competing(logits) if self._competes else sigmoid(logits)

    def _sentences(self, sentences: list[str]) -> NDArray[np.float32]:
        found = []
        for at in range(0, len(sentences), _SENTENCES):
            with runtime.translated(f"{self._name} failed"):
                found.append(self._some(sentences[at : at + _SENTENCES]))
        return np.concatenate(found)

    def _some(self, sentences: list[str]) -> NDArray[np.float32]:
        config = self.network.config.text_config
        longest = int(config.max_position_embeddings)
        if self._competes:
            given = self._tokenizer(
                sentences,
                padding=True,
                padding_side="right",  # it reads the first mark of an end: none may stand in front
                truncation=True,
                max_length=longest,
                return_tensors="pt",
            )
            names: tuple[str, ...] = ("input_ids", "attention_mask")
        else:  # its training had no mask: what fills a sentence up is read too
            given = self._tokenizer(
                [one.lower() for one in sentences],
                padding="max_length",
                truncation=True,
                max_length=min(longest, _SIGLIP_TOKENS),
                return_tensors="pt",
            )
            names = ("input_ids",)
        with runtime.inference(self._torch, self._threads):
            tokens = {name: given[name].to(self._device) for name in names}
            vectors = _vectors(self.network.get_text_features(**tokens))
            array: NDArray[np.float32] = vectors.float().cpu().numpy()
        return array


def _kind_of(folder: Path, name: str) -> str:
    """Of what kind the model in a folder is.

    Raises:
        InputError: Of none that is known here.
    """
    kind = str(checkpoints.read_config(folder).get("model_type", ""))
    if kind in _VARIABLE:
        raise InputError(
            f"{name} reads pictures of variable size (NaFlex), which are not known here",
            hint="take one of a fixed size: google/siglip2-base-patch16-224",
            code="LQ-NO-MODEL",
        )
    if kind not in (*_COMPETING, *_INDEPENDENT):
        raise InputError(
            f"{name} is no image-text model that is known here: its type is '{kind}'",
            hint=f"known types: {', '.join((*_COMPETING, *_INDEPENDENT))}",
            code="LQ-NO-MODEL",
        )
    return kind


def _check_tokenizer(folder: Path) -> None:
    """Hold that a folder has a tokenizer: without one the library makes an empty one up.

    Raises:
        InputError: It has none.
    """
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise InputError(
            f"{folder} has no tokenizer ({', '.join(_TOKENIZERS)})",
            hint="copy all files of the model",
            code="LQ-NO-MODEL",
        )


def _check_fit(tokenizer: Any, model: Any, name: str) -> None:
    tokens, known = len(tokenizer), int(model.config.text_config.vocab_size)
    if tokens > known:
        raise InputError(
            f"{name}: its tokenizer has {tokens} tokens, its network {known}",
            hint="the files of two models are mixed",
            code="LQ-NO-MODEL",
        )


def _vectors(output: Any) -> Any:
    """One vector a row: the library gives them bare or, since its version 5, in an output."""
    pooled = getattr(output, "pooler_output", None)
    return output if pooled is None else pooled
