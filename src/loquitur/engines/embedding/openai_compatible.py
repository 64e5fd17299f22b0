"""Vectors from OpenAI's `/v1/embeddings`: OpenAI, Ollama, vLLM, llama.cpp, TEI, LM Studio.

Texts leave this process for the address; of addresses and keys see `engines/services.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from loquitur.engines import services
from loquitur.engines.encoders.texts import plain
from loquitur.engines.servers import JsonServer
from loquitur.protocols import Identity, Resources
from loquitur.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_OLLAMA = "http://127.0.0.1:11434/v1"
_HINTS = {
    400: "--embedding openai-compatible:MODEL names a model that the server lists",
    404: "no such address, or no such model: base_url ends with /v1, and"
    " --embedding openai-compatible:MODEL names the model",
    413: "a smaller batch_size: set.embedding.batch_size in loquitur.toml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiEmbeddingsOptions:
    """Options of the engine. The key is none of them: it is a secret of the environment.

    Args:
        base_url: The server's address up to `/v1`. The default is an Ollama on this machine: no
            word leaves it unless told.
        model: The model's name, as the server knows it; empty where it has one only.
        key_variable: The environment variable that holds the key. It is sent to `base_url` alone,
            and over plain http only to addresses of the own network.
        dimensions: How many numbers are asked for; the model's own where 0.
        query_prefix: What the model wants written before a question.
        passage_prefix: What the model wants written before a passage.
        most_signs: Characters of a text that are sent; the rest is cut.
        batch_size: Texts of a request.
        timeout_s: The longest an answer may take.
    """

    base_url: str = field(default=_OLLAMA, metadata={"keyed": False})
    model: str = ""
    key_variable: str = field(default="OPENAI_API_KEY", metadata={"keyed": False})
    dimensions: int = 0
    query_prefix: str = ""
    passage_prefix: str = ""
    most_signs: int = 8000
    batch_size: int = field(default=64, metadata={"keyed": False})
    timeout_s: float = field(default=120.0, metadata={"keyed": False})

    def __post_init__(self) -> None:
        services.check_address(self.base_url)
        for name, most in (("dimensions", 65_536), ("most_signs", 1 << 20), ("batch_size", 2048)):
            if not (name != "dimensions") <= getattr(self, name) <= most:
                raise ValueError(f"{name} is not within 1..{most}: {getattr(self, name)}")
        services.check_timeout(self.timeout_s)
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))


class OpenAiEmbeddings:
    """An encoder behind an address (`loquitur.protocols.TextEncoder`).

    Args:
        options: See `OpenAiEmbeddingsOptions`.
        resources: `offline` allows this machine and the own network alone.

    Raises:
        UsageError: The key would travel in clear text, or the address is outside while offline.
    """

    Options: ClassVar[type] = OpenAiEmbeddingsOptions

    def __init__(self, options: OpenAiEmbeddingsOptions, resources: Resources) -> None:
        self._options = options
        self._dimension = 0
        self._server = JsonServer(
            options.base_url,
            "/embeddings",
            kind="embedding",
            key_variable=options.key_variable,
            timeout_s=options.timeout_s,
            offline=resources.offline,
        )

    @classmethod
    def identity(cls, options: OpenAiEmbeddingsOptions, resources: Resources) -> Identity:
        """The model's name and what is asked of it; what a server runs behind it, it does not say.

        Where the server is does not count: the same model may be asked elsewhere.
        """
        del resources
        usual = OpenAiEmbeddingsOptions()
        names = ("dimensions", "query_prefix", "passage_prefix", "most_signs")
        asked = repr([getattr(options, name) for name in names])
        other = any(getattr(options, name) != getattr(usual, name) for name in names)
        digest = hashlib.sha256(asked.encode()).hexdigest() if other else ""
        return Identity(version="v1", model=options.model, model_digest=digest)

    @property
    def dimension(self) -> int:
        """Numbers of a vector; the server is asked for one, the first time.

        Raises:
            RemoteError: It refuses, or is not reached.
        """
        if not self._dimension:
            self._dimension = self._asked(["dimension"]).shape[1]
        return self._dimension

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage"]
    ) -> NDArray[np.float32]:
        """One vector a text, unit length, shape [n, dimension]; zeros where it is blank.

        Raises:
            TransientError: The server is not reached, busy, too slow or broken.
            QuotaError: The account's budget is spent.
            RemoteError: It refuses, or answers no vectors.
            MissingError: It wants a key, and there is none.
        """
        options = self._options
        prefix = options.query_prefix if role == "query" else options.passage_prefix
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        told = [number for number, text in enumerate(texts) if text.strip()]
        for at in range(0, len(told), options.batch_size):
            rows = told[at : at + options.batch_size]
            found[rows] = self._asked(
                [prefix + plain(texts[row], options.most_signs) for row in rows]
            )
        return found

    def _asked(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts, unit length.

        Raises:
            RemoteError: The answer has other than one vector a text, all as long.
        """
        body: dict[str, Any] = {"input": list(texts), "encoding_format": "float"}
        if self._options.model:
            body["model"] = self._options.model
        if self._options.dimensions:
            body["dimensions"] = self._options.dimensions
        answer = self._server.ask(body, hints=_HINTS)
        try:
            by_number = {int(one["index"]): one["embedding"] for one in answer["data"]}
            vectors = np.array([by_number[at] for at in range(len(texts))], dtype=np.float32)
        except (LookupError, TypeError, ValueError, OverflowError) as exc:
            raise self._server.strange("list of embeddings, one a text") from exc
        lengths = np.linalg.norm(vectors, axis=-1)
        sound = vectors.ndim == 2 and vectors.shape[1] > 0 and bool(np.isfinite(lengths).all())
        if not sound or self._dimension not in (0, vectors.shape[1]):
            raise self._server.strange("list of vectors, all as long")
        return unit(vectors)
