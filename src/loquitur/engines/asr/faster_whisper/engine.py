"""Whisper through faster-whisper and CTranslate2: 99 languages, words timed by cross-attention.

Chunks come from the pipeline, never a whole file: the library's features of an hour take 3.2 GB.

What was learnt of it (1.2.1):
- `transcribe` is lazy: its errors come while its segments are read.
- Numbers are numpy's; segments come out of order, some without words: a word that no blank cuts
  hangs on the first of them.
- Without `tokenizer.json` in the folder it asks the hub: so folders are looked at before.
- Sampling (temperatures above 0, its way out of a loop) cannot be seeded anew for each chunk: the
  same sound gives other words each time. So it is off, and a chunk whose text repeats itself is
  decoded again with repetition made costly instead.
- What stops invented text: silence is not given to it at all, earlier text is never a prompt, and
  the thresholds below.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur import languages
from loquitur.engines import weights
from loquitur.engines.asr.faster_whisper.batches import Batches
from loquitur.engines.catalog import Catalog, hub_label
from loquitur.engines.runtime import lacks_memory
from loquitur.errors import EngineError, InputError, MissingError, UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources
from loquitur.speech.tokens import split_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Device = Literal["auto", "cpu", "cuda"]

_CATALOG = Catalog("asr", "faster-whisper")
_NEEDED = ("model.bin", "config.json", "tokenizer.json", "vocabulary.*")
_EXTRA = ("preprocessor_config.json",)
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10
_RETRY_PENALTY = 1.1  # of a second try, where the first one repeats itself
_RETRY_NGRAM = 3
_PIP_COMMAND = 'pip install "loquitur[faster-whisper]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class FasterWhisperOptions:
    """Options of the engine; the thresholds are Whisper's own, but for what is said.

    Args:
        model: A known name (`large-v3-turbo`, `small.en` ...), a repository of the hub as
            `owner/name`, or a folder of a converted model. In a key stand its name and digest.
        compute_type: Type of number: `auto` is int8 on a processor and float16 on CUDA; else
            CTranslate2's names (`int8`, `int8_float16`, `float16`, `bfloat16`, `float32` ...).
        device: `auto` takes CUDA where it is.
        beam_size: Beams of the search; 1 is greedy.
        temperatures: Tried in turn until the thresholds below are met; 0 does not sample. With
            others (Whisper's own are 0, 0.2, 0.4, 0.6, 0.8, 1) results cannot be made again.
        initial_prompt: Text before the first word: names and style.
        hotwords: Words to expect, said before each chunk.
        no_speech_threshold: A chunk with a higher probability of "no speech" and words below the
            next threshold is silence; None to keep all.
        log_prob_threshold: Mean log probability under which the next temperature is tried.
        compression_ratio_threshold: Text that packs better than this repeats itself: it is
            decoded again; None to leave it.
        hallucination_silence_s: Words around a longer silence that look invented are left out;
            None to keep them. Off in the library, on here.
        repetition_penalty: Above 1 makes pieces already said less likely.
        no_repeat_ngram_size: No such number of pieces may come twice; 0 for no such rule.
        max_new_tokens: Most pieces of a chunk; 0 for Whisper's own bound of 448 with the prompt.
        batched: Through the library's batched pipeline: quicker, and words are a little different;
            `hallucination_silence_s` and temperatures after the first do nothing then.
        batch_size: Chunks heard at once; more than 1 is batched. It changes no words.
    """

    model: str = field(default=_CATALOG.default, metadata={"keyed": False})
    compute_type: str = "auto"
    device: Device = field(default="auto", metadata={"keyed": False})
    beam_size: int = 5
    temperatures: tuple[float, ...] = (0.0,)
    initial_prompt: str = ""
    hotwords: str = ""
    no_speech_threshold: float | None = 0.6
    log_prob_threshold: float | None = -1.0
    compression_ratio_threshold: float | None = 2.4
    hallucination_silence_s: float | None = 2.0
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    max_new_tokens: int = 0
    batched: bool = False
    batch_size: int = field(default=1, metadata={"keyed": False})

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 256:
            raise ValueError("batch_size goes from 1 to 256")
        if self.batch_size > 1:
            object.__setattr__(self, "batched", True)
        if self.beam_size < 1 or not self.temperatures or min(self.temperatures) < 0.0:
            raise ValueError("beam_size is 1 or more, temperatures are one or more, from 0 up")
        if min(self.no_repeat_ngram_size, self.max_new_tokens) < 0 or self.repetition_penalty <= 0:
            raise ValueError("counts are not negative, repetition_penalty is above 0")
        name = self.model.removeprefix("faster-whisper-")
        object.__setattr__(self, "model", name if name in _CATALOG.models else self.model)


class FasterWhisper:
    """Any Whisper converted for CTranslate2 (`loquitur.protocols.Transcriber` and `Pullable`).

    Args:
        options: See `FasterWhisperOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or CUDA absent.
        InputError: The folder holds no such model.
        UsageError: An unknown model name or type of number.
    """

    Options: ClassVar[type] = FasterWhisperOptions
    languages: tuple[str, ...] = languages.WHISPER

    def __init__(self, options: FasterWhisperOptions, resources: Resources) -> None:
        folder = _locate(options.model, resources)
        self._options = options
        self._name = options.model
        self.languages = _languages_of_folder(folder)
        self._model = _load(folder, options, resources)
        self.detected = ""  # the language found in the chunk heard last
        self.batch_size = options.batch_size
        self._batches: Batches | None = None
        if options.batched:
            self._batches = Batches(
                self._model,
                prompt=options.initial_prompt,
                hotwords=options.hotwords,
                beam_size=options.beam_size,
                temperature=options.temperatures[0],
                max_new_tokens=options.max_new_tokens,
            )

    @classmethod
    def identity(cls, options: FasterWhisperOptions, resources: Resources) -> Identity:
        """The versions of both libraries and the digest of the model's files; nothing is loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such model.
            UsageError: An unknown model name.
        """
        version = _version()
        folder = _locate(options.model, resources)
        given = _CATALOG.given_folder(options.model)
        files = sorted({path for name in (*_NEEDED, *_EXTRA) for path in folder.glob(name)})
        return Identity(
            version=version,
            model=options.model if given is None else given.name,
            model_digest=weights.digest(files, resources.models / _CATALOG.engine),
        )

    @classmethod
    def languages_of(cls, options: FasterWhisperOptions) -> tuple[str, ...]:
        """The languages of the model chosen; all where only its files could tell."""
        known = _CATALOG.models.get(options.model)
        if known is not None:
            return ("en",) if known.languages == "en" else languages.WHISPER
        given = _CATALOG.given_folder(options.model)
        return languages.WHISPER if given is None else _languages_of_folder(given)

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache; see `Catalog.pull`.

        Raises:
            UsageError: An unknown model name.
        """
        name = FasterWhisperOptions(model=model or _CATALOG.default).model
        _CATALOG.pull_whole(name, resources, tell, needed=_NEEDED, extra=_EXTRA)

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        name = FasterWhisperOptions(model=model or _CATALOG.default).model
        return _CATALOG.location(name, resources)

    def transcribe(self, samples: NDArray[np.float32], *, language: str) -> Iterator[RawWord]:
        """The words of one chunk, times in ms from the chunk's start.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most about 30 s.
            language: A BCP 47 tag, or empty for detection; what was found is in `detected`.

        Raises:
            UsageError: The model does not know the language.
            EngineError: CTranslate2 failed.
        """
        code = self._code(language)
        if self._batches is not None:
            return self._together([samples], code, self._batches)[0]
        return self._words(samples, code)

    def transcribe_batch(
        self, chunks: Sequence[NDArray[np.float32]], *, language: str
    ) -> Iterator[Sequence[RawWord] | Iterator[RawWord]]:
        """The words of each chunk, in their order; each the same as `transcribe` gives of it.

        Args:
            chunks: As for `transcribe`.
            language: As for `transcribe`.

        Raises:
            UsageError: The model does not know the language.
            EngineError: CTranslate2 failed.
        """
        code = self._code(language)
        if self._batches is None:
            yield from (self._words(chunk, code) for chunk in chunks)
        else:
            yield from self._together(chunks, code, self._batches)

    def _code(self, language: str) -> str:
        languages.check_language(
            language,
            self.languages,
            model=self._name,
            hint="take a model without .en" if self.languages == ("en",) else "",
        )
        return languages.whisper_code(language)

    def _together(
        self, chunks: Sequence[NDArray[np.float32]], code: str, batches: Batches
    ) -> list[Iterator[RawWord]]:
        """The words of several chunks, those of one language decoded at once."""
        sounds = [np.ascontiguousarray(chunk, dtype=np.float32) for chunk in chunks]
        audible = [at for at, sound in enumerate(sounds) if len(sound) >= _SHORTEST_SAMPLES]
        heard: dict[int, list[Any]] = {}
        with _translated(f"faster-whisper with {self._name} failed"):
            codes = {at: code or batches.language(sounds[at]) for at in audible}
            for one in dict.fromkeys(codes.values()):
                places = [at for at in audible if codes[at] == one]
                found = self._retried([sounds[at] for at in places], one, batches)
                heard.update(zip(places, found, strict=True))
        self.detected = codes[audible[-1]] if audible else code
        return [self._spoken(heard.get(at, [])) for at in range(len(sounds))]

    def _retried(
        self, sounds: list[NDArray[np.float32]], code: str, batches: Batches
    ) -> list[list[Any]]:
        """The segments of each, of the better of two tries where the first repeats itself."""
        options = self._options
        most = options.compression_ratio_threshold
        penalty, ngram = options.repetition_penalty, options.no_repeat_ngram_size
        found = [
            [SimpleNamespace(**segment) for segment in segments if not self._is_silence(segment)]
            for segments in batches.hear(sounds, code, penalty=penalty, ngram=ngram)
        ]
        for at, first in enumerate(found):
            if most is not None and _repetition(first) > most:
                (second,) = batches.hear(
                    [sounds[at]],
                    code,
                    penalty=max(penalty, _RETRY_PENALTY),
                    ngram=max(ngram, _RETRY_NGRAM),
                )
                found[at] = min(first, [SimpleNamespace(**one) for one in second], key=_repetition)
        return found

    def _is_silence(self, segment: dict[str, Any]) -> bool:
        """The sequential way's rule, which the batched pipeline leaves out."""
        options = self._options
        if options.no_speech_threshold is None:
            return False
        sure = options.log_prob_threshold
        doubtful = sure is None or float(segment["avg_logprob"]) <= sure
        return doubtful and float(segment["no_speech_prob"]) > options.no_speech_threshold

    def _words(self, samples: NDArray[np.float32], code: str) -> Iterator[RawWord]:
        self.detected = code
        if len(samples) < _SHORTEST_SAMPLES:
            return
        with _translated(f"faster-whisper with {self._name} failed"):
            segments = self._heard(np.ascontiguousarray(samples, dtype=np.float32), code)
        yield from self._spoken(segments)

    def _spoken(self, segments: list[Any]) -> Iterator[RawWord]:
        """The words of a chunk's segments, without times where none of them has any."""
        said = [
            SimpleNamespace(**word) if isinstance(word, dict) else word
            for segment in segments
            for word in segment.words or ()
        ]
        for word in said:
            text = word.word.replace("\ufffd", "").strip()
            if text:
                yield RawWord(
                    start_ms=float(word.start) * 1000.0,
                    end_ms=float(word.end) * 1000.0,
                    text=text,
                    confidence=float(word.probability),
                )
        if not said:  # the alignment found no place for any of them
            for segment in segments:
                for text in split_text(segment.text.replace("\ufffd", "")):
                    yield RawWord(start_ms=None, end_ms=None, text=text)

    def _heard(self, sound: NDArray[np.float32], code: str) -> list[Any]:
        """The segments of a chunk, of the better of two tries where the first repeats itself."""
        options = self._options
        first = self._decode(sound, code, options.repetition_penalty, options.no_repeat_ngram_size)
        most = options.compression_ratio_threshold
        if most is None or _repetition(first) <= most:
            return first
        second = self._decode(
            sound,
            code,
            max(options.repetition_penalty, _RETRY_PENALTY),
            max(options.no_repeat_ngram_size, _RETRY_NGRAM),
        )
        return min(first, second, key=_repetition)

    def _decode(
        self, sound: NDArray[np.float32], code: str, penalty: float, ngram: int
    ) -> list[Any]:
        """The segments of a chunk; notes the language that was found."""
        options = self._options
        segments, info = self._model.transcribe(
            sound,
            language=code or None,
            beam_size=options.beam_size,
            temperature=list(options.temperatures),
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
            initial_prompt=options.initial_prompt or None,
            hotwords=options.hotwords or None,
            no_speech_threshold=options.no_speech_threshold,
            log_prob_threshold=options.log_prob_threshold,
            compression_ratio_threshold=options.compression_ratio_threshold,
            hallucination_silence_threshold=options.hallucination_silence_s,
            repetition_penalty=penalty,
            no_repeat_ngram_size=ngram,
            max_new_tokens=options.max_new_tokens or None,
        )
        found = list(segments)
        self.detected = str(info.language)
        return found


def _repetition(segments: list[Any]) -> float:
    """How well the text of the segment that repeats itself most can be packed."""
    return max((float(segment.compression_ratio) for segment in segments), default=0.0)


def _locate(model: str, resources: Resources) -> Path:
    """A model's folder, whole.

    Raises:
        UsageError: Nothing is called so.
        MissingError: It is not in the model cache, or not whole there.
        InputError: The folder given holds no such model.
    """
    given = _CATALOG.given_folder(model)
    folder = _CATALOG.folder(hub_label(model), resources) if given is None else given
    if given is None and not folder.is_dir():
        known = _CATALOG.models.get(model)
        raise _CATALOG.absent(model, detail=f"about {known.size_mb} MB" if known else "")
    lacking = weights.lacking(folder, _NEEDED)
    if not lacking:
        return folder
    if given is None:
        raise _CATALOG.incomplete(model, lacking)
    torch = any(given.glob("*.safetensors")) or any(given.glob("pytorch_model*.bin"))
    command = "ct2-transformers-converter --model FOLDER --output_dir NEW"
    copied = "--copy_files tokenizer.json preprocessor_config.json"
    raise InputError(
        f"{given} holds no Whisper converted for CTranslate2: no {', '.join(lacking)}",
        hint=f"convert it: {command} {copied}" if torch else "",
        code="LQ-NO-MODEL",
    )


def _languages_of_folder(folder: Path) -> tuple[str, ...]:
    """What a model knows: CTranslate2 takes it for multilingual where it has the empty piece."""
    path = folder / "vocabulary.json"
    try:
        if path.is_file():
            pieces = set(json.loads(path.read_bytes()))
        else:
            text = (folder / "vocabulary.txt").read_text(encoding="utf-8", errors="replace")
            pieces = set(text.split("\n")[:-1])
    except (OSError, ValueError, TypeError) as exc:
        raise InputError(f"{folder} has no vocabulary: {exc}", code="LQ-NO-MODEL") from exc
    if "" not in pieces:
        return ("en",)
    return tuple(code for code in languages.WHISPER if f"<|{code}|>" in pieces)


def _load(folder: Path, options: FasterWhisperOptions, resources: Resources) -> Any:
    _version()
    import ctranslate2
    from faster_whisper import WhisperModel

    device = _device(options.device, ctranslate2.get_cuda_device_count())
    compute_type = options.compute_type
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    supported = {"default", "auto", *ctranslate2.get_supported_compute_types(device)}
    if compute_type not in supported:
        raise UsageError(
            f"this {device} cannot compute in '{compute_type}'",
            hint=f"it can in {', '.join(sorted(supported))}",
        )
    with _translated(f"the model in {folder} cannot be loaded", InputError):
        json.loads((folder / "tokenizer.json").read_bytes())["model"]  # else: a bare Exception
        model = WhisperModel(
            str(folder),
            device=device,
            compute_type=compute_type,
            cpu_threads=resources.threads,
            local_files_only=True,
        )
        bands = int(model.feature_extractor.mel_filters.shape[0])
        wanted = int(model.model.n_mels)
    if bands != wanted:
        raise InputError(
            f"{folder} takes {wanted} bands, its preprocessor_config.json gives {bands}",
            hint=f'it needs a preprocessor_config.json with "feature_size": {wanted}',
            code="LQ-NO-MODEL",
        )
    return model


def _device(wanted: Device, count: int) -> str:
    """Where to run.

    Raises:
        MissingError: CUDA was asked for, and CTranslate2 sees none.
    """
    if wanted == "cuda" and not count:
        raise MissingError(
            "CTranslate2 sees no CUDA device: none is here, or its driver or libraries are missing",
            hint="pip install nvidia-cublas-cu12 nvidia-cudnn-cu12, or take device=cpu",
            code="LQ-NO-PACKAGE",
        )
    return "cuda" if count and wanted != "cpu" else "cpu"


@contextlib.contextmanager
def _translated(what: str, error: type[EngineError | InputError] = EngineError) -> Iterator[None]:
    """Turns what faster-whisper, CTranslate2 and tokenizers raise into one of our errors."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, LookupError, OSError, AttributeError) as exc:
        lines = str(exc).strip().splitlines() or [type(exc).__name__]
        if lacks_memory(exc):
            raise EngineError(
                f"{what}: the device has not enough memory",
                hint="take compute_type=int8, a smaller model, or device=cpu",
                code="LQ-NO-MEMORY",
            ) from exc
        raise error(f"{what}: {lines[0][:200]}") from exc


def _version() -> str:
    try:
        versions = [importlib.metadata.version(name) for name in ("faster-whisper", "ctranslate2")]
    except importlib.metadata.PackageNotFoundError as exc:
        raise MissingError(
            f"the package {exc.name} is not installed", hint=_PIP_COMMAND, code="LQ-NO-PACKAGE"
        ) from exc
    return f"{versions[0]} (ctranslate2 {versions[1]})"
