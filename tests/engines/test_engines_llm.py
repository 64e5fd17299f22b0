"""Engines that write, against a server with the real wire formats; Gemini by its own library."""

from __future__ import annotations

import importlib.util
import json
import traceback

import pytest

from loquitur.engines.llm.embedded import Embedded, EmbeddedOptions
from loquitur.engines.llm.gemini import GOOGLE, Gemini, GeminiOptions
from loquitur.engines.llm.openai_compatible import OpenAiChat, OpenAiChatOptions
from loquitur.errors import MissingError, QuotaError, RemoteError, TransientError, UsageError
from loquitur.pipeline.engines import choose
from loquitur.protocols import Prompt, Resources
from loquitur.testing import conformance
from loquitur.testing.conformance.writing import check_faults
from loquitur.testing.language_model import Reply, correct, model_server

KEY = "sk-very-secret-0123456789"
SHAPE = json.dumps({"type": "object", "properties": {}, "additionalProperties": False})
MATERIAL = json.dumps({"before": "", "lines": [{"id": 1, "text": "so it is"}], "after": ""})
PROMPT = Prompt(instructions="Do it.", material=MATERIAL, shape=SHAPE, most_tokens=100)
HAS_GEMINI = importlib.util.find_spec("google.genai") is not None
needs_gemini = pytest.mark.skipif(not HAS_GEMINI, reason="google-genai is not installed")
BOTH = ["openai", pytest.param("gemini", marks=needs_gemini)]


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    """Keys of this test's own, and nothing of what Google's library looks for elsewhere."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GOOGLE_API_KEY", "another")
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def engine(which, server, tmp_path, **options):
    resources = Resources(models=tmp_path)
    if which == "gemini":
        return Gemini(GeminiOptions(**{"base_url": server.url, **options}), resources)
    given = {"base_url": server.openai_url, "model": "tiny", **options}
    return OpenAiChat(OpenAiChatOptions(**given), resources)


def failing(which, tmp_path, reply, **options):
    with model_server(correct, reply) as server:
        return check_faults(engine(which, server, tmp_path, **options))


@pytest.mark.parametrize("which", BOTH)
def test_an_answer_with_its_counts(tmp_path, which):
    with model_server(correct) as server:
        answer = engine(which, server, tmp_path).write(PROMPT)
    assert json.loads(answer.text) == {"lines": [{"id": 1, "text": "So it is."}]}
    assert answer.whole
    assert answer.input_tokens > 0
    assert answer.output_tokens > 0


@pytest.mark.parametrize("which", BOTH)
def test_an_answer_that_was_cut_off_says_so(tmp_path, which):
    with model_server(lambda _: Reply(text='{"lines": [', whole=False)) as server:
        answer = engine(which, server, tmp_path).write(PROMPT)
    assert not answer.whole


@pytest.mark.parametrize("which", BOTH)
def test_the_suites_of_its_kind(tmp_path, which):
    with model_server(lambda _: '{"word": "yes"}') as server:
        one = engine(which, server, tmp_path)
        kind, options = type(one), one._options
        conformance.check_engine(kind, options, Resources(models=tmp_path))
        conformance.check_llm(one)


def test_what_openai_is_sent(tmp_path):
    with model_server(correct) as server:
        engine("openai", server, tmp_path, temperature=0.5).write(PROMPT)
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "tiny",
        "messages": [
            {"role": "system", "content": "Do it."},
            {"role": "user", "content": MATERIAL},
        ],
        "max_tokens": 100,
        "temperature": 0.5,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": json.loads(SHAPE)},
        },
    }


@needs_gemini
def test_what_google_is_sent(tmp_path):
    with model_server(correct) as server:
        engine("gemini", server, tmp_path, model="gemini-x").write(PROMPT)
    (asked,) = server.asked
    assert asked.path == "/v1beta/models/gemini-x:generateContent"
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["x-goog-api-key"] == KEY
    assert asked.body["systemInstruction"]["parts"] == [{"text": "Do it."}]
    assert asked.body["contents"] == [{"parts": [{"text": MATERIAL}], "role": "user"}]
    config = asked.body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"] == json.loads(SHAPE)
    assert config["temperature"] == 0.0
    assert config["maxOutputTokens"] > 100, "what is thought counts too"


@pytest.mark.parametrize(
    ("refuses", "left"),
    [
        (("json_schema",), {"response_format": {"type": "json_object"}}),
        (("json_schema", "json_object"), {"response_format": None}),
        (("max_tokens",), {"max_tokens": None, "max_completion_tokens": 100}),
        (("temperature",), {"temperature": None}),
        (("temperature", "max_tokens", "json_schema"), {"temperature": None}),
    ],
)
def test_what_a_server_does_not_know_is_said_otherwise_once_and_for_all(tmp_path, refuses, left):
    with model_server(correct, refuses=refuses) as server:
        one = engine("openai", server, tmp_path)
        assert one.write(PROMPT).text
        count = len(server.asked)
        one.write(PROMPT)
    assert count == len(refuses) + 1
    assert len(server.asked) == count + 1, "it is remembered"
    for name, value in left.items():
        assert server.asked[-1].body.get(name) == value
    if "json_schema" in refuses:
        assert SHAPE in server.asked[-1].body["messages"][0]["content"]


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize(("headers", "wait_s"), [({"Retry-After": "7"}, 7.0), ({}, None)])
def test_a_busy_service_is_asked_again_later(tmp_path, which, status, headers, wait_s):
    error = failing(which, tmp_path, Reply(status=status, headers=headers))
    assert isinstance(error, TransientError)
    if which == "gemini" and status == 429 and wait_s is None:
        wait_s = 1.0  # of the body, in whole seconds
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("status", [400, 404, 302])
def test_a_refusal_says_why(tmp_path, which, status):
    error = failing(
        which,
        tmp_path,
        Reply(text="no such model", status=status, headers={"Location": "http://127.0.0.1:1"}),
    )
    assert type(error) is RemoteError
    assert str(status) in str(error)
    if status != 302:
        assert "no such model" in str(error)
        assert "--llm" in error.hint


def test_a_budget_that_is_spent_is_not_tried_again(tmp_path):
    raw = json.dumps({"error": {"message": f"quota of {KEY}", "code": "insufficient_quota"}})
    error = failing("openai", tmp_path, Reply(status=429, raw=raw.encode()))
    assert type(error) is QuotaError
    assert KEY not in str(error)


@needs_gemini
def test_google_refuses_a_key_with_400(tmp_path):
    error = failing("gemini", tmp_path, Reply(status=400, text="API key not valid."))
    assert error.hint == "it refuses the key of GEMINI_API_KEY"


@pytest.mark.parametrize("which", BOTH)
def test_a_refused_key_is_never_repeated(tmp_path, which):
    said = f"API key not valid: {KEY} \x1b[31m"
    error = failing(which, tmp_path, Reply(text=said, status=401))
    everything = "".join(traceback.format_exception(error)) + repr(error.__dict__)
    assert "***" in str(error)
    assert KEY not in everything
    assert "\x1b" not in everything
    assert "_API_KEY" in error.hint


@pytest.mark.parametrize("which", BOTH)
def test_no_key_says_where_it_belongs(tmp_path, which, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("GEMINI_API_KEY")
    with model_server(correct, Reply(status=401)) as server, pytest.raises(MissingError) as caught:
        engine(which, server, tmp_path).write(PROMPT)
    assert "_API_KEY in the environment" in caught.value.hint
    if which == "gemini":
        assert Gemini.lacks(GeminiOptions()) == "GEMINI_API_KEY"


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("fault", ["stall", "drip"])
def test_a_slow_service_is_left_and_tried_again(tmp_path, which, fault):
    error = failing(which, tmp_path, Reply(fault=fault), timeout_s=0.3)
    assert isinstance(error, TransientError)
    assert "in time" in str(error)


@pytest.mark.parametrize("which", BOTH)
def test_an_endless_answer_is_left(tmp_path, which):
    error = failing(which, tmp_path, Reply(fault="endless"))
    assert type(error) is RemoteError
    assert "without end" in str(error)


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("raw", [b"", b"<html>", b"[1]", b'{"choices": []}', b"[" * 100_000])
def test_answers_that_are_none(tmp_path, which, raw):
    with model_server(correct, Reply(raw=raw)) as server:
        one = engine(which, server, tmp_path)
        if which == "gemini" and raw in (b"", b"[1]", b'{"choices": []}'):
            # Google's library makes an answer of it
            assert one.write(PROMPT).text == "", "an answer without candidates is an empty one"
            return
        error = check_faults(one)
    assert type(error) is RemoteError
    assert "answers" in str(error)


@pytest.mark.parametrize("which", BOTH)
def test_nobody_is_there(tmp_path, which):
    with model_server(correct) as server:
        one = engine(which, server, tmp_path)
    error = check_faults(one)
    assert isinstance(error, TransientError)
    assert "reached" in str(error)


@pytest.mark.parametrize("which", BOTH)
def test_a_key_never_crosses_the_internet_in_clear_text(tmp_path, which):
    kind, options = (
        (Gemini, GeminiOptions(base_url="http://api.example.com"))
        if which == "gemini"
        else (OpenAiChat, OpenAiChatOptions(base_url="http://api.example.com/v1"))
    )
    with pytest.raises(UsageError, match="clear text") as caught:
        kind(options, Resources(models=tmp_path, offline=False))
    assert KEY not in str(caught.value)
    with pytest.raises(UsageError):
        kind(options, Resources(models=tmp_path, offline=True))


@pytest.mark.parametrize("which", BOTH)
def test_nothing_leaves_while_offline(tmp_path, which):
    kind, options = (
        (Gemini, GeminiOptions())
        if which == "gemini"
        else (OpenAiChat, OpenAiChatOptions(base_url="https://api.example.com/v1"))
    )
    with pytest.raises(UsageError, match="offline"):
        kind(options, Resources(models=tmp_path, offline=True))


def test_the_default_is_this_machine_and_google_is_not_it(tmp_path):
    assert OpenAiChatOptions().base_url.startswith("http://127.0.0.1:")
    assert OpenAiChat.vendor(OpenAiChatOptions()) == "own"
    assert OpenAiChat.vendor(OpenAiChatOptions(base_url="https://api.openai.com/v1")) == "openai"
    assert OpenAiChat.vendor(OpenAiChatOptions(base_url="https://example.com/v1")) == ""
    assert GeminiOptions().base_url == GOOGLE
    assert Gemini.vendor(GeminiOptions()) == "google"


def test_no_key_is_in_what_is_kept(tmp_path):
    chosen = choose("llm", "openai-compatible", {"model": "tiny"}, Resources(models=tmp_path))
    assert KEY not in repr(chosen)
    assert "OPENAI_API_KEY" not in chosen.options, "where the key is changes no result"


@pytest.mark.skipif(HAS_GEMINI, reason="google-genai is installed")
def test_without_the_library_it_says_what_to_type(tmp_path):
    with pytest.raises(MissingError) as caught:
        Gemini.identity(GeminiOptions(), Resources(models=tmp_path))
    assert caught.value.hint == 'pip install "loquitur[llm]"'


def test_the_embedded_one_needs_nothing(tmp_path):
    resources = Resources(models=tmp_path)
    conformance.check_engine(Embedded, EmbeddedOptions(), resources)
    conformance.check_llm(Embedded(EmbeddedOptions(), resources))


@pytest.mark.parametrize("url", ["ftp://x/v1", "http://u:p@x/v1", "http://x/v1?key=1"])
def test_addresses_that_will_not_do(url):
    for options in (OpenAiChatOptions, GeminiOptions):
        with pytest.raises(ValueError, match="base_url"):
            options(base_url=url)
