"""Mood by any audio classifier that transformers loads, and by wav2vec2 with a pooled head.

The pooled head (mean over time, one hidden layer, one output each) is no class of the library:
audeering's dimensional model has it, and many classifiers that came with code of their own. Loaded
as the library's nearest class they would answer at random, with a warning at most; here the graph
is put together from the weights' names, and anything that does not fit is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import checkpoints, runtime
from loquitur.engines.runtime import Precision
from loquitur.errors import InputError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.protocols import Identity, Resources
from loquitur.speech import moods

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


DEFAULT = "superb/wav2vec2-base-superb-er"
_SHORTEST_SAMPLES = 400  # the first convolutions need them
_HEAD = "classifier."
_BODIES = {"wav2vec2": "Wav2Vec2Model", "hubert": "HubertModel", "wavlm": "WavLMModel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersMoodOptions:
    """Options of the engine.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder. In a key stand its
            name and digest instead.
        revision: A branch, tag or commit of the hub's repository; pins what is pulled and read.
        labels: The labels in the order of the outputs, with commas between, where the model's own
            names say nothing.
        shortest_ms: Turns with less speech than this are `unknown`.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (half precision on CUDA, else single), `float32`, `float16`, `bfloat16`.
        trust_remote_code: Run Python code that lies in the model's folder, which a pull does not
            bring. Only where you trust every file of it; none of the known models needs it.
    """

    model: str = field(default=DEFAULT, metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    labels: str = ""
    shortest_ms: int = moods.SHORTEST_MS
    device: str = field(default="auto", metadata={"keyed": False})
    dtype: Precision = "auto"
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        if not 100 <= self.shortest_ms <= 10_000:
            raise ValueError(f"shortest_ms must be 100 to 10000, not {self.shortest_ms}")


class TransformersMood(checkpoints.FromHub, moods.ByLabels):
    """An audio classifier on torch (`loquitur.protocols.EmotionReader` and `Pullable`).

    Args:
        options: See `TransformersMoodOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds no classifier of moods, or a damaged one.
        UsageError: An unknown model or device.
        EngineError: The library refuses the model.
    """

    Options: ClassVar[type] = TransformersMoodOptions
    default_model: ClassVar[str] = DEFAULT

    def __init__(self, options: TransformersMoodOptions, resources: Resources) -> None:
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources)
        self._name = found.name
        self._source = f"transformers {self._name}"
        self._shortest_ms = options.shortest_ms
        self._labels = checkpoints.labels_of(folder, options.labels)
        self._moods = moods.moods_of(self._labels, model=self._name)
        self._torch, transformers = runtime.libraries()
        self._threads = resources.threads
        device = runtime.choose_device(self._torch, options.device)
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            self._extract = transformers.AutoFeatureExtractor.from_pretrained(
                folder, local_files_only=True
            )
            load = _load_pooled if _has_pooled_head(folder) else _load_class
            self._logits, self._model = load(
                folder, options, runtime.choose_precision(self._torch, options.dtype, device)
            )
            self._model.to(device)
        rate_hz = getattr(self._extract, "sampling_rate", SAMPLE_RATE_HZ)
        if rate_hz != SAMPLE_RATE_HZ:
            raise InputError(f"{self._name} hears {rate_hz} Hz, not 16000", code="LQ-NO-MODEL")

    @classmethod
    def identity(cls, options: TransformersMoodOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no classifier of moods.
            UsageError: An unknown model.
        """
        version = checkpoints.version()
        checkpoints.version("torch")
        found = checkpoints.source(options.model, options.revision)
        folder = checkpoints.locate(found, resources)
        moods.moods_of(checkpoints.labels_of(folder, options.labels), model=found.name)
        return Identity(
            version=version,
            model=found.name,
            model_digest=checkpoints.digest(folder, resources),
        )

    def _classify(self, sound: NDArray[np.float32]) -> list[float]:
        heard = np.zeros(max(len(sound), _SHORTEST_SAMPLES), dtype=np.float32)
        heard[: len(sound)] = sound
        with (
            runtime.translated(f"{self._name} failed"),
            runtime.inference(self._torch, self._threads),
        ):
            inputs = self._extract(heard, sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt")
            inputs = inputs.to(self._model.device)
            name = self._model.main_input_name
            inputs[name] = inputs[name].to(self._model.dtype)
            row = self._logits(inputs).float().reshape(-1)
            if len(row) != len(self._labels):
                raise InputError(
                    f"{self._name} gives {len(row)} scores, but {len(self._labels)} labels are "
                    "named",
                    code="LQ-NO-MODEL",
                )
            shares = row if moods.is_dimensional(self._moods) else row.softmax(-1)
            return [float(value) for value in shares.cpu().tolist()]


def _load_class(folder: Path, options: TransformersMoodOptions, dtype: Any) -> tuple[Any, Any]:
    """A classifier that is a class of the library; gives (inputs -> logits, model)."""
    import transformers

    model = runtime.load_complete(
        transformers.AutoModelForAudioClassification,
        folder,
        dtype,
        hint="it is another kind of model, or needs the code it came with",
        trust_remote_code=options.trust_remote_code,
    )
    return lambda inputs: model(**inputs).logits, model


def _has_pooled_head(folder: Path) -> bool:
    """Whether the classes say so: none of the library's own, with a head of two layers."""
    config = checkpoints.read_config(folder)
    names = [str(name) for name in config.get("architectures") or []]
    known = any(name.endswith(("ForSequenceClassification", "Classification")) for name in names)
    own = any(name.endswith("ForSpeechClassification") or name == "EmotionModel" for name in names)
    return config.get("model_type") in _BODIES and (own or not known)


def _load_pooled(folder: Path, options: TransformersMoodOptions, dtype: Any) -> tuple[Any, Any]:
    """A body with a pooled head; gives (inputs -> logits, body).

    The head is the one of Wagner et al. 2023 and of the classifiers its form was taken from:
    mean over time, linear, tanh, linear.
    """
    import torch
    import transformers

    kind = str(checkpoints.read_config(folder)["model_type"])
    body, report = getattr(transformers, _BODIES[kind]).from_pretrained(
        folder, dtype=dtype, local_files_only=True, output_loading_info=True
    )
    absent = runtime.missing_weights(report, body)
    found: dict[str, Any] = {}
    for path in checkpoints.weight_files(folder):
        found |= {
            name.removeprefix(_HEAD): tensor
            for name, tensor in runtime.tensors(path).items()
            if name.startswith(_HEAD)
        }
    wanted = {f"{layer}.{part}" for layer in ("dense", "out_proj") for part in ("weight", "bias")}
    if absent or found.keys() != wanted:
        what = absent[:3] or sorted(found.keys() ^ wanted)
        raise InputError(
            f"{folder} is no {kind} with a pooled head: {', '.join(what)}",
            hint="expected classifier.dense and classifier.out_proj over the mean of its states",
            code="LQ-NO-MODEL",
        )
    if checkpoints.read_config(folder).get("pooling_mode", "mean") != "mean":
        raise InputError(f"{folder} pools by something other than the mean", code="LQ-NO-MODEL")
    layers = []
    for name in ("dense", "out_proj"):
        layer = torch.nn.Linear(*reversed(found[f"{name}.weight"].shape))
        layer.load_state_dict({part: found[f"{name}.{part}"] for part in ("weight", "bias")})
        layers.append(layer.to(dtype))
    body.pooled_head = torch.nn.ModuleList(layers)  # so that it follows the body to its device
    body = body.eval()

    def logits(inputs: Any) -> Any:
        dense, out = body.pooled_head
        return out(torch.tanh(dense(body(**inputs).last_hidden_state.mean(dim=1))))

    return logits, body
