"""Mood by SpeechBrain's wav2vec2 classifier of IEMOCAP, without SpeechBrain and without its code.

SpeechBrain loads it by running a Python file and a YAML of constructors out of the model's folder,
and needs torchaudio for it. The graph is small enough to be put together here: wav2vec2, layer norm
over its whole output, mean over time, one linear layer (the recipe of Wang et al. 2021, "A
fine-tuned wav2vec 2.0/HuBERT benchmark for speech emotion recognition"). What SpeechBrain adds, a
random offset of up to 1e-4 on the mean, is left out, so results are alike each time.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import checkpoints, runtime
from loquitur.errors import InputError
from loquitur.protocols import Identity, Resources
from loquitur.speech import moods

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


DEFAULT = "speechbrain/emotion-recognition-wav2vec2-IEMOCAP"
FILES = ("hyperparams.yaml", "model.ckpt", "wav2vec2.ckpt", "label_encoder.txt")
_SHORTEST_SAMPLES = 400  # the first convolution of wav2vec2 needs them
_STRIDES = (5, 2, 2, 2, 2, 2, 2)
_HEAD_WIDTH = 64  # of every wav2vec2 published
_BODY, _WEIGHT, _BIAS = "model.", "0.w.weight", "0.w.bias"
_NORMALIZED = re.compile(r"^\s*output_norm:\s*(\w+)", re.MULTILINE)
_OLD_NAMES = {  # of the weight norm, before torch had parametrizations
    "encoder.pos_conv_embed.conv.weight_g": (
        "encoder.pos_conv_embed.conv.parametrizations.weight.original0"
    ),
    "encoder.pos_conv_embed.conv.weight_v": (
        "encoder.pos_conv_embed.conv.parametrizations.weight.original1"
    ),
}
_UNUSED = "masked_spec_embed"  # in training alone


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechBrainOptions:
    """Options of the engine.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder in the layout of
            SpeechBrain's recipe. In a key stand its name and digest instead.
        revision: A branch, tag or commit of the hub's repository; pins what is pulled and read.
        shortest_ms: Turns with less speech than this are `unknown`.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    shortest_ms: int = moods.SHORTEST_MS
    device: str = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 100 <= self.shortest_ms <= 10_000:
            raise ValueError(f"shortest_ms must be 100 to 10000, not {self.shortest_ms}")


class SpeechBrainMood(checkpoints.FromHub, moods.ByLabels):
    """The classifier on torch (`loquitur.protocols.EmotionReader` and `Pullable`).

    Args:
        options: See `SpeechBrainOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds another graph, or a damaged one.
        UsageError: An unknown model or device.
        EngineError: torch refuses the model.
    """

    Options: ClassVar[type] = SpeechBrainOptions
    default_model: ClassVar[str] = DEFAULT

    def __init__(self, options: SpeechBrainOptions, resources: Resources) -> None:
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources, needs=FILES)
        self._name = found.name
        self._source = f"speechbrain {self._name}"
        self._shortest_ms = options.shortest_ms
        self._labels = _read_labels(folder / "label_encoder.txt")
        self._moods = moods.moods_of(self._labels, model=self._name)
        self._is_normalized = _is_normalized(folder / "hyperparams.yaml")
        self._torch, _ = runtime.libraries()
        self._threads = resources.threads
        self._device = runtime.choose_device(self._torch, options.device)
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            self._body = _body(folder).to(self._device)
            self._weight, self._bias = _head(folder, len(self._labels))
            self._weight = self._weight.to(self._device)

    @classmethod
    def identity(cls, options: SpeechBrainOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder lacks what such a model has.
            UsageError: An unknown model.
        """
        version = checkpoints.version()
        checkpoints.version("torch")
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources, needs=FILES)
        return Identity(
            version=version,
            model=found.name,
            model_digest=checkpoints.digest(folder, resources),
        )

    def _classify(self, sound: NDArray[np.float32]) -> list[float]:
        heard = np.zeros(max(len(sound), _SHORTEST_SAMPLES), dtype=np.float32)
        heard[: len(sound)] = sound
        torch = self._torch
        with (
            runtime.translated(f"{self._name} failed"),
            runtime.inference(torch, self._threads),
        ):
            wave = torch.from_numpy(heard)[None].to(self._device)
            wave = torch.nn.functional.layer_norm(wave, wave.shape[1:])
            states = self._body(wave).last_hidden_state
            if self._is_normalized:
                states = torch.nn.functional.layer_norm(states, states.shape[1:])
            row = states.mean(dim=1) @ self._weight.T
            if self._bias is not None:
                row = row + self._bias.to(self._device)
            return [float(value) for value in row[0].softmax(-1).cpu().tolist()]


def _read_labels(path: Path) -> tuple[str, ...]:
    """The labels by their numbers, from lines `'neu' => 0` before the line of equals signs.

    Raises:
        InputError: It is no such file.
    """
    ranked: dict[int, str] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("=="):
                break
            label, _, number = line.rpartition(" => ")
            ranked[int(number)] = str(ast.literal_eval(label))
    except (OSError, ValueError, SyntaxError) as exc:
        raise InputError(f"{path} does not number labels: {exc}", code="LQ-NO-MODEL") from exc
    return tuple(ranked[number] for number in sorted(ranked))


def _is_normalized(path: Path) -> bool:
    """Whether the recipe normalises the output of wav2vec2; one word of it, nothing is run."""
    try:
        said = _NORMALIZED.search(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"{path} cannot be read: {exc}", code="LQ-NO-MODEL") from exc
    return said is not None and said[1].lower() in ("true", "yes", "on")


def _body(folder: Path) -> Any:
    """wav2vec2 with the checkpoint's weights; its shape is told by theirs.

    Raises:
        InputError: They are not those of a wav2vec2.
    """
    import transformers

    path = folder / "wav2vec2.ckpt"
    named = {
        name.removeprefix(_BODY): tensor
        for name, tensor in runtime.tensors(path).items()
        if name.startswith(_BODY)
    }
    found = {_OLD_NAMES.get(name, name): tensor for name, tensor in named.items()}
    try:
        config = _config(found)
    except (KeyError, IndexError, ValueError) as exc:
        raise InputError(
            f"{path} holds no wav2vec2: {exc}", hint="copy or pull it again", code="LQ-NO-MODEL"
        ) from exc
    model = transformers.Wav2Vec2Model(config)
    report = model.load_state_dict(found, strict=False)
    wrong = [name for name in report.missing_keys if name != _UNUSED] + report.unexpected_keys
    if wrong:
        raise InputError(
            f"{path} is no wav2vec2 as SpeechBrain's recipe has it: {', '.join(wrong[:3])}",
            code="LQ-NO-MODEL",
        )
    return model.eval()


def _config(found: dict[str, Any]) -> Any:
    """The configuration of a wav2vec2 that has such weights.

    Strides and the width of a head are the same in every wav2vec2 published; layers, widths,
    kernels, groups and the kind of norm are read off the shapes.
    """
    import transformers

    conv = "feature_extractor.conv_layers.{}"
    kernels = [found[f"{conv.format(at)}.conv.weight"].shape for at in range(len(_STRIDES))]
    layers = 1 + max(
        int(name.split(".")[2]) for name in found if name.startswith("encoder.layers.")
    )
    up = found["encoder.layers.0.feed_forward.intermediate_dense.weight"].shape
    position = found[_OLD_NAMES["encoder.pos_conv_embed.conv.weight_v"]].shape
    has_norms = f"{conv.format(1)}.layer_norm.weight" in found
    return transformers.Wav2Vec2Config(
        hidden_size=up[1],
        intermediate_size=up[0],
        num_hidden_layers=layers,
        num_attention_heads=max(1, up[1] // _HEAD_WIDTH),
        conv_dim=[shape[0] for shape in kernels],
        conv_kernel=[shape[2] for shape in kernels],
        conv_stride=list(_STRIDES),
        conv_bias=f"{conv.format(0)}.conv.bias" in found,
        num_conv_pos_embeddings=position[2],
        num_conv_pos_embedding_groups=up[1] // position[1],
        feat_extract_norm="layer" if has_norms else "group",
        do_stable_layer_norm=has_norms,
        apply_spec_augment=False,
    )


def _head(folder: Path, count: int) -> tuple[Any, Any]:
    """The linear layer: weight [labels, width], and bias or None."""
    path = folder / "model.ckpt"
    found = runtime.tensors(path)
    if not {_WEIGHT} <= found.keys() <= {_WEIGHT, _BIAS} or len(found[_WEIGHT]) != count:
        raise InputError(
            f"{path} is not one linear layer for {count} labels: {', '.join(sorted(found)[:4])}",
            code="LQ-NO-MODEL",
        )
    return found[_WEIGHT], found.get(_BIAS)
