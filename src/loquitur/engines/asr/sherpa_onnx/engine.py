"""The adapter to the offline recognizers of sherpa-onnx.

What was learnt of it (2.0.1):
- Of a token it gives the start, of some models the length too (`durations`); Moonshine, Canary and
  most exports of Whisper give none.
- Bytes that are not a whole character come as tokens `<0xE4>`.
- Whisper and Canary can be told another language without loading again; SenseVoice cannot, and
  finds it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur import languages
from loquitur.engines import sherpa, weights
from loquitur.engines.asr.sherpa_onnx.recognizers import (
    SENSE_VOICE,
    Precision,
    Times,
    recognizer_in,
)
from loquitur.engines.catalog import Catalog, hub_label
from loquitur.errors import UsageError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources
from loquitur.speech.tokens import Token, group_tokens, split_text
from loquitur.timing import from_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.engines.asr.sherpa_onnx.recognizers import Recognizer
    from loquitur.model.speech import Word

_CATALOG = Catalog("asr", sherpa.ENGINE)
_NEEDED = ("*tokens.txt",)
_PATTERNS = ("*.int8.onnx", "*.ort", "preprocess.onnx")
_LARGE = ("*.onnx", "*.onnx?data", "*.weights")
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_JOINED = "@@"  # Paraformer's mark of a piece that the next one goes on with
_LANGUAGES = {
    "parakeet-tdt-0.6b-v3": languages.EUROPEAN,
    "sense-voice": SENSE_VOICE,
    "paraformer-zh": ("zh", "en"),
}
_UNTIMED = ("moonshine", "whisper", "canary")


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaAsrOptions:
    """Options of the engine.

    Args:
        model: A known name, a repository of the hub as `owner/name`, or a folder with an export:
            what it is for is told by its files. In a key stand its name and digest instead.
        precision: `int8` or `fp32` where a folder has both; `auto` is int8 where there is such.
        decoding: `greedy_search`, or `modified_beam_search` for transducers.
        device: Where to run; `auto` is the processor.
    """

    model: str = field(default=_CATALOG.default, metadata={"keyed": False})
    precision: Precision = "auto"
    decoding: str = "greedy_search"
    device: sherpa.Device = field(default="auto", metadata={"keyed": False})

    def __post_init__(self) -> None:
        if self.decoding not in ("greedy_search", "modified_beam_search"):
            raise ValueError(
                f"decoding is greedy_search or modified_beam_search, not {self.decoding}"
            )


class SherpaAsr:
    """Any offline recognizer (`loquitur.protocols.Transcriber` and `Pullable`).

    Args:
        options: See `SherpaAsrOptions`.
        resources: Model cache and threads; nothing is ever fetched here.

    Raises:
        MissingError: Package, model or device absent.
        InputError: The folder holds no such model, or the library dies of it.
    """

    Options: ClassVar[type] = SherpaAsrOptions
    languages: tuple[str, ...] = ()

    def __init__(self, options: SherpaAsrOptions, resources: Resources) -> None:
        folder = _locate(options.model, resources)
        self._made = recognizer_in(folder, options.precision)
        self._name = options.model
        self.languages = _LANGUAGES.get(options.model, self._made.languages)
        arguments: dict[str, Any] = {
            **{name: str(path) for name, path in self._made.files.items()},
            **self._made.extra,
            "num_threads": resources.threads,
            "provider": sherpa.provider(options.device),
        }
        if self._made.factory == "from_transducer":
            arguments["decoding_method"] = options.decoding
        if self._made.factory == "from_whisper" and self._made.times == "words":
            arguments["enable_token_timestamps"] = True
        cache = resources.models / sherpa.ENGINE
        self._recognizer = sherpa.load(
            self._made.factory,
            arguments,
            folder=folder,
            digest=weights.digest(self._made.paths, cache),
            cache=cache,
        )
        self._told: str | None = None
        self.detected = ""

    @classmethod
    def punctuates(cls, options: SherpaAsrOptions) -> bool:
        """Whether the model writes punctuation: Zipformer and Paraformer do not."""
        return not any(bare in options.model.lower() for bare in ("zipformer", "paraformer"))

    @classmethod
    def identity(cls, options: SherpaAsrOptions, resources: Resources) -> Identity:
        """The library's version and the digest of the model's files; nothing is loaded.

        Raises:
            MissingError: Package or model absent.
            InputError: The folder holds no such model.
            UsageError: An unknown model name.
        """
        version = sherpa.version()
        made = recognizer_in(_locate(options.model, resources), options.precision)
        given = _CATALOG.given_folder(options.model)
        return Identity(
            version=version,
            model=options.model if given is None else given.name,
            model_digest=weights.digest(made.paths, resources.models / sherpa.ENGINE),
        )

    @classmethod
    def languages_of(cls, options: SherpaAsrOptions) -> tuple[str, ...]:
        """The languages of the model chosen, empty for unknown; nothing is loaded."""
        known = _CATALOG.models.get(options.model)
        if known is not None:
            return _LANGUAGES.get(options.model, tuple(known.languages.split()))
        given = _CATALOG.given_folder(options.model)
        return () if given is None else recognizer_in(given, options.precision).languages

    @classmethod
    def times(cls, options: SherpaAsrOptions) -> Times:
        """Whether the model chosen gives words with times; of the hub's its name has to tell."""
        given = _CATALOG.given_folder(options.model)
        if given is not None:
            return recognizer_in(given, options.precision).times
        return "none" if any(word in options.model.lower() for word in _UNTIMED) else "words"

    @classmethod
    def must_be_told(cls, options: SherpaAsrOptions) -> bool:
        """Whether the model chosen cannot find out the language (Canary); nothing is loaded."""
        given = _CATALOG.given_folder(options.model)
        if given is not None:
            return recognizer_in(given, options.precision).needs_language
        return "canary" in options.model.lower()

    @classmethod
    def pull(cls, model: str, resources: Resources, tell: Callable[[str], None]) -> None:
        """Bring a model into the model cache, in int8 where there is such; see `Catalog.pull`.

        Raises:
            UsageError: An unknown model name.
            RemoteError: The repository holds no such model.
        """
        is_known = not model or model in _CATALOG.models
        _CATALOG.pull_whole(
            model,
            resources,
            tell,
            needed=_NEEDED,
            extra=_PATTERNS if is_known else (*_PATTERNS, *_LARGE),
            check=lambda folder: recognizer_in(folder, "auto"),
        )

    @classmethod
    def location(cls, model: str, resources: Resources) -> Path:
        """The folder of a model in the cache, whether it is there or not.

        Raises:
            UsageError: An unknown model name.
        """
        return _CATALOG.location(model, resources)

    def transcribe(
        self, samples: NDArray[np.float32], *, language: str
    ) -> Iterator[Word | RawWord]:
        """The words of one chunk, times in ms from the chunk's start, or None in all of them.

        Args:
            samples: float32, 16 kHz mono, shape [n], at most about 30 s.
            language: A BCP 47 tag, or empty for detection; told to the models that take it.

        Raises:
            UsageError: The model does not know the language, or has to be told one.
            EngineError: The library failed.
        """
        code = languages.primary(language)
        if self._made.needs_language and not code:
            raise UsageError(
                f"{self._name} cannot find out the language",
                hint="tell it: --language CODE",
                code="LQ-NO-LANGUAGE",
            )
        languages.check_language(language, self.languages, model=self._name)
        return self._words(samples, code)

    def _words(self, samples: NDArray[np.float32], code: str) -> Iterator[Word | RawWord]:
        self.detected = code
        if len(samples) < _SHORTEST_SAMPLES:
            return
        with sherpa.translated(f"{self._name} failed"):
            _tell_language(self._recognizer, self._made, code, self._told)
            self._told = code
            stream = self._recognizer.create_stream()
            stream.accept_waveform(SAMPLE_RATE_HZ, np.ascontiguousarray(samples, dtype=np.float32))
            self._recognizer.decode_stream(stream)
            result = stream.result
        self.detected = str(getattr(result, "lang", "")).strip("<|>") or code
        starts = list(result.timestamps)
        if not result.tokens or len(starts) != len(result.tokens):
            for text in split_text(result.text):
                yield RawWord(start_ms=None, end_ms=None, text=text)
            return
        yield from group_tokens(
            _tokens(result, pieces=self._made.factory == "from_paraformer"),
            duration_ms=from_samples(len(samples), SAMPLE_RATE_HZ),
        )


def _examined(folder: Path) -> Recognizer:
    return recognizer_in(folder, "auto")


def _locate(model: str, resources: Resources) -> Path:
    """A model's folder.

    Raises:
        UsageError: Nothing is called so.
        MissingError: It is not in the model cache.
    """
    given = _CATALOG.given_folder(model)
    if given is not None:
        return given
    folder = _CATALOG.folder(hub_label(model), resources)
    if not folder.is_dir():
        known = _CATALOG.models.get(model)
        raise _CATALOG.absent(model, detail=f"about {known.size_mb} MB" if known else "")
    lacking = weights.lacking(folder, _NEEDED)
    if lacking:
        raise _CATALOG.incomplete(model, lacking)
    return folder


def _tell_language(recognizer: Any, made: Recognizer, code: str, before: str | None) -> None:
    """Set the language where the model takes one and it is another than before."""
    if not made.told or code == before:
        return
    section = getattr(recognizer.config.model_config, made.told)
    if made.told == "canary":
        section.src_lang = section.tgt_lang = code
    else:
        section.language = languages.whisper_code(code) if made.told == "whisper" else code
    recognizer.recognizer.set_config(recognizer.config)


def _tokens(result: Any, *, pieces: bool) -> list[Token]:
    """The tokens of a result with times, runs of bytes made characters."""
    texts, starts = list(result.tokens), [float(start) for start in result.timestamps]
    lengths = [float(length) for length in getattr(result, "durations", None) or ()]
    logs = [float(log) for log in getattr(result, "ys_log_probs", None) or ()]
    found: list[Token] = []
    held = bytearray()
    goes_on = False
    for at, text in enumerate(texts):
        byte = _BYTE.fullmatch(text)
        if byte:
            held += bytes.fromhex(byte[1])
            try:
                text = held.decode("utf-8")  # noqa: PLW2901 - the character that is now whole
            except UnicodeDecodeError:
                continue
            held.clear()
        if pieces:
            bare = text.removesuffix(_JOINED)
            text, goes_on = (bare if goes_on else f" {bare}"), bare != text  # noqa: PLW2901
        found.append(
            Token(
                text=text,
                start_s=starts[at],
                end_s=starts[at] + lengths[at] if len(lengths) == len(texts) else None,
                log_probability=min(0.0, logs[at]) if len(logs) == len(texts) else None,
            )
        )
    return found
