from dataclasses import replace
from typing import get_args

import pytest

from loquitur.errors import InputError
from loquitur.library.trials.answering import answer_span, citations_of, statements, try_answering
from loquitur.library.trials.evaluating import _unknown, evaluate_answers, evaluate_retrieval
from loquitur.library.trials.finding import try_finding
from loquitur.library.trials.outcomes import Outcome, Trial, grouped
from loquitur.library.trials.questions import Brought, Place, Question, QuestionSet
from loquitur.library.trials.reading import read_questions
from loquitur.library.trials.shelving import held, shelve, temporary_index
from loquitur.library.trials.ways import MODES, ways_of
from loquitur.model.library import Citation, Mode, Part, Passage, Reply, Volume
from loquitur.settings import resolve
from loquitur.testing import answering_model
from loquitur.testing.language_model import model_server


def a_set(texts=12):
    """One passage in each of some volumes, a question for each, and one without an answer."""
    brought, questions = [], []
    for at in range(texts):
        media_id = f"set:{at}"
        passage = Passage(
            media_id=media_id, part="speech:en", number=0, start_ms=0, end_ms=4000,
            text=f"The number of house {at} is {100 + at}. It is red.", language="en",
            sentences=(0, 10), offsets=(0, 4), times_ms=(0, 400),
        )  # fmt: skip
        volume = Volume(media_id=media_id, title=f"House {at}", language="en")
        brought.append(Brought(volume=volume, part=Part(language="en"), passages=(passage,)))
        questions.append(
            Question(
                id=f"q{at}", text=f"Which number has house {at}?", answers=(str(100 + at),),
                places=(Place(media_id=media_id),), answer_ms=(1200, 1600), group=media_id,
                language="en",
            )
        )  # fmt: skip
    questions.append(Question(id="none", text="Who?", answerable=False, group="set:0"))
    return QuestionSet(name="houses", questions=tuple(questions), brought=tuple(brought))


def test_figures_and_paired_differences_of_two_ways():
    asked = a_set()
    passages = [one.passages[0] for one in asked.brought]

    def right(question):
        return passages[int(question.id[1:]) :][:1]

    def often(question):  # wrong for every other one
        at = int(question.id[1:])
        return right(question) if at % 2 else [passages[(at + 1) % len(passages)]]

    trial = try_finding(asked, {"right": right, "often": often, "never": lambda _: ()}, k=5)
    assert trial.questions == 12
    assert [trial.mean(way, "recall@1") for way in trial.ways] == [1, pytest.approx(6 / 12), 0]
    assert trial.mean("never", "no_hit") == 1
    assert trial.notices == ("1 question without an answer or a place left out",)
    of_often = next(
        one for one in trial.differences() if (one.way, one.measure) == ("often", "recall@1")
    )
    assert of_often.interval.value == pytest.approx(-6 / 12)
    assert of_often.interval.units == 12
    assert of_often.clear
    assert of_often.interval.high < 0

    def seldom(question):
        return right(question) if int(question.id[1:]) else ()

    rare = next(iter(try_finding(asked, {"right": right, "seldom": seldom}).differences()))
    assert rare.interval.value == pytest.approx(-1 / 12)
    assert (rare.interval.low, rare.clear) == (None, False)  # one that differs tells no spread
    same = try_finding(asked, {"right": right, "again": right})
    assert not any(one.clear for one in same.differences())
    assert all(one.interval.value == 0 for one in same.differences())


@pytest.mark.parametrize(("differing", "known"), [(1, False), (4, False), (5, True)])
@pytest.mark.parametrize(("texts", "each"), [(12, 3), (4, 9)])  # drawn by texts, and one by one
def test_there_is_an_interval_where_enough_differ(differing, known, texts, each):
    """Three questions of each of twelve texts; four texts are so few that questions are drawn."""
    step = each if texts >= 8 else 1  # questions of a text differ together where texts are drawn
    values = [float(at < differing * step) for at in range(texts * each)]
    outcomes = [
        Outcome(
            way=way, question_id=str(at), question="", group=f"t{at // each}", answerable=True,
            values={"recall@1": value if way == "new" else 0.0},
        )
        for way in ("old", "new")
        for at, value in enumerate(values)
    ]  # fmt: skip
    trial = Trial(name="x", ways=("old", "new"), measures=("recall@1",), outcomes=tuple(outcomes))
    (found,) = trial.differences()
    assert found.interval.value == pytest.approx(sum(values) / len(values))
    assert found.interval.units == (texts if texts >= 8 else len(values))
    assert (found.interval.low is not None) == (found.interval.high is not None) == known
    assert found.clear == known


def test_tables_have_a_row_for_each_way_and_for_each_question():
    asked = a_set()
    trial = try_finding(asked, {"a": lambda _: (), "b": lambda _: ()}, k=3)
    table = trial.table()
    assert table.names[:3] == ("set", "configuration", "questions")
    assert "recall@3" in table.names
    assert len(table.data[0]) == 2
    assert len(trial.rows().data[0]) == 24
    plain = trial.plain()
    assert [one["name"] for one in plain["configurations"]] == ["a", "b"]
    assert {one["measure"] for one in plain["differences"]} == set(trial.measures)


def test_questions_without_a_place_cannot_be_searched_for():
    with pytest.raises(InputError, match="no question says where"):
        try_finding(
            QuestionSet(name="x", questions=(Question(id="a", text="a"),)), {"a": lambda _: ()}
        )


def test_questions_of_few_texts_are_drawn_one_by_one():
    assert grouped([str(at) for at in range(8)])
    assert not grouped(["a", "b"] * 20)
    assert not grouped(["a", ""] * 20)


def test_every_mode_is_a_way():
    assert sorted(MODES) == sorted(get_args(Mode))
    assert [way.mode for way in ways_of(modes=("meaning", "words"))] == ["words", "meaning"]


def test_what_is_shelved_is_held():
    asked = a_set(3)
    with temporary_index() as index:
        shelve(index, asked.brought)
        again = sorted(held(index), key=lambda one: one.volume.media_id)
    assert [one.volume for one in again] == [one.volume for one in asked.brought]
    assert [one.passages[0].text for one in again] == [
        one.passages[0].text for one in asked.brought
    ]


def reply_of(question, passage, answer, *, n=1, span=(0, 10), url="x#t=1"):
    citation = Citation(
        n=n, media_id=passage.media_id, passage_id=passage.id, start_ms=1000, end_ms=4000,
        text=passage.text, url=url, marks=(span,),
    )  # fmt: skip
    return Reply(question=question.text, answer=answer, citations=(citation,))


def test_answers_are_scored_by_words_place_time_citations_and_refusals():
    asked = a_set()
    with temporary_index() as index:
        shelve(index, asked.brought)
        kept = {
            one.media_id: one
            for volume in index.volumes()
            for one in index.passages_of(volume.media_id)
        }

        def good(question):
            if not question.answerable:
                return Reply(question=question.text, answer=None, refused=True)
            passage = kept[question.places[0].media_id]
            at = passage.text.index(question.answers[0])
            return reply_of(question, passage, f"{passage.text[: at + 3]} [1].", span=(at, at + 3))

        def inventing(question):  # never refuses, numbers nobody said, another volume, late
            return reply_of(
                question, kept["set:0"], "The number is 999 [1].", span=(0, 3), url="x#t=60"
            )

        trial = try_answering(asked, {"good": (index, good), "bad": (index, inventing)})
    means = {way: {one: trial.mean(way, one) for one in trial.measures} for way in trial.ways}
    good_one, bad = means["good"], means["bad"]
    assert good_one["em"] == good_one["f1"] == good_one["contains"] == 1
    assert 0 < good_one["f1_sentence"] < 1
    assert good_one["in_passage"] == good_one["time_hit"] == good_one["link_5s"] == 1
    assert good_one["citation_recall"] == good_one["citation_precision"] == 1
    assert (good_one["refusal_recall"], good_one["refusal_precision"]) == (1, 1)
    assert good_one["false_refusals"] == 0
    assert bad["em"] == bad["citation_recall"] == bad["citation_precision"] == 0
    assert bad["in_passage"] == pytest.approx(1 / 12)
    assert bad["link_5s"] == 0
    assert (bad["refusal_recall"], bad["refusal_precision"]) == (0, None)


def test_sentences_and_their_numbers():
    answer = "Eight symmetries exist [1][3]. Four rotate. They turn [2]"
    assert list(statements(answer)) == [
        ("Eight symmetries exist", (1, 3)),
        ("Four rotate. They turn", (2,)),
    ]
    refused = Reply(question="q", answer=None, refused=True)
    assert answer_span(refused) == ""
    with temporary_index() as index:
        assert citations_of(refused, index, language="en").statements == 0


def test_a_number_that_cites_nothing_supports_nothing():
    with temporary_index() as index:
        reply = Reply(question="q", answer="Squares have eight symmetries [9].")
        counts = citations_of(reply, index, language="en")
    assert (counts.statements, counts.supported, counts.citations, counts.needed) == (1, 0, 1, 0)


def test_a_language_model_that_lies_stands_in_the_table_beside_going_without():
    asked = a_set(4)
    texts = {
        question.text: one.passages[0].text[:28].strip()
        for question, one in zip(asked.questions, asked.brought, strict=False)
    }
    sheet = answering_model.Sheet(right=texts)

    def now_and_then(known, question):
        lies = "house 1?" in question.material["question"]
        behaviour = answering_model.invents_numbers if lies else answering_model.right
        return behaviour(known, question)

    with model_server(answering_model.behaving(now_and_then, sheet)) as server:
        settings = resolve(
            {"set": {"llm.base_url": server.openai_url, "llm.model": "tiny"}}
        ).settings
        ways = ways_of(modes=("words",), llms=("none", "openai-compatible"))
        trial = evaluate_answers(asked, ways, settings=settings)
    assert trial.ways == ("words", "words > openai-compatible")
    model = {one.question_id: one for one in trial.of("words > openai-compatible")}
    assert model["q1"].refused  # its only sentence had a figure that nobody said
    assert not model["q3"].refused
    assert trial.mean("words > openai-compatible", "citation_recall") == 1
    assert any("sentences not shown" in one for one in trial.notices)


@pytest.mark.slow
def test_korean_sentences_find_their_like_by_words_alone(shared):
    asked = read_questions([shared / "qa" / "klue_sts" / "klue-sts-v1.1_dev.json"])
    trial = evaluate_retrieval(asked, ways_of(), settings=resolve().settings)
    assert trial.questions == 110
    assert trial.mean("words", "recall@1") >= 0.78
    assert trial.mean("words", "no_hit") == 0
    assert trial.mean("hybrid", "recall@1") >= trial.mean("words", "recall@1")


def test_pairs_are_made_by_order_since_sets_may_share_ids():
    asked = a_set()
    half = [replace(one, id=f"q{at % 6}") for at, one in enumerate(asked.questions[:12])]
    passages = [one.passages[0] for one in asked.brought]
    by_text = {one.text: [passages[at]] for at, one in enumerate(half)}
    ways = {
        "late": lambda one: by_text[one.text] if half.index(one) >= 6 else [],
        "all": lambda one: by_text[one.text],
    }
    trial = try_finding(QuestionSet(name="x", questions=tuple(half)), ways)
    (found,) = [one for one in trial.differences() if one.measure == "recall@1"]
    assert found.interval.value == pytest.approx(0.5)


def test_a_time_after_the_end_is_told():
    asked = a_set(3)
    late = Question(id="late", text="Which?", places=(Place(media_id="set:1", start_ms=9000),))
    with temporary_index() as index:
        shelve(index, asked.brought)
        assert _unknown(QuestionSet(name="x", questions=(late,)), index) == (
            "after the end of its video: late",
        )
