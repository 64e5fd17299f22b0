"""A chat model that sees, behind OpenAI's `/v1/chat/completions`: vLLM, Ollama, llama.cpp, OpenAI.

The frames go along as JPEG pictures inside the question (data addresses), so they leave this
process, and the machine where the address is not its own. Of addresses and keys: see
`engines/services.py`. What the model answers is text of a stranger: it is shown, never obeyed.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines import services
from loquitur.engines.captioning.prompts import PROMPT, TONGUES, asked, check_language
from loquitur.errors import RemoteError
from loquitur.model.vision import Alternative
from loquitur.protocols import Identity, Resources
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

OLLAMA = "http://127.0.0.1:11434/v1"
_PATH = "/chat/completions"
_MOST_BYTES = 1024**2
_SLOW = "--set describe.timeout_s=900, or fewer frames: --set describe.frames=4"
_NO_KEY = "--set describe.key_variable="
_SIDE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiSeeingOptions:
    """Options of the engine. The key is none of them: it is a secret of the environment.

    Args:
        base_url: The server's address up to `/v1`. The default is an Ollama on this machine: no
            picture leaves it unless told.
        model: The model's name, as the server knows it; empty where it has one only.
        key_variable: The environment variable that holds the key.
        prompt: What it is asked.
        language: In which it shall answer.
        frames: How many frames of a span are sent.
        most_tokens: A bound on the answer's length.
        temperature: 0 for the same answer each time, as far as the model can.
        timeout_s: The longest an answer may take.
    """

    base_url: str = OLLAMA
    model: str = ""
    key_variable: str = field(default="OPENAI_API_KEY", metadata={"keyed": False})
    prompt: str = PROMPT
    language: str = "en"
    frames: int = 8
    most_tokens: int = 120
    temperature: float = 0.0
    timeout_s: float = field(default=300.0, metadata={"keyed": False})

    def __post_init__(self) -> None:
        services.check_address(self.base_url)
        services.check_timeout(self.timeout_s)
        check_language(self.language)
        if not 1 <= self.frames <= 64 or not 1 <= self.most_tokens <= 4096:
            raise ValueError("frames is within 1..64, most_tokens within 1..4096")
        if not 0.0 <= self.temperature <= 2.0:
            raise ValueError(f"temperature is not within 0..2: {self.temperature}")
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))


class OpenAiSeeing:
    """A chat model that sees, behind an address (`loquitur.protocols.Describer`).

    Args:
        options: See `OpenAiSeeingOptions`.
        resources: `offline` allows this machine and the own network alone.

    Raises:
        UsageError: The key would travel in clear text, or the address is outside while offline.
    """

    Options: ClassVar[type] = OpenAiSeeingOptions
    languages: ClassVar[tuple[str, ...]] = tuple(TONGUES)

    def __init__(self, options: OpenAiSeeingOptions, resources: Resources) -> None:
        self._options = options
        self._shown = display(options.base_url)
        self._key = services.key_of(options.key_variable, options.base_url, option=_NO_KEY)
        services.check_online(options.base_url, offline=resources.offline, option="--model")
        self._client = services.client(options.timeout_s)
        self.frames = options.frames
        self.sized: tuple[int, int] | None = None
        self.language: str = options.language

    @classmethod
    def identity(cls, options: OpenAiSeeingOptions, resources: Resources) -> Identity:
        """The version of the request; what the server runs behind a name it does not say."""
        return Identity(version="v1", model=options.model)

    def describe(
        self, pictures: NDArray[np.uint8], times_ms: Sequence[int]
    ) -> Sequence[Alternative]:
        """One sentence about frames [n, h, w, 3] of one span; servers give no score.

        Raises:
            TransientError: The server is not reached, busy, too slow or broken.
            RemoteError: It refuses, or answers what is no sentence.
            MissingError: It wants a key, and there is none.
        """
        status, headers, body = self._ask(self._body(pictures, times_ms))
        if status != 200:
            raise services.refusal_in(
                status,
                body,
                headers,
                shown=self._shown,
                key=self._key,
                variable=self._options.key_variable,
                hints={
                    400: "does the model see pictures? --model openai-compatible:MODEL names one",
                    404: "base_url ends with /v1; --model openai-compatible:MODEL names the model",
                    413: "fewer frames: --set describe.frames=4",
                },
            )
        return (Alternative(text=self._read(body)),)

    def _body(self, pictures: NDArray[np.uint8], times_ms: Sequence[int]) -> dict[str, Any]:
        content: list[dict[str, Any]] = []
        for picture, at_ms in zip(pictures, times_ms, strict=True):
            data = base64.b64encode(_jpeg(picture)).decode("ascii")
            content.append({"type": "text", "text": f"{at_ms / 1000:.1f} s:"})
            content.append(
                {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
            )
        prompt = asked(self._options.prompt, self._options.language)
        content.append({"type": "text", "text": prompt})
        body: dict[str, Any] = {
            "messages": [{"role": "user", "content": content}],
            "max_tokens": self._options.most_tokens,
            "temperature": self._options.temperature,
        }
        return body | ({"model": self._options.model} if self._options.model else {})

    def _ask(self, body: dict[str, Any]) -> tuple[int, Any, bytes]:
        """Status, headers and body of the server's answer."""
        deadline = time.monotonic() + self._options.timeout_s
        url, headers = self._options.base_url + _PATH, services.bearing(self._key)
        with (
            services.translated(
                self._shown, key=self._key, slow=_SLOW,
                down="start it, or --set describe.base_url=",
            ),
            self._client.stream("POST", url, json=body, headers=headers) as response,
        ):  # fmt: skip
            return response.status_code, response.headers, services.gathered(
                response.iter_bytes(), deadline=deadline, shown=self._shown,
                most_bytes=_MOST_BYTES, hint=_SLOW,
            )  # fmt: skip

    def _read(self, body: bytes) -> str:
        try:
            text = json.loads(body)["choices"][0]["message"].get("content") or ""
            if not isinstance(text, str):  # a list of parts
                text = "".join(str(part.get("text", "")) for part in text)
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as exc:
            said = services.without(services.beginning(body), self._key)
            raise RemoteError(
                f"{self._shown} answers what is no chat completion: {said}",
                hint="base_url ends with /v1",
                code="LQ-REMOTE-ANSWER",
            ) from exc
        return " ".join(text.split())


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    """A picture [h, w, 3] as JPEG, its longer side at most `_SIDE` pixels."""
    from loquitur.media.frames.pictures import jpeg, thumbnail

    height, width = picture.shape[:2]
    if max(height, width) > _SIDE:
        picture = thumbnail(picture, max(1, width * _SIDE // max(height, width)))
    return jpeg(picture)
