"""Google's Gemini through its own library, google-genai: `generateContent` with JSON answers.

The library reads variables of the environment and retries by itself; here it is told the key, the
address and one attempt, and its connections are ours: no proxy of the environment, no redirects,
answers with an end. Words are sent to Google; on its free tier they may be used to improve its
products, says its terms.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any, ClassVar

from loquitur.engines import services
from loquitur.errors import MissingError, RemoteError, TransientError
from loquitur.protocols import Answer, Identity, Prompt, Resources
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

GOOGLE = "https://generativelanguage.googleapis.com"
_MOST_BYTES = 8 * 1024**2
_SLOW = "--set refine.timeout_s=900, or smaller windows: --set refine.window_words=100"
_NO_KEY = "--set refine.key_variable="
_INSTALL = 'pip install "loquitur[llm]"'
_THINKING_TOKENS = 4096  # what a model may think before it answers counts as answer


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiOptions:
    """Options of the engine. The key is none of them: it is a secret of the environment.

    Args:
        model: The model's name, as Google knows it.
        base_url: Google's own address, or that of a proxy that speaks the same.
        key_variable: The environment variable that holds the key. It is sent to `base_url` alone.
        temperature: 0 for the same answer each time, as far as the model can.
        timeout_s: The longest an answer may take.
    """

    model: str = "gemini-3.1-flash-lite"
    base_url: str = GOOGLE
    key_variable: str = field(default="GEMINI_API_KEY", metadata={"keyed": False})
    temperature: float = 0.0
    timeout_s: float = field(default=300.0, metadata={"keyed": False})

    def __post_init__(self) -> None:
        services.check_address(self.base_url)
        if not 0.0 <= self.temperature <= 2.0:
            raise ValueError(f"temperature is not within 0..2: {self.temperature}")
        services.check_timeout(self.timeout_s)
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))


class Gemini:
    """A Gemini model (`loquitur.protocols.LanguageModel`).

    Args:
        options: See `GeminiOptions`.
        resources: `offline` forbids it.

    Raises:
        MissingError: google-genai is not installed, or there is no key.
        UsageError: Offline, or the key would travel in clear text.
    """

    Options: ClassVar[type] = GeminiOptions

    def __init__(self, options: GeminiOptions, resources: Resources) -> None:
        import httpx

        genai, types = _library()
        self._options = options
        self._shown = display(options.base_url)
        services.check_online(options.base_url, offline=resources.offline, option="--llm")
        self._key = services.key_of(options.key_variable, options.base_url, option=_NO_KEY)
        if not self._key:
            raise MissingError(
                "gemini wants a key",
                hint=f"set {options.key_variable} in the environment, or in a .env file",
                code="LQ-NO-KEY",
            )
        self._http = httpx.Client(
            follow_redirects=False,
            trust_env=False,
            transport=_bounded_transport(self._shown, options.timeout_s),
            timeout=httpx.Timeout(options.timeout_s, connect=services.CONNECT_S),
        )
        self._client = genai.Client(
            vertexai=False,
            api_key=self._key,
            http_options=types.HttpOptions(
                base_url=options.base_url,
                api_version="v1beta",
                timeout=int(options.timeout_s * 1000),
                httpx_client=self._http,
                retry_options=types.HttpRetryOptions(attempts=1),
            ),
        )

    @classmethod
    def identity(cls, options: GeminiOptions, resources: Resources) -> Identity:
        """The version of the request, not of the library, which changes nothing in an answer.

        Raises:
            MissingError: google-genai is not installed.
        """
        try:
            metadata.version("google-genai")
        except metadata.PackageNotFoundError as exc:
            raise _not_installed() from exc
        return Identity(version="v1beta", model=options.model)

    @classmethod
    def vendor(cls, options: GeminiOptions) -> str:
        """Whose prices hold: Google's at its own address."""
        return "google" if options.base_url == GOOGLE else ""

    @classmethod
    def lacks(cls, options: GeminiOptions) -> str:
        """The key's variable, where there is no key."""
        key = services.key_of(options.key_variable, options.base_url, option=_NO_KEY)
        return "" if key else options.key_variable

    def write(self, prompt: Prompt) -> Answer:
        """The model's answer to one prompt; empty where Google's filters withheld it.

        Raises:
            TransientError: The service is not reached, busy, too slow or broken; with its
                `Retry-After`.
            RemoteError: It refuses.
        """
        with self._translated():
            found = self._client.models.generate_content(
                model=self._options.model, contents=prompt.material, config=self._config(prompt)
            )
        return _answer(found)

    def stream(self, prompt: Prompt) -> Iterator[str | Answer]:
        """The pieces of one answer as they come, and last of all the whole of it.

        Raises:
            TransientError: As `write`.
            RemoteError: As `write`.
        """
        texts: list[str] = []
        last = Answer(text="", whole=False)
        with self._translated():
            for chunk in self._client.models.generate_content_stream(
                model=self._options.model, contents=prompt.material, config=self._config(prompt)
            ):
                last = _answer(chunk, last)
                if last.text:
                    texts.append(last.text)
                    yield last.text
        yield replace(last, text="".join(texts))

    def _config(self, prompt: Prompt) -> Any:
        from google.genai import types

        return types.GenerateContentConfig(
            system_instruction=prompt.instructions,
            temperature=self._options.temperature,
            max_output_tokens=prompt.most_tokens + _THINKING_TOKENS,
            response_mime_type="application/json",
            response_json_schema=json.loads(prompt.shape),
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The library's errors as ours."""
        import httpx
        from google.genai import errors
        from pydantic import ValidationError

        try:
            yield
        except errors.APIError as exc:
            # its text and details may repeat the key: what is said is ours, and the cause is not
            # chained, since tracebacks are printed
            raise self._refusal(exc) from None
        except httpx.TimeoutException as exc:
            raise services.too_slow(self._shown, _SLOW) from exc
        except httpx.ConnectError as exc:
            raise TransientError(
                f"{self._shown} is not reached",
                hint="is there a network?",
                code="LQ-REMOTE-DOWN",
            ) from exc
        except httpx.HTTPError as exc:
            why = services.without(str(exc) or type(exc).__name__, self._key)
            raise TransientError(f"{self._shown}: the connection failed ({why})") from exc
        except (ValidationError, ValueError, TypeError, AttributeError, RecursionError) as exc:
            raise RemoteError(
                f"{self._shown} answers what is no answer of Gemini", code="LQ-REMOTE-ANSWER"
            ) from exc

    def _refusal(self, error: Any) -> Exception:
        """What an error of the service means, and what to do."""
        said = services.without(str(error.message or error.status or ""), self._key)
        headers = dict(getattr(error.response, "headers", None) or {})
        headers = {str(name).lower(): str(value) for name, value in headers.items()}
        if "retry-after" not in headers and (asked := _retry_delay(error.details)):
            headers["retry-after"] = asked
        model = self._options.model
        refused_key = "api key" in said.lower()  # which Google says with 400
        return services.refusal(
            int(error.code or 0),
            said,
            headers,
            shown=self._shown,
            key=self._key,
            variable=self._options.key_variable,
            hints={
                404: f"is there a model '{model}'? --llm gemini:MODEL names another",
                400: f"it refuses the key of {self._options.key_variable}"
                if refused_key
                else f"--llm gemini:MODEL names another model than '{model}'",
            },
        )


def _library() -> tuple[Any, Any]:
    try:
        from google import genai
        from google.genai import types
    except ImportError as exc:
        raise _not_installed() from exc
    # what it warns of (other variables that it looks at, and we do not use) is not for the terminal
    logger = logging.getLogger("google_genai")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return genai, types


def _not_installed() -> MissingError:
    return MissingError(
        "the package google-genai is not installed", hint=_INSTALL, code="LQ-NO-PACKAGE"
    )


def _bounded_transport(shown: str, timeout_s: float) -> httpx.BaseTransport:
    """A transport whose answers end, in time and before 8 MiB."""
    import httpx

    class Bounded(httpx.BaseTransport):
        def __init__(self) -> None:
            self._inner = httpx.HTTPTransport(trust_env=False)

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            deadline = time.monotonic() + timeout_s
            response = self._inner.handle_request(request)
            inner = response.stream

            class Stream(httpx.SyncByteStream):
                def __iter__(self) -> Iterator[bytes]:
                    return services.bounded(
                        inner,  # type: ignore[arg-type]
                        deadline=deadline,
                        shown=shown,
                        most_bytes=_MOST_BYTES,
                        hint=_SLOW,
                    )

                def close(self) -> None:
                    inner.close()  # type: ignore[union-attr]

            response.stream = Stream()
            return response

        def close(self) -> None:
            self._inner.close()

    return Bounded()


def _answer(found: Any, before: Answer | None = None) -> Answer:
    """What a response says; counts that a chunk lacks are those of the one before it."""
    candidate = (found.candidates or [None])[0]
    parts = (candidate.content.parts or []) if candidate and candidate.content else []
    text = "".join(part.text or "" for part in parts if not part.thought)
    reason = getattr(candidate, "finish_reason", None)
    usage = found.usage_metadata
    written = [
        getattr(usage, name, None) for name in ("candidates_token_count", "thoughts_token_count")
    ]
    read = getattr(usage, "prompt_token_count", None)
    total = sum(part or 0 for part in written) if any(written) else None
    if before is None:
        whole = reason is None or str(getattr(reason, "value", reason)) == "STOP"
        return Answer(text=text, whole=whole, input_tokens=read, output_tokens=total)
    return Answer(
        text=text,
        whole=str(getattr(reason, "value", reason)) == "STOP" if reason else before.whole,
        input_tokens=before.input_tokens if read is None else read,
        output_tokens=before.output_tokens if total is None else total,
    )


def _retry_delay(details: Any) -> str:
    """The seconds that the body of a 429 asks to wait (`RetryInfo`), as text of a header."""
    error = details.get("error", details) if isinstance(details, dict) else {}
    items = error.get("details", []) if isinstance(error, dict) else []
    for item in items if isinstance(items, list) else []:
        delay = item.get("retryDelay", "") if isinstance(item, dict) else ""
        if isinstance(delay, str) and delay.endswith("s"):
            whole = delay[:-1].partition(".")[0]
            return str(int(whole) + 1) if whole.isdigit() else ""
    return ""
