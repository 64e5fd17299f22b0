"""Recognition by a server that speaks OpenAI's `/v1/audio/transcriptions`.

whisper.cpp's server, vLLM, speaches, LocalAI and OpenAI itself do, each with a part of it: words
with times (`verbose_json` with words at the top or inside segments), segments alone, or text
alone. What has no time is left to the stage `align`. Every chunk travels as a 16-bit WAV file.

Of addresses and keys: see `engines/services.py`.
"""

from __future__ import annotations

import io
import json
import math
import time
import wave
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import services
from loquitur.errors import RemoteError
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.protocols import Identity, Resources
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx
    from numpy.typing import NDArray

LOCAL = "http://127.0.0.1:8000/v1"
_PATH = "/audio/transcriptions"
_MOST_BYTES = 8 * 1024**2  # of an answer: thirty seconds of words are some kilobytes
_SHORTEST_SAMPLES = SAMPLE_RATE_HZ // 10
_WARMER = (0.2, 0.5, 0.8)  # temperatures of further attempts, where the first one loops
_SLOW = "--set transcribe.timeout_s=900, or smaller chunks: transcribe.max_chunk_ms=15000"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiCompatibleOptions:
    """Options of the engine. The key is none of them: it is a secret of the environment.

    Args:
        base_url: The server's address up to `/v1`. The default is this machine: no sound leaves it
            unless told.
        model: The model's name, as the server knows it.
        key_variable: The environment variable that holds the key. It is sent to `base_url` alone,
            and over plain http only to addresses of the own network.
        temperature: 0 for the same words each time.
        prompt: Words that help: names, style. Empty for none.
        times: `words` where the server is known to give word times, `none` to ask for text alone,
            `auto` to take what comes and align the rest.
        timeout_s: The longest an answer may take.
    """

    base_url: str = LOCAL
    model: str = "whisper-1"
    key_variable: str = field(default="OPENAI_API_KEY", metadata={"keyed": False})
    temperature: float = 0.0
    prompt: str = ""
    times: Literal["auto", "words", "none"] = "auto"
    timeout_s: float = field(default=300.0, metadata={"keyed": False})

    def __post_init__(self) -> None:
        services.check_address(self.base_url)
        if not 0.0 <= self.temperature <= 1.0:
            raise ValueError(f"temperature is not within 0..1: {self.temperature}")
        services.check_timeout(self.timeout_s)
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))


class OpenAiCompatible:
    """A recogniser behind an address (`loquitur.protocols.Transcriber` and `SecondTry`).

    Args:
        options: See `OpenAiCompatibleOptions`.
        resources: `offline` allows this machine alone.

    Raises:
        MissingError: httpx is not installed.
        UsageError: The key would travel in clear text, or the address is outside while offline.
    """

    Options: ClassVar[type] = OpenAiCompatibleOptions
    languages: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: OpenAiCompatibleOptions, resources: Resources) -> None:
        self._options = options
        self._url = options.base_url + _PATH
        self._key = services.key_of(
            options.key_variable, options.base_url, option="--set transcribe.key_variable="
        )
        services.check_online(options.base_url, offline=resources.offline, option="--asr")
        self._client = services.client(options.timeout_s)

    @classmethod
    def identity(cls, options: OpenAiCompatibleOptions, resources: Resources) -> Identity:
        """The version of the request; what the server runs behind a model's name it does not say.

        Raises:
            MissingError: httpx is not installed.
        """
        return Identity(version="v1", model=options.model)

    @classmethod
    def times(cls, options: OpenAiCompatibleOptions) -> Literal["words", "none"]:
        """Whether every word is promised a time."""
        return "words" if options.times == "words" else "none"

    def transcribe(self, samples: NDArray[np.float32], *, language: str) -> Iterator[RawWord]:
        """The words of one chunk, times in ms from its start, None where the server gives none.

        Args:
            samples: float32, 16 kHz mono, shape [n].
            language: A BCP 47 tag, of which the server is told the first part; empty for detection.

        Raises:
            TransientError: The server is not reached, busy, too slow or broken; with its
                `Retry-After`.
            RemoteError: It refuses.
            MissingError: It wants a key, and there is none.
        """
        return self._words(samples, language, self._options.temperature)

    def transcribe_again(
        self, samples: NDArray[np.float32], *, language: str, attempt: int
    ) -> Iterator[RawWord] | None:
        """The same at a higher temperature, which leads out of most loops (Radford et al. 2022)."""
        warmer = [value for value in _WARMER if value > self._options.temperature]
        if attempt > len(warmer):
            return None
        return self._words(samples, language, warmer[attempt - 1])

    def _words(
        self, samples: NDArray[np.float32], language: str, temperature: float
    ) -> Iterator[RawWord]:
        if len(samples) < _SHORTEST_SAMPLES:
            return
        wanted = self._options.times
        fields: dict[str, Any] = {
            "model": self._options.model,
            "temperature": str(temperature),
            "response_format": "json" if wanted == "none" else "verbose_json",
        }
        if wanted != "none":
            fields["timestamp_granularities[]"] = ["word", "segment"]
        primary = language.replace("_", "-").split("-")[0].lower()
        if primary not in ("", "und", "auto", "mul"):
            fields["language"] = primary
        if self._options.prompt:
            fields["prompt"] = self._options.prompt
        answer = self._ask(fields, _wav(samples))
        yield from _read(answer, self._shown)

    def _ask(self, fields: dict[str, Any], sound: bytes) -> dict[str, Any]:
        """The server's answer to one file."""
        headers = services.bearing(self._key)
        files = {"file": ("chunk.wav", sound, "audio/wav")}
        deadline = time.monotonic() + self._options.timeout_s
        down = "start it, or set transcribe.base_url"
        with (
            services.translated(self._shown, key=self._key, slow=_SLOW, down=down),
            self._client.stream(
                "POST", self._url, data=fields, files=files, headers=headers
            ) as response,
        ):
            body = services.gathered(
                response.iter_bytes(),
                deadline=deadline,
                shown=self._shown,
                most_bytes=_MOST_BYTES,
                hint=_SLOW,
            )
            if response.status_code != 200:
                raise self._refusal(response, body)
        return self._parsed(body)

    def _parsed(self, body: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise RemoteError(
                f"{self._shown} answers what is no JSON: {self._safe(services.beginning(body))}",
                hint="is it a transcription server? transcribe.base_url ends with /v1",
                code="LQ-REMOTE-ANSWER",
            ) from exc
        if not isinstance(answer, dict):
            raise RemoteError(
                f"{self._shown} answers JSON without words: {self._safe(services.beginning(body))}",
                code="LQ-REMOTE-ANSWER",
            )
        return answer

    def _refusal(self, response: httpx.Response, body: bytes) -> Exception:
        """What a status other than 200 means, and what to do."""
        return services.refusal(
            response.status_code,
            self._safe(services.reason(body)),
            response.headers,
            shown=self._shown,
            key=self._key,
            variable=self._options.key_variable,
            hints={
                404: f"no such address, or no model '{self._options.model}': transcribe.base_url"
                " ends with /v1, transcribe.model is one that the server lists",
                413: "chunks are too large for it: --set transcribe.max_chunk_ms=15000",
            },
        )

    @property
    def _shown(self) -> str:
        return display(self._options.base_url)

    def _safe(self, text: str) -> str:
        return services.without(text, self._key)


def _wav(samples: NDArray[np.float32]) -> bytes:
    """A 16-bit WAV file of 16 kHz."""
    sound = np.nan_to_num(np.asarray(samples, dtype=np.float32), posinf=1.0, neginf=-1.0)
    pcm = np.round(np.clip(sound, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(pcm)
    return buffer.getvalue()


def _read(answer: dict[str, Any], shown: str) -> Iterator[RawWord]:
    """The words of an answer: with their own times, a segment's, or none."""
    segments = [item for item in _list(answer.get("segments")) if isinstance(item, dict)]
    words = _list(answer.get("words"))
    inner = [_list(segment.get("words")) for segment in segments]
    if words:
        yield from _timed(words)
    elif segments and all(
        found or not str(segment.get("text") or "").strip()
        for found, segment in zip(inner, segments, strict=True)
    ):
        for found in inner:
            yield from _timed(found)
    elif segments:
        for segment in segments:
            yield from _of_segment(segment)
    elif isinstance(answer.get("text"), str):
        yield from (_untimed(text) for text in answer["text"].split())
    else:
        raise RemoteError(
            f"{shown} answers JSON without text, words or segments", code="LQ-REMOTE-ANSWER"
        )


def _timed(words: Sequence[Any]) -> Iterator[RawWord]:
    """Words with times; pieces that go on with the word before (no blank first) are joined to it.

    whisper.cpp lists its tokens as words, blanks and all; others strip them.
    """
    found: list[RawWord] = []
    blanks = any(_word_text(item).startswith(" ") for item in words)
    for item in words:
        text = _word_text(item)
        if not text.strip():
            continue
        word = RawWord(
            start_ms=_milliseconds(item.get("start")),
            end_ms=_milliseconds(item.get("end")),
            text=text.strip(),
            confidence=_share(item.get("probability", item.get("p"))),
        )
        if blanks and found and not text.startswith(" "):
            before = found.pop()
            word = RawWord(
                start_ms=before.start_ms,
                end_ms=word.end_ms,
                text=before.text + word.text,
                confidence=before.confidence,
            )
        found.append(word)
    yield from found


def _of_segment(segment: dict[str, Any]) -> Iterator[RawWord]:
    """The words of a segment, which share its time by their letters until they are aligned."""
    texts = str(segment.get("text") or "").split()
    start_ms, end_ms = _milliseconds(segment.get("start")), _milliseconds(segment.get("end"))
    log = segment.get("avg_logprob")
    known = isinstance(log, (int, float)) and math.isfinite(log)
    confidence = math.exp(min(0.0, float(log))) if known and log is not None else None
    if start_ms is None or end_ms is None or end_ms <= start_ms:
        yield from (_untimed(text) for text in texts)
        return
    letters = sum(map(len, texts))
    passed = 0
    for text in texts:
        begun = start_ms + (end_ms - start_ms) * passed / letters
        passed += len(text)
        yield RawWord(
            start_ms=begun,
            end_ms=start_ms + (end_ms - start_ms) * passed / letters,
            text=text,
            confidence=confidence,
            timing="interpolated",
        )


def _untimed(text: str) -> RawWord:
    return RawWord(start_ms=None, end_ms=None, text=text, timing="interpolated")


def _word_text(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    text = item.get("word", item.get("text"))
    return text if isinstance(text, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _milliseconds(value: Any) -> float | None:
    """Seconds as milliseconds; None for anything that is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) * 1000.0


def _share(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
