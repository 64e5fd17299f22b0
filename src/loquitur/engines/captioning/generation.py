"""What the pretrained describers share: a checkpoint of the hub or a folder, asked for sentences.

Each family has a file of its own, which says how frames become the model's inputs. Weights are
safetensors or read with `weights_only`; code beside a model is never run. A sentence's score is the
mean log-probability of its tokens, as `Description.score` has it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import checkpoints, runtime
from loquitur.engines.captioning.consensus import agreed
from loquitur.engines.captioning.prompts import PROMPT, TONGUES, asked, check_language
from loquitur.engines.runtime import Precision
from loquitur.errors import InputError, MissingError
from loquitur.model.vision import Alternative
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MOST_FRAMES = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """Options of the pretrained describers.

    Args:
        model: `OWNER/NAME[@REVISION]` of the hub, pulled before, or a folder. In a key stand its
            name and digest instead.
        revision: A branch, tag or commit of the hub's repository.
        frames: How many frames of a span it looks at; 0 for what suits the model.
        beams: Sentences considered side by side (beam search); 1 takes the best word each time.
        alternatives: How many others are told.
        most_tokens: The longest sentence.
        device: `auto` (CUDA, Apple's, CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto` (half precision on CUDA, else single), `float32`, `float16`, `bfloat16`.
    """

    model: str = field(default="", metadata={"keyed": False})
    revision: str = field(default="", metadata={"keyed": False})
    frames: int = 0
    beams: int = 1
    alternatives: int = 0
    most_tokens: int = 48
    device: str = field(default="auto", metadata={"keyed": False})
    dtype: Precision = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.frames <= _MOST_FRAMES:
            raise ValueError(f"frames is not within 0..{_MOST_FRAMES}: {self.frames}")
        if not 1 <= self.beams <= 64 or not 0 <= self.alternatives <= 64:
            raise ValueError("beams is within 1..64, alternatives within 0..64")
        if not 1 <= self.most_tokens <= 1024:
            raise ValueError(f"most_tokens is not within 1..1024: {self.most_tokens}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions(GenerationOptions):
    """Options of the chat models that see, beside those of all (`GenerationOptions`).

    Args:
        prompt: What it is asked.
        language: In which it shall answer; not every model was made for others than English.
    """

    prompt: str = PROMPT
    language: str = "en"
    most_tokens: int = 96

    def __post_init__(self) -> None:
        GenerationOptions.__post_init__(self)
        check_language(self.language)


class Pretrained(checkpoints.FromHub, ABC):
    """A describer on torch and transformers (`loquitur.protocols.Describer` and `Pullable`).

    A family sets the class attributes and gives `_load` and `_inputs`.

    Args:
        options: See `GenerationOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or the device asked for is absent.
        InputError: The folder holds another kind of model, or a damaged one.
        UsageError: An unknown model or device.
        EngineError: The library refuses the model.
    """

    Options: ClassVar[type] = GenerationOptions
    languages: ClassVar[tuple[str, ...]] = ("en",)
    pulled_as: ClassVar[str]
    model_types: ClassVar[tuple[str, ...]]
    class_name: ClassVar[str]
    usual_frames: ClassVar[int]

    _options: GenerationOptions
    _tokenizer: Any

    def __init__(self, options: GenerationOptions, resources: Resources) -> None:
        found = checkpoints.source(options.model or self.default_model, options.revision)
        folder = _located(found, resources, self.pulled_as)
        self._config = _checked(folder, self.model_types)
        self._options = options
        self._name = found.name
        self._threads = resources.threads
        self.frames = options.frames or self._suiting()
        self.sized: tuple[int, int] | None = None
        self.language = "en"
        self._torch, transformers = runtime.libraries()
        self._device = runtime.choose_device(self._torch, options.device)
        self._dtype = runtime.choose_precision(self._torch, options.dtype, self._device)
        with runtime.translated(f"the model in {folder} cannot be loaded", InputError):
            self._load(transformers, folder)
            self._model = runtime.load_complete(
                getattr(transformers, self.class_name),
                folder,
                self._dtype,
                hint="it is another kind of model, or a file of it is missing",
            ).to(self._device)

    @classmethod
    def identity(cls, options: GenerationOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; it is not loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds another kind of model.
            UsageError: An unknown model.
        """
        version = checkpoints.version()
        checkpoints.version("torch")
        found = checkpoints.source(options.model or cls.default_model, options.revision)
        folder = _located(found, resources, cls.pulled_as)
        _checked(folder, cls.model_types)
        return Identity(
            version=version,
            model=found.name,
            model_digest=checkpoints.digest(folder, resources),
        )

    def describe(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> Sequence[Alternative]:
        """Sentences about frames [n, h, w, 3] of one span, best first.

        Raises:
            EngineError: The library fails, or memory does not hold it.
        """
        with (
            runtime.translated(f"{self._name} failed"),
            runtime.inference(self._torch, self._threads),
        ):
            found = self._sentences(np.array(pictures), times_ms)  # plain memory, as torch wants it
        return found[: 1 + self._options.alternatives]

    # --- what a family gives ---

    def _suiting(self) -> int:
        """How many frames suit the model, by its configuration."""
        return self.usual_frames

    @abstractmethod
    def _load(self, transformers: Any, folder: Path) -> None:
        """Load what turns pictures and words into the model's inputs, `_tokenizer` among it."""

    @abstractmethod
    def _inputs(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        """The frames of one clip as what the model takes."""

    # --- asking ---

    def _sentences(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> tuple[Alternative, ...]:
        return self._generated(self._inputs(pictures, times_ms))

    def _generated(self, inputs: dict[str, Any]) -> tuple[Alternative, ...]:
        """The sentences that the model writes of one set of inputs, best first, each once."""
        beams = max(self._options.beams, 1 + self._options.alternatives)
        placed = {
            name: value.to(self._device, self._dtype)
            if value.is_floating_point()
            else value.to(self._device)
            for name, value in inputs.items()
        }
        done = self._model.generate(
            **placed,
            do_sample=False,
            num_beams=beams,
            num_return_sequences=min(beams, 1 + self._options.alternatives),
            max_new_tokens=self._options.most_tokens,
            return_dict_in_generate=True,
            output_scores=True,
        )
        steps = self._model.compute_transition_scores(
            done.sequences,
            done.scores,
            getattr(done, "beam_indices", None),
            normalize_logits=True,
        )
        written = done.sequences[:, -steps.shape[1] :] if steps.shape[1] else done.sequences[:, :0]
        found: dict[str, Alternative] = {}
        for tokens, scores in zip(written, steps, strict=True):
            length = self._length(tokens)
            words = str(self._tokenizer.decode(tokens[:length], skip_special_tokens=True))
            text = " ".join(words.split())
            values = [value for value in scores[:length].float().tolist() if value > -1e9]
            score = sum(values) / len(values) if values else None
            found.setdefault(text, Alternative(text=text, score=score))
        return tuple(found.values())

    def _length(self, tokens: Any) -> int:
        """How many tokens of a row belong to its sentence, the one that ends it among them."""
        ends = self._model.generation_config.eos_token_id
        known = set(ends) if isinstance(ends, list | tuple) else {ends}
        for at, token in enumerate(tokens.tolist()):
            if token in known:
                return at + 1
        return len(tokens)


class Chat(Pretrained):
    """A chat model that sees: it is told what to write, and in which language."""

    Options: ClassVar[type] = ChatOptions
    languages: ClassVar[tuple[str, ...]] = tuple(TONGUES)
    usual_frames: ClassVar[int] = 12

    _options: ChatOptions

    def __init__(self, options: ChatOptions, resources: Resources) -> None:
        super().__init__(options, resources)
        self.language = options.language
        self._prompt = asked(options.prompt, options.language)


class OfPictures(Pretrained):
    """A describer of single pictures: each frame gets a sentence, and the most agreed upon wins."""

    usual_frames: ClassVar[int] = 5

    def _sentences(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> tuple[Alternative, ...]:
        said: list[Alternative] = []
        for at in range(len(pictures)):
            if at and (pictures[at] == pictures[at - 1]).all():
                said.append(said[-1])  # a frame that is due twice
                continue
            one = slice(at, at + 1)
            said.append(self._generated(self._inputs(pictures[one], times_ms[one]))[0])
        return agreed(said)


def _located(found: checkpoints.Source, resources: Resources, engine: str) -> Path:
    """The folder of a model.

    Raises:
        MissingError: It is not here; with the command that brings it.
        InputError: The user's folder lacks what such a model has.
    """
    try:
        return checkpoints.locate(found, resources)
    except MissingError as exc:
        raise MissingError(
            exc.message, hint=f"loquitur models pull {engine}:{found.name}", code=exc.code
        ) from exc


def _checked(folder: Path, model_types: Sequence[str]) -> dict[str, Any]:
    """The configuration of a model of the right kind.

    Raises:
        InputError: It is of another kind.
    """
    config = checkpoints.read_config(folder)
    kind = config.get("model_type")
    if kind not in model_types:
        raise InputError(
            f"{folder} holds a model of the kind {str(kind)[:40]!r}, not {', '.join(model_types)}",
            hint="`loquitur engines` lists the describers and their models",
            code="LQ-NO-MODEL",
        )
    return config
