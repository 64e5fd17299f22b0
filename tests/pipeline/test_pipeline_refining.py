"""Whole runs that polish, sum up and translate, against the server that stands in for a model."""

from __future__ import annotations

import importlib
import importlib.util
import json
from pathlib import Path

import jsonschema
import pytest

from loquitur.api import plan_inputs
from loquitur.delivery import Delivery
from loquitur.errors import MissingError, RemoteError, TransientError, UsageError
from loquitur.model.speech import Transcript
from loquitur.pipeline.recipes import Wish, recipe
from loquitur.pipeline.runner import ATTEMPTS
from loquitur.pipeline.tasks import open_store
from loquitur.pipeline.work import load_artifact
from loquitur.protocols import Resources
from loquitur.speech import prices
from loquitur.testing import language_model as model
from loquitur.testing.language_model import Reply, correct, model_server

KEY = "sk-very-secret-0123456789"
LLM = "openai-compatible:tiny"
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "transcript.schema.json"
HAS_GEMINI = importlib.util.find_spec("google.genai") is not None


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setattr("loquitur.pipeline.runner.FIRST_WAIT_S", 0.01)


def polished(workshop, server, formats=("vtt", "json", "md", "txt"), **more):
    parameters = {"refine.base_url": server.openai_url} | more.pop("set", {})
    delivery = Delivery(folder=workshop.out, formats=formats)
    given = {"llm": LLM, "set": parameters, "delivery": delivery} | more
    return workshop.run(**given)


def stage_names(result):
    return [stage.stage for stage in result.stages]


def woven(workshop, result):
    store = open_store(workshop.settings.store)
    key = next(stage.key for stage in result.stages if stage.stage == "weave")
    return load_artifact(store, key, Transcript)


def times(transcript):
    return [
        (utterance.speaker, word.start_ms, word.end_ms, word.confidence)
        for utterance in transcript.utterances
        for word in utterance.words
    ]


def test_a_run_polishes_sums_up_and_translates(finished):
    with model_server(correct) as server:
        result = polished(finished, server, translate="de,pt-BR")
        assert result.error is None, result.error
        count = len(server.asked)
        again = polished(finished, server, translate="de,pt-BR")
        assert len(server.asked) == count, "the store has it all"
    assert all(stage.cached for stage in again.stages)
    assert stage_names(result)[-7:] == [
        "refine", "outline", "translate:de", "translate:pt-BR",
        "subtitle", "subtitle:de", "subtitle:pt-BR",
    ]  # fmt: skip
    assert finished.made(result) == set(stage_names(result)[-7:]), "what was woven stays"
    assert times(result.transcript) == times(woven(finished, result))
    names = {path.name for path in finished.out.iterdir()}
    assert {"talk.vtt", "talk.de.vtt", "talk.pt-BR.json", "talk.de.md", "talk.txt"} <= names
    assert dict(result.outputs)["vtt.de"].name == "talk.de.vtt"
    first = result.transcript.utterances[0].text
    assert first[0].isupper()
    assert first.endswith((".", "?"))
    for name in ("talk.json", "talk.de.json"):
        document = json.loads((finished.out / name).read_text())
        jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    document = json.loads((finished.out / "talk.json").read_text())
    outline = document["outline"]
    assert outline["title"]
    assert outline["engine"] == "openai-compatible"
    made = {item["stage"]: item for item in document["provenance"]}
    assert made["refine"]["tokens"]["written"] > 0
    markdown = (finished.out / "talk.md").read_text()
    assert f"## {outline['chapters'][0]['title']}" in markdown
    assert "(Summary by openai-compatible tiny.)" in markdown
    assert outline["summary"] in (finished.out / "talk.txt").read_text()


def test_another_language_asks_for_that_one_alone(finished):
    with model_server(correct) as server:
        polished(finished, server, translate="de")
        before = len(server.asked)
        result = polished(finished, server, translate="de,fr")
        asked = [json.loads(one.body["messages"][1]["content"]) for one in server.asked[before:]]
        assert {one.get("to") for one in asked} == {"fr"}
        assert finished.made(result) == {"translate:fr", "subtitle:fr"}
        forced = polished(finished, server, translate="de,fr", force=["translate"])
    assert finished.made(forced) >= {"translate:de", "translate:fr"}
    assert "refine" not in finished.made(forced)


def test_captions_in_another_language_have_the_times_of_the_first(finished):
    with model_server(correct) as server:
        result = polished(finished, server, translate="de")
    (translation,) = result.translations
    assert translation.track.language == translation.transcript.language == "de"
    for said, there in zip(
        result.transcript.utterances, translation.transcript.utterances, strict=True
    ):
        assert (said.start_ms, said.end_ms) == (there.start_ms, there.end_ms)
        assert {word.timing for word in there.words} == {"interpolated"}


@pytest.mark.parametrize("behaviour", [model.invented, model.renumbered, model.broken])
def test_hostile_answers_leave_all_as_it_was_and_say_so(finished, behaviour):
    with model_server(behaviour) as server:
        result = polished(finished, server, set={"refine.base_url": server.openai_url})
    before = woven(finished, result)
    assert result.transcript.utterances == before.utterances
    if behaviour is model.renumbered:
        return  # nobody said a number: it was lazy
    assert any("changes of" in note for note in result.transcript.notes)
    document = json.loads((finished.out / "talk.json").read_text())
    made = next(item for item in document["provenance"] if item["stage"] == "refine")
    assert made["findings"][0]["guard"].startswith("refine.")
    assert "outline" not in document or document["outline"]["summary"] == ""


def test_a_busy_service_is_asked_again_and_no_answer_is_paid_twice(finished):
    """429 at the third of the windows, twice: the run waits and goes on where it stopped."""
    busy = Reply(status=429, headers={"Retry-After": "0"})
    answered = []

    def sometimes(question):
        if question.task == "refine" and len(answered) == 1 and server.first_fails:
            server.first_fails -= 1
            return busy
        if question.task == "refine":
            answered.append(question.lines)
        return correct(question)

    with model_server(sometimes) as server:
        server.first_fails = 2
        more = {"refine.window_words": "20", "transcribe.pace_ms": "100"}
        more |= {"refine.base_url": server.openai_url, "outline.parts": "none"}
        result = polished(finished, server, set=more)
    assert result.error is None, result.error
    assert server.first_fails == 0
    assert len(answered) == len({str(lines) for lines in answered}), "none was asked for twice"
    assert len(answered) >= 2


@pytest.mark.slow
def test_progress_between_failures_is_no_failure(finished):
    """A service that refuses every second request: in all as often as there are attempts."""
    refused = []

    def every_second(question):
        if question.task == "refine" and str(question.lines) not in refused:
            refused.append(str(question.lines))
            return Reply(status=429, headers={"Retry-After": "0"})
        return correct(question)

    with model_server(every_second) as server:
        more = {"refine.window_words": "20", "transcribe.pace_ms": "50"}
        more |= {"refine.base_url": server.openai_url, "outline.parts": "none"}
        result = polished(finished, server, set=more)
    assert len(refused) >= ATTEMPTS
    assert result.error is None, result.error


@pytest.mark.slow
def test_a_service_that_stays_down_fails_the_input_and_keeps_what_there_is(finished):
    with model_server(lambda _: Reply(status=503, text=f"down, {KEY}")) as server:
        result = polished(finished, server)
        assert len(server.asked) == 3
    assert isinstance(result.error, TransientError)
    assert result.failed_stage == "refine"
    assert KEY not in str(result.error)
    again = finished.run()
    assert all(stage.cached for stage in again.stages), "without it, all is there"


def test_keys_are_in_no_file_of_the_store_and_in_no_output(finished):
    with model_server(correct, Reply(status=429, text=f"slow down {KEY}")) as server:
        result = polished(finished, server, translate="de")
    assert result.error is None
    for folder in (finished.settings.store, finished.out):
        for path in folder.rglob("*"):
            assert not path.is_file() or KEY.encode() not in path.read_bytes()
    assert KEY not in repr(result)


def test_a_refused_key_is_an_error_without_it(finished):
    with model_server(lambda _: Reply(status=401, text=f"bad key {KEY}")) as server:
        result = polished(finished, server)
    assert isinstance(result.error, RemoteError)
    assert result.error.exit_code == 5
    assert KEY not in f"{result.error} {result.error.hint}"


@pytest.mark.slow
@pytest.mark.skipif(not HAS_GEMINI, reason="google-genai is not installed")
def test_gemini_by_its_own_library_in_a_whole_run(finished):
    with model_server(correct, Reply(status=429)) as server:
        result = finished.run(llm="gemini:gemini-x", set={"refine.base_url": server.url})
        assert len(server.asked) == 3, "one 429, then what is polished, then the outline"
    assert result.error is None, result.error
    assert times(result.transcript) == times(woven(finished, result))
    stored = b"".join(
        path.read_bytes() for path in finished.settings.store.rglob("*") if path.is_file()
    )
    assert KEY.encode() not in stored


def test_refine_is_a_stage_to_stop_at_and_tells_what_it_changed(finished):
    with model_server(correct) as server:
        result = polished(finished, server, until="refine", set={"outline.parts": "none"})
    assert stage_names(result)[-1] == "refine"
    assert result.changes
    assert result.changes[0].start_ms == result.transcript.utterances[0].start_ms
    assert (finished.out / "talk.json").is_file()
    embedded = finished.run(until="refine")
    assert embedded.stages[-1].engine == "embedded", "asked for by name, without a model"


# --- what a wish means ---


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


def steps(resources, **wish):
    found = recipe(Wish(**{"asr": "parrot", "diarizer": "none", **wish}), resources)
    return {step.stage: step.engine and step.engine.name for step in found.steps}


def test_nothing_is_polished_unasked_but_bare_words(parrot, resources):
    assert "refine" not in steps(resources)
    assert steps(resources, asr="pocketsphinx")["refine"] == "embedded"
    assert steps(resources, asr="pocketsphinx", llm="auto")["refine"] == "embedded"
    assert "refine" not in steps(resources, asr="pocketsphinx", llm="none")
    assert "refine" not in steps(resources, asr="pocketsphinx", until="weave")
    assert "outline" not in steps(resources, llm="embedded")
    assert "outline" in steps(resources, llm=LLM)
    assert "outline" not in steps(resources, llm=LLM, parameters={"outline.parts": "none"})


@pytest.mark.parametrize(
    ("target", "model", "punctuates"),
    [
        ("asr.pocketsphinx:PocketSphinx", None, False),
        ("asr.onnx_asr:OnnxAsr", "parakeet-tdt-0.6b-v3", True),
        ("asr.onnx_asr:OnnxAsr", "gigaam-v3-ctc", False),
        ("asr.onnx_asr:OnnxAsr", "gigaam-v3-e2e-ctc", True),
        ("asr.sherpa_onnx:SherpaAsr", "zipformer-en", False),
        ("asr.sherpa_onnx:SherpaAsr", "sense-voice", True),
        ("asr.transformers:Transformers", "facebook/wav2vec2-base-960h", False),
        ("asr.transformers:Transformers", "openai/whisper-tiny", True),
    ],
)
def test_recognisers_say_whether_they_punctuate(target, model, punctuates):
    module, _, name = target.partition(":")
    kind = getattr(importlib.import_module(f"loquitur.engines.{module}"), name)
    options = kind.Options(model=model) if model else kind.Options()
    assert kind.punctuates(options) is punctuates


def test_one_engine_serves_all_unless_it_is_told_otherwise(parrot, resources):
    given = {"refine.base_url": "http://127.0.0.1:1/v1", "translate.temperature": "1"}
    found = recipe(
        Wish(asr="parrot", llm=LLM, translate="de", parameters=given, diarizer="none"), resources
    )
    options = {
        step.stage: json.loads(step.engine.options)
        for step in found.steps
        if step.engine and step.engine.kind == "llm"
    }
    assert {one["base_url"] for one in options.values()} == {"http://127.0.0.1:1/v1"}
    assert [one["temperature"] for one in options.values()] == [0.0, 0.0, 1.0]
    step = found.step("translate:de")
    assert json.loads(step.options)["to"] == "de"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"translate": "de"}, "need a language model"),
        ({"translate": "de", "llm": "embedded"}, "cannot translate"),
        ({"translate": "german!", "llm": LLM}, "no language code"),
        ({"llm": "opnai"}, "no llm engine"),
        ({"until": "translate", "llm": LLM}, "'translate'"),
        ({"until": "refine", "llm": "none"}, "switched off"),
        ({"llm": LLM, "parameters": {"refine.modle": "x"}}, "no option 'modle'"),
        ({"llm": LLM, "parameters": {"refine.window_words": "1"}}, "window_words"),
        ({"llm": LLM, "parameters": {"outline.parts": "titel"}}, "titel"),
    ],
)
def test_what_cannot_be_meant(parrot, resources, wish, said):
    with pytest.raises(UsageError, match=said):
        steps(resources, **wish)


def test_a_missing_library_says_what_to_type(parrot, resources, monkeypatch):
    monkeypatch.setattr("loquitur.registry._is_here", lambda name: name != "google.genai")
    with pytest.raises(MissingError) as caught:
        steps(resources, llm="gemini")
    assert caught.value.hint == 'pip install "loquitur[llm]"'


def test_a_missing_key_is_told_before_the_work(parrot, resources, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    given = {"refine.base_url": "https://api.openai.com/v1"}
    found = recipe(Wish(asr="parrot", diarizer="none", llm=LLM, parameters=given), resources)
    assert any("OPENAI_API_KEY is not set" in line for line in found.notices)


# --- what it costs ---


def planned(workshop, wish):
    rows = list(plan_inputs([str(workshop.clip)], wish, workshop.settings))
    return {row.stage: row for row in rows}


def test_plan_counts_tokens_and_money(workshop, finished):
    at = {"refine.base_url": "https://api.openai.com/v1"}
    wish = finished.wish(llm="openai-compatible:gpt-5-mini-2025-08-07", translate="de", set=at)
    known = planned(finished, wish)
    for stage in ("refine", "outline", "translate:de"):
        read, written = known[stage].tokens
        assert read > 200
        assert 10 < written <= (500 if stage == "outline" else read)
        expected = (read * 0.25 + written * 2.0) / 1e6
        assert known[stage].cost_usd == pytest.approx(expected, abs=1e-6)
    assert known["weave"].tokens is None
    own = planned(finished, finished.wish(llm=LLM))
    assert own["refine"].cost_usd == 0.0, "a server of one's own asks for nothing"
    strange = planned(finished, finished.wish(llm="openai-compatible:some-model", set=at))
    assert strange["refine"].tokens
    assert strange["refine"].cost_usd is None


def test_before_anything_is_heard_the_length_is_the_guess(workshop):
    found = planned(workshop, workshop.wish(llm=LLM))
    read, written = found["refine"].tokens
    assert 300 < read < 2000
    assert written < read


def test_the_price_list_says_when_and_where():
    for vendor in prices.prices().values():
        assert vendor["source"].startswith("https://")
        assert vendor["read"]
        for read, written in vendor["models"].values():
            assert 0 < read <= written
    assert prices.price_of("google", "gemini-2.5-flash-preview-09-2025") == (0.30, 2.50)
    assert prices.price_of("openai", "gpt-5-mini-latest") == (0.25, 2.0)
    assert prices.price_of("google", "gemini-99") is None
    assert prices.price_of("", "gpt-4.1") is None
