"""A language model behind OpenAI's `/v1/chat/completions`: OpenAI, Ollama, vLLM, llama.cpp.

Servers differ in what they take: how JSON is asked for, what the bound on the answer is called,
whether a temperature may be set. What one refuses with 400 by name is left out or said in the other
way, once and for all of this engine's calls. Of addresses and keys: see `engines/services.py`.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

from loquitur.engines import services, streaming
from loquitur.errors import RemoteError
from loquitur.protocols import Answer, Identity, Prompt, Resources
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator

OLLAMA = "http://127.0.0.1:11434/v1"
_PATH = "/chat/completions"
_MOST_BYTES = 8 * 1024**2
_SLOW = "--set refine.timeout_s=900, or smaller windows: --set refine.window_words=100"
_NO_KEY = "--set refine.key_variable="
_VENDORS = {"api.openai.com": "openai"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiChatOptions:
    """Options of the engine. The key is none of them: it is a secret of the environment.

    Args:
        base_url: The server's address up to `/v1`. The default is an Ollama on this machine: no
            word leaves it unless told.
        model: The model's name, as the server knows it; empty where it has one only.
        key_variable: The environment variable that holds the key. It is sent to `base_url` alone,
            and over plain http only to addresses of the own network.
        temperature: 0 for the same answer each time, as far as the model can.
        answers: How JSON is asked for: by its `schema`, as some JSON `object`, or in words alone
            (`text`). What the server does not know is tried in the next of these ways.
        timeout_s: The longest an answer may take.
    """

    base_url: str = OLLAMA
    model: str = ""
    key_variable: str = field(default="OPENAI_API_KEY", metadata={"keyed": False})
    temperature: float = 0.0
    answers: Literal["schema", "object", "text"] = "schema"
    timeout_s: float = field(default=300.0, metadata={"keyed": False})

    def __post_init__(self) -> None:
        services.check_address(self.base_url)
        if not 0.0 <= self.temperature <= 2.0:
            raise ValueError(f"temperature is not within 0..2: {self.temperature}")
        services.check_timeout(self.timeout_s)
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))


class OpenAiChat:
    """A chat model behind an address (`loquitur.protocols.LanguageModel`).

    Args:
        options: See `OpenAiChatOptions`.
        resources: `offline` allows this machine and the own network alone.

    Raises:
        UsageError: The key would travel in clear text, or the address is outside while offline.
    """

    Options: ClassVar[type] = OpenAiChatOptions

    def __init__(self, options: OpenAiChatOptions, resources: Resources) -> None:
        self._options = options
        self._shown = display(options.base_url)
        self._key = services.key_of(options.key_variable, options.base_url, option=_NO_KEY)
        services.check_online(options.base_url, offline=resources.offline, option="--llm")
        self._answers: str = options.answers
        self._bound = "max_tokens"
        self._warm = True  # whether a temperature is sent
        self._streams = self._counts = True  # whether it can stream, and count tokens then
        self._client = services.client(options.timeout_s)

    @classmethod
    def identity(cls, options: OpenAiChatOptions, resources: Resources) -> Identity:
        """The version of the request; what the server runs behind a model's name it does not say.

        Raises:
            MissingError: httpx is not installed.
        """
        return Identity(version="v1", model=options.model)

    @classmethod
    def vendor(cls, options: OpenAiChatOptions) -> str:
        """Whose prices hold: OpenAI's at its own address; a server's own are not known."""
        if services.is_inside(options.base_url):
            return "own"
        return _VENDORS.get(urlsplit(options.base_url).hostname or "", "")

    @classmethod
    def lacks(cls, options: OpenAiChatOptions) -> str:
        """The key's variable, where the address is OpenAI's own and there is no key."""
        key = services.key_of(options.key_variable, options.base_url, option=_NO_KEY)
        needed = urlsplit(options.base_url).hostname in _VENDORS
        return options.key_variable if needed and not key else ""

    def write(self, prompt: Prompt) -> Answer:
        """The model's answer to one prompt.

        Raises:
            TransientError: The server is not reached, busy, too slow or broken; with its
                `Retry-After`.
            QuotaError: The account's budget is spent.
            RemoteError: It refuses.
            MissingError: It wants a key, and there is none.
        """
        for _ in range(5):
            status, headers, body = self._ask(self._body(prompt))
            if status == 200:
                return self._read(body)
            if status not in (400, 422) or not self._adapted(services.reason(body)):
                break
        raise self._refusal(status, headers, body)

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        """The pieces of one answer as the server sends them, and last of all the whole of it.

        A server that cannot stream gives it in one piece. Closing the iterator closes the
        connection.

        Raises:
            TransientError: As `write`; also where the stream breaks off.
            QuotaError: As `write`.
            RemoteError: As `write`.
            MissingError: As `write`.
        """
        for _ in range(7):
            body = self._body(prompt) | ({"stream": True} if self._streams else {})
            if self._streams and self._counts:
                body["stream_options"] = {"include_usage": True}
            deadline = self._deadline()
            with self._opened(body) as response:
                if response.status_code == 200:
                    yield from self._streamed(response, deadline)
                    return
                status, headers = response.status_code, response.headers
                found = self._all(response, deadline)
            if status not in (400, 422) or not self._adapted(services.reason(found), stream=True):
                break
        raise self._refusal(status, headers, found)

    def _streamed(self, response: Any, deadline: float) -> Iterator[str | Answer]:
        """The pieces of an answer that has begun."""
        if "text/event-stream" not in response.headers.get("content-type", ""):
            answer = self._read(self._all(response, deadline))
            yield answer.text
            yield answer
            return
        story = streaming.Story()
        for event in streaming.events(self._bounded(response, deadline)):
            try:
                piece = story.take(event)
            except streaming.BrokenError as exc:
                raise RemoteError(
                    f"{self._shown}: {services.without(str(exc), self._key)}",
                    code="LQ-REMOTE-ANSWER",
                ) from exc
            if piece:
                yield piece
        yield story.answer()

    def _refusal(self, status: int, headers: Any, body: bytes) -> Exception:
        """What a status other than 200 means, and what to do."""
        return services.refusal_in(
            status,
            body,
            headers,
            shown=self._shown,
            key=self._key,
            variable=self._options.key_variable,
            hints={
                400: "--llm openai-compatible:MODEL names a model that the server lists",
                404: f"no such address, or no model '{self._options.model}': base_url ends with"
                " /v1; --llm openai-compatible:MODEL names the model",
                413: "smaller windows: --set refine.window_words=100",
            },
        )

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        shape = json.loads(prompt.shape)
        instructions = prompt.instructions
        if self._answers != "schema":
            instructions += f"\nAnswer with JSON of this schema and nothing else: {prompt.shape}"
        body: dict[str, Any] = {
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": prompt.material},
            ],
            self._bound: prompt.most_tokens,
        }
        if self._options.model:
            body["model"] = self._options.model
        if self._warm:
            body["temperature"] = self._options.temperature
        if self._answers == "schema":
            schema = {"name": "answer", "strict": True, "schema": shape}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self._answers == "object":
            body["response_format"] = {"type": "json_object"}
        return body

    def _adapted(self, said: str, *, stream: bool = False) -> bool:
        """Whether something that the server refuses by name can be left out or said otherwise."""
        if stream and self._counts and "stream_options" in said:
            self._counts = False
        elif stream and self._streams and "stream" in said:
            self._streams = False
        elif self._bound == "max_tokens" and "max_completion_tokens" in said:
            self._bound = "max_completion_tokens"
        elif self._warm and "temperature" in said:
            self._warm = False
        elif self._answers != "text" and any(
            name in said for name in ("response_format", "json_schema", "json_object", "schema")
        ):
            self._answers = "object" if self._answers == "schema" else "text"
        else:
            return False
        return True

    def _ask(self, body: dict[str, Any]) -> tuple[int, Any, bytes]:
        """Status, headers and body of the server's answer."""
        deadline = self._deadline()
        with self._opened(body) as response:
            return response.status_code, response.headers, self._all(response, deadline)

    def _deadline(self) -> float:
        return time.monotonic() + self._options.timeout_s

    def _all(self, response: Any, deadline: float) -> bytes:
        return b"".join(self._bounded(response, deadline))

    def _bounded(self, response: Any, deadline: float) -> Iterator[bytes]:
        """The body as it comes, in time and not endless."""
        return services.bounded(
            response.iter_bytes(),
            deadline=deadline,
            shown=self._shown,
            most_bytes=_MOST_BYTES,
            hint=_SLOW,
        )

    @contextmanager
    def _opened(self, body: dict[str, Any]) -> Iterator[Any]:
        """The server's answer before its body is read; failures while it is read are ours too."""
        url, headers = self._options.base_url + _PATH, services.bearing(self._key)
        down = "start it, or --set refine.base_url="
        with (
            services.translated(self._shown, key=self._key, slow=_SLOW, down=down),
            self._client.stream("POST", url, json=body, headers=headers) as response,
        ):
            yield response

    def _read(self, body: bytes) -> Answer:
        """The first choice of an answer.

        Raises:
            RemoteError: It is no chat completion.
        """
        try:
            answer = json.loads(body)
            choice = answer["choices"][0]
            text = choice["message"].get("content") or ""
            usage = answer.get("usage") or {}
            if not isinstance(text, str):  # a list of parts
                text = "".join(str(part.get("text", "")) for part in text)
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as exc:
            said = services.without(services.beginning(body), self._key)
            raise RemoteError(
                f"{self._shown} answers what is no chat completion: {said}",
                hint="base_url ends with /v1",
                code="LQ-REMOTE-ANSWER",
            ) from exc
        return Answer(
            text=text,
            whole=choice.get("finish_reason") in ("stop", None),
            input_tokens=streaming.count(usage, "prompt_tokens"),
            output_tokens=streaming.count(usage, "completion_tokens"),
        )
