"""Asking without a language model: sentences as they were said, or a refusal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lecture import fill, passage

from loquitur.errors import InputError, UsageError
from loquitur.library.asking import AskOptions, Conversation, ask
from loquitur.library.excerpts import evidence, wording
from loquitur.library.excerpts.questions import read_question
from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.saving import markdown, plain, save
from loquitur.model.library import Citation, Filters, Part, Reply, Volume

ANSWERED = {
    "When did Galois write his last letter?": ("1832", "Évariste Galois wrote"),
    "How many elements does the dihedral group of the square have?": ("8", "The dihedral group"),
    "Where did Emmy Noether teach?": ("Göttingen", "Emmy Noether"),
    "¿Qué liberan las plantas durante el día?": ("oxígeno", "Las plantas"),
    "Wann war der letzte Ausbruch des Vesuvs?": ("1944", "Der letzte"),
    "富士山の標高は何メートルですか？": ("3776", "標高"),
    "한글은 언제 만들어졌습니까?": ("1443", "세종대왕은"),
    "长江的长度是多少公里？": ("6300", "长江的长度"),
}
NEVER_SAID = (
    "Who won the football championship in 2018?",
    "¿Cuándo terminó la guerra civil inglesa?",
    "Wie hoch ist die Miete in München?",
    "東京オリンピックの開会式はいつでしたか？",
    "서울 지하철 요금은 얼마입니까?",
    "巴黎圣母院什么时候着火的？",
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    found = EmbeddedIndex(tmp_path_factory.mktemp("asking") / "course.library")
    fill(found)
    yield found
    found.close()


@pytest.mark.parametrize("question", ANSWERED)
def test_the_sentence_that_answers_comes_first_as_it_was_said(index, question):
    reply = ask(index, question)
    answer, begins = ANSWERED[question]
    assert not reply.refused
    assert reply.answer is not None
    first = reply.citations[0]
    assert reply.answer.startswith(f"{first.text} [1]")
    assert first.text.startswith(begins)
    assert answer in first.text
    [said] = index.passages([first.passage_id])
    assert first.text in said.text


@pytest.mark.parametrize("question", NEVER_SAID)
def test_what_was_never_said_is_refused_with_where_to_look(index, question):
    reply = ask(index, question)
    assert reply.refused
    assert reply.answer is None
    assert reply.citations == ()
    assert reply.reason
    assert reply.confidence < 0.5


def test_times_are_those_of_the_sentence_and_the_link_leads_there(index):
    [one, *_] = ask(index, "Where did Emmy Noether teach?").citations
    [said] = index.passages([one.passage_id])
    words_before = said.text[: said.text.index("Emmy")].split()
    assert one.start_ms == said.start_ms + 400 * len(words_before)
    assert one.end_ms == one.start_ms + 400 * len(["Emmy", "Noether", "taught", "in", "Göttingen."])
    assert one.url == f"https://youtu.be/lecture-en?t={one.start_ms // 1000}"
    assert (one.speaker, one.title) == ("Ada", "Lecture en")


def test_the_link_of_a_long_sentence_leads_shortly_before_what_is_marked(tmp_path):
    text = "Now as we said, " + "and so on and so forth, " * 6 + "Galois died in the year 1832."
    said = passage(text, media_id="v", language="en", start_ms=60_000)
    index = EmbeddedIndex(tmp_path / "one.library")
    index.replace(Volume(media_id="v", title="t", origin="v.mp4"), Part(language="en"), [said])
    [one, *_] = ask(index, "When did Galois die?").citations
    marked_ms = said.time_of(one.marks[0][0])
    assert one.text[slice(*one.marks[0])].endswith("1832")
    assert (one.start_ms, one.end_ms) == (60_000, said.end_ms)
    assert one.start_ms < marked_ms - 2_000 == one.link_ms == one.leads_ms
    assert one.url == f"v.mp4#t={one.leads_ms // 1000}"
    assert plain(Reply(question="", answer="", citations=(one,)))["citations"][0]["link_ms"] == (
        one.leads_ms
    )
    index.close()


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("ラインハルツホーフはドイツの村です。", "ランプルト作戦はいつ行われましたか？"),
        ("インド洋には多くの魚がいる。", "インドネシアの首都はどこですか？"),
    ],
)
def test_letters_of_a_japanese_word_are_not_the_word(tmp_path, said, question):
    index = EmbeddedIndex(tmp_path / "ja.library")
    index.replace(
        Volume(media_id="v", title="t"),
        Part(language="ja"),
        [passage(said, media_id="v", language="ja")],
    )
    reply = ask(index, question)
    assert reply.refused
    assert reply.confidence < 0.1
    index.close()


def test_a_refusal_shows_where_what_a_whole_course_is_about_is_spoken_of(tmp_path):
    said = [f"The group number {n} is explained on page {n}." for n in range(12)]
    index = EmbeddedIndex(tmp_path / "one.library")
    passages = [
        passage(text, media_id="v", language="en", number=n, start_ms=9_000 * n)
        for n, text in enumerate(said)
    ]
    index.replace(Volume(media_id="v", title="t"), Part(language="en"), passages)
    reply = ask(index, "Which axioms must a group satisfy?")
    assert reply.refused
    assert len(reply.nearest) == 3
    index.close()


@pytest.mark.parametrize(
    ("said", "marked"),
    [
        ("The square has four rotations of its own.", ["four"]),
        ("The square has rotations of its own, and reflections.", []),
    ],
)
def test_how_many_is_answered_by_a_number_or_by_no_words_in_particular(tmp_path, said, marked):
    index = EmbeddedIndex(tmp_path / "one.library")
    one = passage(said, media_id="v", language="en")
    index.replace(Volume(media_id="v", title="t"), Part(language="en"), [one])
    options = AskOptions(refuse_below=0)
    [first, *_] = ask(index, "How many rotations does the square have?", options=options).citations
    assert [first.text[slice(*mark)].split()[0] for mark in first.marks] == marked
    index.close()


def test_the_likeliest_answer_is_marked_inside_the_sentence(index):
    [one, *_] = ask(index, "When did Galois write his last letter?").citations
    [(start, end)] = one.marks
    assert one.text[start:end] == "1832"


def test_the_context_goes_on_over_the_border_of_a_passage(index):
    [one, *_] = ask(index, "Where did Emmy Noether teach?").citations
    assert one.before.endswith("Four of them are reflections.")
    assert one.after.startswith("Convolutional networks share")


def test_a_sentence_that_two_windows_share_is_cited_once(tmp_path):
    text = "Galois died in 1832. He left a letter to a friend of his."
    with_overlap = (
        passage(f"It is cold here. {text}", media_id="v", language="en"),
        passage(f"{text} The rest is known.", media_id="v", language="en", number=1, start_ms=1600),
    )
    index = EmbeddedIndex(tmp_path / "one.library")
    index.replace(Volume(media_id="v", title="Galois"), Part(language="en"), with_overlap)
    reply = ask(index, "When did Galois die?")
    assert [one.text for one in reply.citations].count("Galois died in 1832.") == 1
    assert reply.citations[0].before.endswith("It is cold here.")
    index.close()


def test_a_misheard_word_still_answers(index):
    assert not ask(index, "How many elements does the dihedrel group of the square have?").refused


def test_a_meaning_is_asked_for_and_the_sentence_that_explains_comes_first(index):
    reply = ask(index, "What is a group?")
    assert reply.citations[0].text == "A group is a set with one operation."
    assert reply.citations[0].marks == ()


def test_filters_bound_what_is_looked_at(index):
    options = AskOptions(filters=Filters(languages=("es",)))
    assert ask(index, "Where did Emmy Noether teach?", options=options).refused


def test_the_threshold_may_be_set(index):
    question = "When did Galois write his last letter?"
    assert ask(index, question, options=AskOptions(refuse_below=1.0)).refused
    with pytest.raises(UsageError):
        AskOptions(refuse_below=1.5)


@pytest.mark.parametrize("question", ["", "  \n "])
def test_an_empty_question_is_a_usage_error(index, question):
    with pytest.raises(UsageError, match="empty"):
        ask(index, question)


@pytest.mark.parametrize(
    "question",
    [
        '"',
        "NEAR(a b)",
        "* ^ : -",
        "???",
        "🙂",
        "a" * 10_000,
        "group " * 2_000,
        "\x00\x1b[31m",
        "الجبر",
    ],
)
def test_any_text_is_a_question(index, question):
    reply = ask(index, question)
    assert reply.refused == (reply.answer is None)


def test_an_empty_library_says_what_to_type(tmp_path):
    index = EmbeddedIndex(tmp_path / "empty.library")
    with pytest.raises(InputError, match="course") as caught:
        ask(index, "What is a group?", name="course")
    assert caught.value.hint == "loquitur library add FILE... --library course"
    index.close()


def test_a_question_may_lean_on_the_one_before(index):
    talk = Conversation(index=index)
    talk.ask("When did Galois write his last letter?")
    reply = talk.ask("And how old was he then?")
    assert reply.searched == "And how old was he then? (Galois)"
    assert len(talk.replies) == 2
    again = talk.ask("Where did Emmy Noether teach?")
    assert again.searched == ""


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("How many people live there?", "en", "number"),
        ("In what year did it end?", "en", "time"),
        ("¿Quién escribió el libro?", "es", "person"),
        ("Où se trouve la ville ?", "fr", "place"),
        ("Wie viele Einwohner hat Bonn?", "de", "number"),
        ("Quando è nato Dante?", "it", "time"),
        ("Quem descobriu o Brasil?", "pt", "person"),
        ("Hoeveel inwoners heeft Utrecht?", "nl", "number"),
        ("Gdzie leży Kraków?", "pl", "place"),
        ("Vem skrev boken?", "sv", "person"),
        ("Türkiye'nin başkenti nerede?", "tr", "place"),
        ("Когда началась война?", "ru", "time"),
        ("متى بدأت الحرب؟", "ar", "time"),
        ("युद्ध कब शुरू हुआ?", "hi", "time"),
        ("谁写了这本书？", "zh", "person"),
        ("首都はどこですか？", "ja", "place"),
        ("누가 이 책을 썼습니까?", "ko", "person"),
    ],
)
def test_the_kind_of_answer_is_read_off_the_question(text, language, wanted):
    found = read_question(text)
    assert (found.language, found.wanted) == (language, wanted)
    assert len(found.content) == len(text)


@settings(max_examples=30)
@given(st.text(max_size=120), st.integers(1, 60))
def test_pieces_of_a_text_are_the_text(text, longest):
    pieces = wording.stretches(text, 0, len(text), longest=longest)
    assert "".join(text[start:end] for start, end in pieces) == text


@settings(max_examples=20)
@given(st.lists(st.floats(0, 1), max_size=6), st.data())
def test_coverage_is_a_share(weights, data):
    asked = [evidence.Weighed(term=str(at), weight=w, named=False) for at, w in enumerate(weights)]
    matched = data.draw(st.lists(st.floats(0, 1), min_size=len(asked), max_size=len(asked)))
    assert 0 <= evidence.coverage(asked, matched) <= 1 + 1e-9


def test_answers_are_saved_with_their_evidence(index, tmp_path):
    reply = ask(index, "When did Galois write his last letter?")
    save([reply], tmp_path / "a.json", library="course")
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert document["schema"] == "loquitur/answers/1"
    assert document["answers"] == [plain(reply)]
    save([reply], tmp_path / "a.md", library="course")
    text = (tmp_path / "a.md").read_text("utf-8")
    assert f"(<{reply.citations[0].url}>)" in text
    assert "**1832**" in text
    with pytest.raises(UsageError, match="no such kind"):
        save([reply], tmp_path / "a.pdf")


def test_markdown_shows_what_others_wrote_and_obeys_none_of_it():
    hostile = Citation(
        n=1, media_id="v", passage_id=1, start_ms=0, end_ms=1, text="![x](http://a.example) <b>",
        url="https://youtu.be/x?t=0>) [y](z", title="# t\n\n- \x1b[2J", speaker="*s*",
    )  # fmt: skip
    text = markdown([Reply(question="a\n# b", answer="**x** [1]", citations=(hostile,))])
    assert "\x1b" not in text
    assert "![x]" not in text
    assert "<b>" not in text
    assert "\n# b" not in text
    assert text.count("](<") == 1
