"""A reranker behind `/v1/rerank`: vLLM, llama.cpp, Infinity, Jina, Cohere; TEI's `/rerank` too.

OpenAI has no such call; the shape is the one Jina and Cohere share (`query`, `documents`; `results`
of `index` and `relevance_score`). TEI wants `texts` and answers a plain list: it is told by its
refusal. Texts leave this process for the address; of addresses and keys see `engines/services.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.engines import services
from loquitur.engines.encoders.texts import plain
from loquitur.engines.servers import JsonServer
from loquitur.errors import RemoteError
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LLAMA_CPP = "http://127.0.0.1:8080/v1"
_HINTS = {
    400: "--rerank openai-compatible:MODEL names a model that the server lists",
    404: "no such address, or no such model: base_url ends with /v1, and"
    " --rerank openai-compatible:MODEL names the model",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankServerOptions:
    """Options of the engine. The key is none of them: it is a secret of the environment.

    Args:
        base_url: The server's address up to `/v1` (TEI's: without). The default is a llama.cpp
            server on this machine: no word leaves it unless told.
        model: The model's name, as the server knows it; empty where it has one only.
        key_variable: The environment variable that holds the key. It is sent to `base_url` alone,
            and over plain http only to addresses of the own network.
        most_signs: Characters of a text that are sent; the rest is cut.
        timeout_s: The longest an answer may take.
    """

    base_url: str = _LLAMA_CPP
    model: str = ""
    key_variable: str = field(default="RERANK_API_KEY", metadata={"keyed": False})
    most_signs: int = 8000
    timeout_s: float = field(default=60.0, metadata={"keyed": False})

    def __post_init__(self) -> None:
        services.check_address(self.base_url)
        if not 1 <= self.most_signs <= 1 << 20:
            raise ValueError(f"most_signs is not within 1..{1 << 20}: {self.most_signs}")
        services.check_timeout(self.timeout_s)
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))


class RerankServer:
    """A reranker behind an address (`loquitur.protocols.Reranker`).

    Args:
        options: See `RerankServerOptions`.
        resources: `offline` allows this machine and the own network alone.

    Raises:
        UsageError: The key would travel in clear text, or the address is outside while offline.
    """

    Options: ClassVar[type] = RerankServerOptions

    def __init__(self, options: RerankServerOptions, resources: Resources) -> None:
        self._options = options
        self._named = "documents"
        self._server = JsonServer(
            options.base_url,
            "/rerank",
            kind="reranking",
            key_variable=options.key_variable,
            timeout_s=options.timeout_s,
            offline=resources.offline,
        )

    @classmethod
    def identity(cls, options: RerankServerOptions, resources: Resources) -> Identity:
        """The version of the request; what a server runs behind a model's name it does not say."""
        del resources
        return Identity(version="v1", model=options.model)

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One score a text, higher is better, shape [n].

        Raises:
            TransientError: The server is not reached, busy, too slow or broken.
            QuotaError: The account's budget is spent.
            RemoteError: It refuses, or answers no scores.
            MissingError: It wants a key, and there is none.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32)
        most = self._options.most_signs
        asked, *given = (plain(text, most) for text in (query, *texts))
        try:
            answer = self._server.ask(self._body(asked, given), hints=_HINTS)
        except RemoteError as exc:
            if self._named == "texts" or "texts" not in exc.message:
                raise
            self._named = "texts"
            answer = self._server.ask(self._body(asked, given), hints=_HINTS)
        return self._read(answer, len(texts))

    def _body(self, query: str, texts: Sequence[str]) -> dict[str, Any]:
        body: dict[str, Any] = {"query": query, self._named: list(texts)}
        if self._named == "documents":
            body |= {"top_n": len(texts), "return_documents": False}
        if self._options.model:
            body["model"] = self._options.model
        return body

    def _read(self, answer: Any, count: int) -> NDArray[np.float32]:
        try:
            rows = answer["results"] if isinstance(answer, dict) else answer
            score = {
                int(one["index"]): float(one.get("relevance_score", one.get("score")))
                for one in rows
            }
            found = np.array([score[at] for at in range(count)], dtype=np.float32)
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as exc:
            raise self._server.strange("list of scores, one a text") from exc
        if not np.isfinite(found).all():
            raise self._server.strange("list of scores, one a text")
        return found
