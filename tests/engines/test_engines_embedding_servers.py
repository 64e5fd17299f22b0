"""Embeddings and rerankers behind an address: a server of our own with the wire formats."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from loquitur.engines import servers
from loquitur.engines.embedding.hashing import Hashing
from loquitur.engines.embedding.openai_compatible import OpenAiEmbeddings
from loquitur.engines.reranking.openai_compatible import RerankServer
from loquitur.errors import MissingError, QuotaError, RemoteError, TransientError, UsageError
from loquitur.protocols import Resources
from loquitur.testing.conformance import check_engine, check_reranker, check_text_encoder


class Server(ThreadingHTTPServer):
    """Answers with vectors of letters, unless it is told what else to answer first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.first, self.is_tei = [], [], False
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.letters = Hashing(Hashing.Options(model="128"), Resources(models=None))

    def answer(self, path, body):
        if path.endswith("/embeddings"):
            texts = body["input"]
            assert texts, "an empty list is refused by all"
            vectors = 3 * self.letters.encode(texts, role="query")
            rows = [{"index": at, "embedding": v.tolist()} for at, v in enumerate(vectors)]
            return 200, {"object": "list", "data": rows[::-1], "usage": {"prompt_tokens": 1}}
        if self.is_tei and "texts" not in body:
            return 422, {"error": "missing field `texts`", "error_type": "validation"}
        texts = body["texts"] if self.is_tei else body["documents"]
        query, *vectors = self.letters.encode([body["query"], *texts], role="query")
        name = "score" if self.is_tei else "relevance_score"
        rows = [{"index": at, name: float(v @ query)} for at, v in enumerate(vectors)]
        rows.sort(key=lambda row: -row[name])
        return 200, rows if self.is_tei else {"results": rows}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), body))
        status, answer = self.server.first.pop(0) if self.server.first else (200, None)
        if answer is None:
            status, answer = self.server.answer(self.path, body)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status == 429:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("OPENAI_API_KEY", "RERANK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def waits(monkeypatch):
    """The seconds that would have been waited."""
    said = []
    monkeypatch.setitem(servers.JsonServer.__init__.__kwdefaults__, "wait", said.append)
    return said


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


def encoder(server, resources, **options):
    return OpenAiEmbeddings(OpenAiEmbeddings.Options(base_url=server.url, **options), resources)


def reranker(server, resources, **options):
    return RerankServer(RerankServer.Options(base_url=server.url, **options), resources)


def test_conformance(server, resources):
    check_engine(OpenAiEmbeddings, OpenAiEmbeddings.Options(base_url=server.url), resources)
    check_text_encoder(encoder(server, resources, batch_size=2))
    check_engine(RerankServer, RerankServer.Options(base_url=server.url), resources)
    check_reranker(reranker(server, resources))


def test_what_is_sent(server, resources, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    engine = encoder(
        server, resources, model="m", dimensions=128, query_prefix="ask: ", batch_size=2
    )
    assert engine.dimension == 128
    found = engine.encode(["one", "", "two", "x" * 9000], role="query")
    assert not found[1].any()
    sent = [body["input"] for _, _, body in server.asked[1:]]
    assert sent == [["ask: one", "ask: two"], ["ask: " + "x" * 8000]]
    path, headers, body = server.asked[1]
    assert (path, headers["Authorization"]) == ("/v1/embeddings", "Bearer sk-secret")
    assert body | {"input": 0} == {
        "model": "m", "dimensions": 128, "encoding_format": "float", "input": 0,
    }  # fmt: skip


def test_what_decides_vectors_is_in_the_identity(resources):
    def identity(**options):
        return OpenAiEmbeddings.identity(OpenAiEmbeddings.Options(**options), resources)

    assert identity(model="m").model == "m"
    assert identity(model="m") == identity(model="m", base_url="http://10.0.0.1/v1")
    assert identity(model="m") != identity(model="m", dimensions=256)
    assert identity(model="m") != identity(model="m", passage_prefix="passage: ")


def test_a_busy_server_is_asked_again(server, resources, waits):
    engine = encoder(server, resources)
    assert engine.dimension
    server.first = [(503, {"error": "loading"}), (429, {"error": "slow down"})]
    assert engine.encode(["one"], role="query").any()
    assert waits == [1.0, 7.0]
    server.first = [(503, {})] * 9
    with pytest.raises(TransientError, match="answers 503"):
        engine.encode(["one"], role="query")
    assert len(waits) == 5, "four tries"


@pytest.mark.parametrize(
    ("status", "answer", "error", "said"),
    [
        (401, {"error": {"message": "no key"}}, MissingError, "wants a key"),
        (404, {"error": "model not found"}, RemoteError, "answers 404: model not found"),
        (429, {"error": {"code": "insufficient_quota"}}, QuotaError, "127.0.0.1"),
        (200, b"<html>", RemoteError, "no JSON"),
        (200, {"data": []}, RemoteError, "list of embeddings"),
        (200, {"data": [{"index": 0, "embedding": "base64"}]}, RemoteError, "list of embeddings"),
        (200, {"data": [{"index": 0, "embedding": []}]}, RemoteError, "all as long"),
        (200, {"data": [{"index": 0, "embedding": [1, None]}]}, RemoteError, "list of"),
        (200, b'{"data": [{"index": 0, "embedding": [1e999, 1]}]}', RemoteError, "list of"),
        (200, {"data": [{"index": 0, "embedding": [1.0, 2.0]}]}, RemoteError, "all as long"),
        (200, [1, 2], RemoteError, "list of embeddings"),
    ],
)
def test_refusals_and_strange_answers(server, resources, status, answer, error, said):
    engine = encoder(server, resources)
    assert engine.dimension == 128
    server.first = [(status, answer)]
    with pytest.raises(error, match=said):
        engine.encode(["one"], role="query")


def test_scores_come_in_the_order_of_the_texts(server, resources):
    texts = ["a banana", "groups and rings", "a group is a set"]
    found = reranker(server, resources, model="m").score("what is a group?", texts)
    assert int(np.argmax(found)) == 2
    assert server.asked[0][2] == {
        "model": "m", "query": "what is a group?", "documents": texts, "top_n": 3,
        "return_documents": False,
    }  # fmt: skip
    server.is_tei = True
    engine = reranker(server, resources)
    assert np.array_equal(engine.score("what is a group?", texts), found)
    asked = len(server.asked)
    engine.score("what is a group?", texts)
    assert len(server.asked) == asked + 1, "it was told once"


@pytest.mark.parametrize(
    "answer",
    [{}, {"results": []}, {"results": [{"index": 0}]}, [{"index": 0, "score": "high"}], "no", [1]],
)
def test_strange_scores(server, resources, answer):
    server.first = [(200, answer)]
    with pytest.raises(RemoteError, match="list of scores"):
        reranker(server, resources).score("what?", ["one"])


def test_nothing_leaves_the_own_network_unasked(resources, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    outside = OpenAiEmbeddings.Options(base_url="https://api.example.com/v1")
    with pytest.raises(UsageError, match="offline"):
        OpenAiEmbeddings(outside, resources)
    clear = OpenAiEmbeddings.Options(base_url="http://api.example.com/v1")
    with pytest.raises(UsageError, match="clear text") as caught:
        OpenAiEmbeddings(clear, resources)
    assert 'set.embedding.key_variable = "" in loquitur.toml' in caught.value.hint
    nobody = OpenAiEmbeddings.Options(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(TransientError, match="no server is reached"):
        OpenAiEmbeddings(nobody, resources).encode(["one"], role="query")
