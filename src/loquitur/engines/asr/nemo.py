"""Recognition by NVIDIA NeMo: Parakeet with times of its own, Canary-Qwen without.

Parakeet-TDT (Xu et al. 2023, "Efficient Sequence Transduction by Jointly Predicting Tokens and
Durations") is read from a `.nemo` file. Canary-Qwen is a speech-augmented language model (Chen et
al. 2024, "SALM"): a FastConformer whose frames stand in a Qwen3's prompt; it writes text without
any times, so `times` says "none", and its words come without. The toolkit belongs in an
environment of its own. Weights are safetensors, or read by torch with `weights_only`; what a
`.nemo` file would unpack or call is looked at before (`nemo_archive`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import nemo_toolkit, weights
from loquitur.engines.catalog import Catalog, Download, known_model
from loquitur.engines.nemo_archive import check_archive, check_targets
from loquitur.engines.nemo_toolkit import Device, quietly
from loquitur.errors import InputError, MissingError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

Times = Literal["words", "none"]

_CATALOG = Catalog("asr", "nemo")
_ENGINE = "asr.nemo"
_ROOM = "--set transcribe.max_chunk_ms=10000, or --set transcribe.device=cpu"
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10  # in less nothing is said, and some encoders fail
_SALM_FILES = ("config.json", "model.safetensors")
_BACKBONE = "llm_backbone"
_BACKBONE_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")
_CONFIDENCE = {  # the mean posterior of a word's pieces
    "preserve_word_confidence": True,
    "aggregation": "mean",
    "method_cfg": {"name": "max_prob"},
}
_EUROPEAN = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it", "lt", "lv"),
    *("mt", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "uk"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """A model that can be fetched: its repository, its files there, what it knows.

    `backbone` is the repository of the language model beneath, of which no weights are needed.
    """

    repository: str
    files: tuple[str, ...]
    languages: tuple[str, ...]
    about_mb: int
    backbone: str = ""


_DEFAULT = "parakeet-tdt-0.6b-v3"
_MODELS = {
    _DEFAULT: _Model(
        repository="nvidia/parakeet-tdt-0.6b-v3",
        files=("parakeet-tdt-0.6b-v3.nemo",),
        languages=_EUROPEAN,
        about_mb=2510,
    ),
    "parakeet-tdt-0.6b-v2": _Model(
        repository="nvidia/parakeet-tdt-0.6b-v2",
        files=("parakeet-tdt-0.6b-v2.nemo",),
        languages=("en",),
        about_mb=2470,
    ),
    "canary-qwen-2.5b": _Model(
        repository="nvidia/canary-qwen-2.5b",
        files=_SALM_FILES,
        languages=("en",),
        about_mb=5120,
        backbone="Qwen/Qwen3-1.7B",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NemoOptions:
    """Which model, and how it is asked.

    Args:
        model: A known name (`parakeet-tdt-0.6b-v3`, `parakeet-tdt-0.6b-v2`, `canary-qwen-2.5b`), a
            `.nemo` file or a folder with one, or a folder with a speech-augmented language model
            (`config.json`, `model.safetensors`, `llm_backbone/`).
        device: `auto` takes CUDA where torch has it.
        prompt: What a language model is told before the sound.
        max_new_tokens: How much it may write of one chunk; 256 is enough for 30 s of quick speech.
    """

    model: str = field(default=_DEFAULT, metadata={"keyed": False})
    device: Device = field(default="auto", metadata={"keyed": False})
    prompt: str = "Transcribe the following:"
    max_new_tokens: int = 256

    def __post_init__(self) -> None:
        if not 1 <= self.max_new_tokens <= 4096:
            raise ValueError("max_new_tokens goes from 1 to 4096")


class Nemo:
    """A model of NeMo's (`loquitur.protocols.Transcriber` and `Pullable`).

    Args:
        options: See `NemoOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package or model absent.
        InputError: The file or folder is no such model.
        UsageError: An unknown model name.
        EngineError: The toolkit refuses the model, or the device is not there.
    """

    Options: ClassVar[type] = NemoOptions
    languages: tuple[str, ...] = _EUROPEAN  # of all its models; an instance's are its model's

    def __init__(self, options: NemoOptions, resources: Resources) -> None:
        place = _locate(options.model, resources)
        self.languages = self.languages_of(options)
        torch = nemo_toolkit.torch_with(resources.threads, _ENGINE)
        device = nemo_toolkit.device_of(options.device, torch, "transcribe")
        with _translated(f"the model {place} cannot be loaded"), quietly():
            self._listener: _Transducer | _LanguageModel = (
                _LanguageModel(place, device, options)
                if place.is_dir()
                else _Transducer(place, device)
            )

    @classmethod
    def identity(cls, options: NemoOptions, resources: Resources) -> Identity:
        """The toolkit's version and the digest of the model's files; nothing is loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The file or folder is no such model.
            UsageError: An unknown model name.
        """
        version = _version()
        place = _locate(options.model, resources)
        files = [place]
        if place.is_dir():
            files = [place / name for name in _SALM_FILES]
            files += [place / _BACKBONE / name for name in _BACKBONE_FILES]
        return Identity(
            version=version,
            model=place.stem if place.is_file() else place.name,
            model_digest=weights.digest(files, resources.models / "nemo"),
        )

    @classmethod
    def times(cls, options: NemoOptions) -> Times:
        """Whether the chosen model's words have times: "words", or "none"; nothing is loaded."""
        known = _MODELS.get(options.model)
        if known is not None:
            return "none" if known.backbone else "words"
        folder = Path(options.model).expanduser()
        return "none" if folder.is_dir() and _is_language_model(folder) else "words"

    @classmethod
    def languages_of(cls, options: NemoOptions) -> tuple[str, ...]:
        """The languages of the model chosen; all of the engine's where it is a file of yours."""
        known = _MODELS.get(options.model)
        return known.languages if known else _EUROPEAN

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, whole or not at all; a present one is kept.

        Raises:
            UsageError: An unknown model name.
            MissingError: It cannot be had from here.
            TransientError: The hub cannot be reached now.
            RemoteError: The hub refuses.
            FullError: It cannot be written.
        """
        name = known_model(model or _DEFAULT, _MODELS)
        known = _MODELS[name]
        wanted = [(name, known.repository, known.files, known.about_mb)]
        if known.backbone:
            wanted.append((f"{name}/{_BACKBONE}", known.backbone, _BACKBONE_FILES, 12))
        for label, repository, files, about_mb in wanted:
            download = Download(label=label, repository=repository, needed=files, about_mb=about_mb)
            _CATALOG.pull(repository, [download], resources, tell)
        tell(f"{name} is ready")

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        return _CATALOG.folder(known_model(model or _DEFAULT, _MODELS), resources)

    def transcribe(self, samples: NDArray[np.float32], *, language: str) -> Iterator[RawWord]:
        """The words of one chunk, times in ms from its start, None where the model gives none.

        Args:
            samples: float32, 16 kHz mono, shape [n]; at most about 30 s (Canary-Qwen was trained
                on 40 s at most).
            language: Not told to the model: Parakeet v3 finds out, the others know English alone.

        Raises:
            EngineError: The toolkit failed, or memory did not suffice.
        """
        del language
        if len(samples) < _SHORTEST_SAMPLES:
            return
        sound = np.array(samples, dtype=np.float32)  # the toolkit writes into what it is given
        with _translated("NeMo failed"), quietly():
            words = self._listener.hear(sound)
        yield from words


class _Transducer:
    """A recogniser with times: any model of a `.nemo` file."""

    def __init__(self, place: Path, device: str) -> None:
        from nemo.collections.asr.models import ASRModel
        from omegaconf import OmegaConf, open_dict

        check_archive(place, engine=_ENGINE)
        self._model = ASRModel.restore_from(str(place), map_location=device)
        self._model.eval()
        decoding = OmegaConf.create(OmegaConf.to_container(self._model.cfg.decoding))
        with open_dict(decoding):
            decoding.confidence_cfg = _CONFIDENCE
            if "greedy" in decoding:
                # Compiling the graphs, the toolkit (3.0.0) lets CUDA write its log, one zero, into
                # Python's own b" ": from then on blanks are zeros in this process, and weights
                # whose sizes have a 32 in them cannot be read.
                decoding.greedy.use_cuda_graph_decoder = False
        self._model.change_decoding_strategy(decoding, verbose=False)

    def hear(self, sound: NDArray[np.float32]) -> list[RawWord]:
        try:
            hypothesis = self._heard(sound, timestamps=True)
        except IndexError:
            # The toolkit (3.0.0) fails on some texts while it groups times to words, blanks among
            # the letters for one: better words without times than a lost run.
            self._switch_off_times()
            hypothesis = self._heard(sound, timestamps=False)
        stamps = hypothesis.timestamp
        stamps = (stamps.get("word") if isinstance(stamps, dict) else None) or []
        if not stamps:
            return [RawWord(start_ms=None, end_ms=None, text=text)
                    for text in str(hypothesis.text).split()]  # fmt: skip
        confidence = list(hypothesis.word_confidence or [])
        if len(confidence) != len(stamps):
            confidence = [None] * len(stamps)
        return [
            RawWord(
                start_ms=float(stamp["start"]) * 1000.0,
                end_ms=float(stamp["end"]) * 1000.0,
                text=str(stamp["word"]),
                confidence=None if share is None else float(share),
            )
            for stamp, share in zip(stamps, confidence, strict=True)
        ]

    def _switch_off_times(self) -> None:
        """What a call with times switched on, one without does not take back; the next one does."""
        from omegaconf import OmegaConf, open_dict

        decoding = OmegaConf.create(OmegaConf.to_container(self._model.cfg.decoding))
        with open_dict(decoding):
            decoding.compute_timestamps = False
        self._model.change_decoding_strategy(decoding, verbose=False)

    def _heard(self, sound: NDArray[np.float32], *, timestamps: bool) -> Any:
        found = self._model.transcribe(
            [sound], timestamps=timestamps, batch_size=1, return_hypotheses=True, verbose=False
        )
        (hypothesis,) = found[0] if isinstance(found, tuple) else found
        return hypothesis


class _LanguageModel:
    """A speech-augmented language model: text alone."""

    def __init__(self, place: Path, device: str, options: NemoOptions) -> None:
        _check_configuration(place / "config.json")
        from nemo.collections.speechlm2.models import SALM

        self._model = SALM.from_pretrained(str(place), local_files_only=True)
        self._model = self._model.eval().to(device)
        self._device, self._options = device, options

    def hear(self, sound: NDArray[np.float32]) -> list[RawWord]:
        import torch

        model = self._model
        line = f"{self._options.prompt} {model.audio_locator_tag}"
        answer = model.generate(
            prompts=[[{"role": "user", "content": line}]],
            audios=torch.from_numpy(sound)[None].to(self._device),
            audio_lens=torch.tensor([len(sound)], device=self._device),
            max_new_tokens=self._options.max_new_tokens,
            do_sample=False,
        )
        ends = {model.text_eos_id, model.text_pad_id, model.text_bos_id}
        written = [int(piece) for piece in answer[0].cpu() if int(piece) not in ends]
        text = str(model.tokenizer.ids_to_text(written))
        return [RawWord(start_ms=None, end_ms=None, text=word) for word in text.split()]


def _check_configuration(path: Path) -> None:
    """Refuse what would run code that lies with the model.

    Raises:
        InputError: It asks for that, or cannot be read.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise InputError(f"{path} cannot be read: {exc}", code="LQ-NO-MODEL") from exc
    if not isinstance(content, dict) or "perception" not in content:
        raise InputError(
            f"{path} is no speech-augmented language model's configuration", code="LQ-NO-MODEL"
        )
    check_targets(content, str(path))


def _version() -> str:
    return nemo_toolkit.version(_ENGINE)


def _translated(what: str) -> AbstractContextManager[None]:
    return nemo_toolkit.translated(what, engine=_ENGINE, room=_ROOM)


def _is_language_model(folder: Path) -> bool:
    return not weights.lacking(folder, _SALM_FILES)


def _locate(model: str, resources: Resources) -> Path:
    """The `.nemo` file of a recogniser, or the folder of a language model.

    Raises:
        MissingError: It is not in the cache, or not all of it.
        InputError: The folder holds neither.
        UsageError: Neither a known name nor a place.
    """
    if model in _MODELS:
        known, folder = _MODELS[model], resources.models / "nemo" / model
        lacking = weights.lacking(folder, known.files)
        if not lacking and known.backbone:
            lacking = weights.lacking(folder / _BACKBONE, _BACKBONE_FILES)
        if lacking:
            raise MissingError(
                f"the model {model} is not in the model cache: no {', '.join(lacking)}",
                hint=f"loquitur models pull nemo:{model}",
                code="LQ-NO-MODEL",
            )
        return folder if known.backbone else folder / known.files[0]
    place = nemo_toolkit.own_place(model, _MODELS)
    if place.is_file():
        return place
    if _is_language_model(place):
        lacking = weights.lacking(place / _BACKBONE, _BACKBONE_FILES)
        if lacking:
            raise InputError(
                f"{place} has no {_BACKBONE} with {', '.join(lacking)}",
                hint="they are those of the language model beneath, without its weights",
                code="LQ-NO-MODEL",
            )
        return place
    found = sorted(place.glob("*.nemo"))
    if len(found) != 1:
        raise InputError(
            f"{place} holds {len(found)} .nemo files and no {', '.join(_SALM_FILES)}",
            code="LQ-NO-MODEL",
        )
    return found[0]
