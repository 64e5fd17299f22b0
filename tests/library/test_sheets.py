import dataclasses
import re

import pytest

from loquitur.errors import InputError, UsageError
from loquitur.library.sheets import anki, phrasing
from loquitur.library.sheets.cards import cards_of, gaps_for
from loquitur.library.sheets.choosing import readable
from loquitur.library.sheets.markdown import markdown, safe_address
from loquitur.library.sheets.plain import plain
from loquitur.library.sheets.sections import said_often
from loquitur.library.sheets.sentences import sentences_of
from loquitur.library.sheets.sheet import sheet_about, sheet_of
from loquitur.library.trials.shelving import temporary_index
from loquitur.model.library import Part, Passage, Volume

SAID = {
    "Groups": (
        "Welcome to this lecture about the hidden shape of patterns.",
        "A symmetry group is a set of transformations that leave an object unchanged.",
        "What happens when two rotations of the square are combined?",
        "Two rotations combined give another rotation of the same square.",
        "Every symmetry group has an identity element that changes nothing at all.",
    ),
    "Filters": (
        "Convolution filters slide over an image and respond to edges.",
        "When the image shifts the response shifts too, which is called translation equivariance.",
        "Convolution filters share weights, so a network with convolution filters learns faster.",
        "It is important that pooling keeps only the strongest response of the filters.",
    ),
}
VOLUME = Volume(
    media_id="youtube:t5qgjJIBy9g", title="Symmetry *and* learning", channel="Course",
    language="en", published="2024-02-01", origin="https://youtu.be/t5qgjJIBy9g",
)  # fmt: skip


def passages_of(said=SAID, media_id=VOLUME.media_id):
    """A passage for each two sentences, each sharing one with the next; 10 s a sentence."""
    found, at = [], 0
    for chapter, sentences in said.items():
        starts = [10_000 * (at + number) for number in range(len(sentences))]
        at += len(sentences)
        for first in range(max(1, len(sentences) - 1)):
            pair = sentences[first : first + 2]
            offsets = [0, len(pair[0]) + 1][: len(pair)]
            found.append(
                Passage(
                    media_id=media_id, part="speech:en", number=len(found),
                    start_ms=starts[first], end_ms=starts[first] + 10_000 * len(pair),
                    text=" ".join(pair), chapter=chapter, language="en",
                    sentences=tuple(offsets), offsets=tuple(offsets),
                    times_ms=tuple(starts[first : first + len(pair)]),
                )
            )  # fmt: skip
    return found


@pytest.fixture
def index():
    with temporary_index() as made:
        made.replace(VOLUME, Part(language="en"), passages_of())
        yield made


def every(said=SAID):
    return [one for sentences in said.values() for one in sentences]


def test_sentences_that_passages_share_come_once_and_in_order():
    found = list(sentences_of(VOLUME, passages_of()))
    assert [one.text for one in found] == every()
    assert [one.start_ms for one in found] == [10_000 * at for at in range(9)]
    assert found[1].url == "https://youtu.be/t5qgjJIBy9g?t=10"
    short = dataclasses.replace(VOLUME, duration_ms=15_000)
    assert [one.url[-2:] for one in sentences_of(short, passages_of())][-1] == "14"


def test_nothing_on_a_sheet_is_made_up(index):
    sheet = sheet_of(index, VOLUME.media_id)
    said = set(every())
    assert [one.section.title for one in sheet.digests] == ["Groups", "Filters"]
    assert {one.text for digest in sheet.digests for one in digest.sentences} <= said
    assert {one.sentence.text for one in sheet.terms} <= said
    for card in cards_of(sheet):
        words = card.back if card.sort != "cloze" else card.front
        assert words in " ".join(every())
        assert card.url.startswith("https://youtu.be/t5qgjJIBy9g?t=")


def test_terms_stand_with_the_sentence_that_explains_them(index):
    terms = {one.term: one for one in sheet_of(index, VOLUME.media_id).terms if one.defined}
    assert terms["symmetry group"].sentence.text.startswith("A symmetry group is a set")
    assert terms["translation equivariance"].sentence.start_ms == 60_000


def test_questions_stand_with_what_was_said_next(index):
    (asked,) = sheet_of(index, VOLUME.media_id).questions
    assert asked.question.text.startswith("What happens when two rotations")
    assert asked.answer[0].text.startswith("Two rotations combined give")


def test_markdown_leads_to_moments_and_shows_titles_as_they_stand(index):
    text = markdown([sheet_of(index, VOLUME.media_id)])
    assert text.startswith("# Symmetry \\*and\\* learning\n\nCourse · 2024-02-01 · <https://youtu")
    assert "- [0:50](https://youtu.be/t5qgjJIBy9g?t=50) Filters" in text
    bullets = [line for line in text.splitlines() if line.startswith("- ") and "](" in line]
    assert len(bullets) > 6
    assert all("https://youtu.be/t5qgjJIBy9g?t=" in line for line in bullets)


def test_cards_keep_their_ids_when_the_video_is_recognised_anew(index):
    before = {one.id: one for one in cards_of(sheet_of(index, VOLUME.media_id))}
    other = {
        title: tuple(one.replace("set of", "collection of") for one in sentences)
        for title, sentences in SAID.items()
    }
    other["Groups"] = ("Hello and welcome to all of you in this room.", *other["Groups"])
    index.replace(VOLUME, Part(language="en"), passages_of(other))
    after = {one.id: one for one in cards_of(sheet_of(index, VOLUME.media_id))}
    same = [one for one in before if before[one].sort == "definition"]
    assert same
    assert set(same) <= set(after)
    changed = [one for one in same if "collection of" in after[one].back]
    assert [before[one].front for one in changed] == ["symmetry group"]
    assert len(cards_of(sheet_of(index, VOLUME.media_id), most=2)) == 2


def test_what_was_said_cannot_steer_anki_or_a_page():
    hostile = "{{c2::x}} <script>alert(1)</script> [sound:a.mp3] \\(x\\) std::vector"
    shown = anki.plain(hostile)
    assert not re.search(r"[{}<>\[\]\\]", shown)
    assert "::" not in shown
    assert safe_address("javascript:alert(1)") == ""
    assert safe_address("https://x/a b)") == "https://x/a%20b%29"
    assert safe_address("C:\\talk.mp4#t=1").startswith("C:")
    assert safe_address("http://[") == safe_address("//host/x") == ""


def test_gaps_hide_a_term_in_whatever_form():
    text = "Symmetry groups, and a symmetry group."
    assert [text[a:b] for a, b in gaps_for("symmetry group", text, language="en")] == [
        "Symmetry groups",
        "symmetry group",
    ]
    assert gaps_for("対称性", "これは対称性と呼ばれる", language="ja") == ((3, 6),)
    assert gaps_for("std::x", "nothing of it", language="en") == ()


def test_text_for_the_import_has_a_row_for_each_card(index):
    sheet = sheet_of(index, VOLUME.media_id)
    lines = list(anki.anki_text([sheet], most=30, parent="course"))
    head = [line for line in lines if line.startswith("#")]
    rows = [line.split("\t") for line in lines[len(head) :]]
    assert head[:2] == ["#separator:tab", "#html:true"]
    assert len(rows) == len(cards_of(sheet))
    assert all(len(row) == 6 for row in rows)
    assert {row[1] for row in rows} == {"Basic", "Cloze"}
    assert {row[2] for row in rows} == {"course::Symmetry *and* learning"}
    assert all("{{c1::" in row[3] for row in rows if row[1] == "Cloze")
    assert not any(" " in tag for row in rows for tag in row[5].split(" "))


def test_a_sheet_of_a_subject_gathers_videos(index):
    other = Volume(media_id="youtube:aaaaaaaaaaa", title="Cooking", language="en",
                   origin="https://youtu.be/aaaaaaaaaaa")  # fmt: skip
    kitchen = {"": ("Boil the pasta in salted water for eleven minutes.", "Then drain it well.")}
    index.replace(other, Part(language="en"), passages_of(kitchen, other.media_id))
    sheet = sheet_about(index, "convolution filters of an image")
    assert [one.section.title for one in sheet.digests] == [VOLUME.title]
    assert all("filters" in one.text.lower() or "image" in one.text.lower()
               for one in sheet.digests[0].sentences[:1])  # fmt: skip
    # of a single video: nothing stands beside it that its words could be held against
    assert "convolution filters" in [one.text.lower() for one in sheet.digests[0].section.terms]
    with pytest.raises(InputError, match="says nothing about"):
        sheet_about(index, "quetzalcoatlus")
    with pytest.raises(UsageError, match="about nothing"):
        sheet_about(index, "  ")


def test_without_times_there_are_no_links(index):
    bare = [dataclasses.replace(one, timed=False, chapter="") for one in passages_of()]
    index.replace(VOLUME, Part(language="en"), bare)
    sheet = sheet_of(index, VOLUME.media_id)
    assert len(sheet.digests) == 1
    assert "](" not in markdown([sheet])
    assert all(not one.url for one in cards_of(sheet))
    assert [anki.source(one) for one in cards_of(sheet)] == [""] * len(cards_of(sheet))


def test_what_has_nothing_to_learn_is_said(index):
    with pytest.raises(UsageError, match="not in the library"):
        sheet_of(index, "youtube:none")
    silent = Volume(media_id="file:silent", title="Silent")
    index.replace(silent, Part(kind="comments"), [])
    with pytest.raises(InputError, match="nothing is said in 'Silent'"):
        sheet_of(index, silent.media_id)


def test_plain_values_have_all_of_it(index):
    document = plain(sheet_of(index, VOLUME.media_id), cards=3)
    assert document["media_id"] == VOLUME.media_id
    assert [one["title"] for one in document["chapters"]] == ["Groups", "Filters"]
    assert len(document["cards"]) == 3


@pytest.mark.parametrize(
    ("language", "sentence", "term"),
    [
        ("en", "A group is mathematically defined as a set with an operation.", "group"),
        ("de", "Eine Gruppe ist eine Menge mit einer Verknüpfung.", "Gruppe"),
        ("es", "Un grupo es un conjunto con una operación.", "grupo"),
        ("fr", "Un groupe est un ensemble muni d'une loi.", "groupe"),
        ("ru", "Группа это множество с операцией умножения.", "Группа"),
        ("ja", "対称性とは形を変えない性質のことです。", "対称性"),
        ("zh", "对称性是指图形保持不变的性质。", "对称性"),
    ],
)
def test_explanations_in_several_languages(language, sentence, term):
    assert phrasing.explained(sentence, language=language) == term


@pytest.mark.parametrize(
    "sentence",
    ["It is a nice day outside today.", "This is the end of the lecture.", "Is a cat?", ""],
)
def test_remarks_are_no_explanations(sentence):
    assert phrasing.explained(sentence, language="en") == ""


def test_run_on_speech_is_explained_by_what_stands_right_before():
    said = "translations of the objects equivariance simply means that the output changes"
    assert "equivariance" in phrasing.subjects(said, language="en")
    hanging = "knowledge about symmetries in neural networks is a so-called inductive bias"
    assert "neural networks" not in phrasing.subjects(hanging, language="en")


def test_short_and_endless_sentences_are_not_kept():
    assert not readable("Okay so yes.")
    assert not readable("word " * 60)
    assert readable("Every group has an identity element that changes nothing.")
    assert readable("対称性とは形を変えない性質のことです。")


def test_words_of_grammar_are_no_terms_where_there_is_only_a_list_for_queries():
    text = "اشتهر تسلا في المدينة. عاش تسلا في المدينة. مات تسلا في المدينة."
    found = [one.text for one in said_often(text, language="ar")]
    assert "في" not in found
    assert any("تسلا" in one for one in found)


def test_words_of_any_lecture_are_no_terms():
    said = {
        "One": (
            "The applications of this model give results in many applications today.",
            "In our case the model is a good example of results that people like.",
            "Cohomology counts the holes, and cohomology is hard to compute by hand.",
            "Every cohomology of a sphere tells how many holes the model has.",
        ),
        "Two": (
            "Later applications of the model will be shown next week on the website.",
            "The results of this week are questions about degrees and examples.",
            "Sheaves glue what is known nearby, and sheaves need open covers for that.",
            "Good sheaves have sections, and sheaves without them are no use at all.",
        ),
    }
    with temporary_index() as index:
        index.replace(VOLUME, Part(language="en"), passages_of(said))
        sheet = sheet_of(index, VOLUME.media_id)
        cards = cards_of(sheet)
    listed = {one.term.lower() for one in sheet.terms}
    assert {"cohomology", "sheaves"} <= listed
    assert not listed & {"applications", "model", "results", "week", "questions", "degrees"}
    hidden = {one.front[a:b].lower() for one in cards for a, b in one.gaps}
    assert hidden <= listed | {one.text.lower() for each in sheet.digests
                               for one in each.section.terms}  # fmt: skip
    assert not hidden & {"applications", "model", "results"}


def test_a_name_that_leans_stands_with_what_was_said_before():
    said = {
        "Hands": (
            "Some molecules cannot be laid upon their mirror image at all.",
            "This property is called chirality by everybody who works with it.",
            "Nothing more will be said about the smell of such molecules.",
        )
    }
    with temporary_index() as index:
        index.replace(VOLUME, Part(language="en"), passages_of(said))
        sheet = sheet_of(index, VOLUME.media_id)
        (card,) = [one for one in cards_of(sheet) if one.sort == "definition"]
    (term,) = [one for one in sheet.terms if one.defined]
    assert term.lead.text.startswith("Some molecules cannot")
    assert card.back == " ".join(said["Hands"][:2])
    assert (card.start_ms, card.url) == (0, "https://youtu.be/t5qgjJIBy9g?t=0")
    leads = {one["term"]: one["lead"] for one in plain(sheet)["terms"] if one["defined"]}
    assert leads["chirality"]["start_ms"] == 0
    assert f"{said['Hands'][0]} {said['Hands'][1]}" in markdown([sheet])


def test_a_question_is_not_answered_by_the_next_one():
    said = {
        "Questions": (
            "What are the part of speech tags of this sentence?",
            "What's the translation of it to French.",
            "Which engine translates sentences to French?",
            "A small model translates sentences to French and Spanish.",
        )
    }
    with temporary_index() as index:
        index.replace(VOLUME, Part(language="en"), passages_of(said))
        (asked,) = sheet_of(index, VOLUME.media_id).questions
    assert asked.question.text.startswith("Which engine")


def test_one_sentence_explains_one_term_and_brackets_are_no_part_of_it():
    said = {
        "Spain": (
            "La comuna (gmina) es la unidad básica de división territorial en Polonia.",
            "La gmina tiene un alcalde y la comuna tiene un consejo de vecinos.",
        )
    }
    found = [dataclasses.replace(one, language="es") for one in passages_of(said)]
    with temporary_index() as index:
        index.replace(VOLUME, Part(language="es"), found)
        terms = [one for one in sheet_of(index, VOLUME.media_id).terms if one.defined]
    assert [one.term for one in terms] == ["comuna"]


def test_counts_are_no_terms_in_chinese():
    assert [phrasing.is_plain(one, language="zh") for one in ("两次", "四次", "第一", "波兰")] == [
        True, True, True, False,
    ]  # fmt: skip


def test_a_sheet_about_a_subject_is_about_that_and_not_all_of_its_passages():
    filler = "Tom won the {0} prize because his {0} robot sang a {0} song all night."
    said = {
        "": (
            *(filler.format(word) for word in ("first", "second", "third", "fourth")),
            "Pooling throws the place of a response away and keeps its strength.",
            "What remains of pooling does not change when the image moves a bit.",
            *(filler.format(word) for word in ("fifth", "sixth", "seventh", "eighth")),
        )
    }
    whole = passages_of(said)[0]
    text = " ".join(said[""])
    starts = [text.index(one) for one in said[""]]
    passage = dataclasses.replace(
        whole, text=text, sentences=tuple(starts), offsets=tuple(starts), end_ms=100_000,
        times_ms=tuple(10_000 * at for at in range(len(starts))),
    )  # fmt: skip
    with temporary_index() as made:
        made.replace(VOLUME, Part(language="en"), [passage])
        sheet = sheet_about(made, "pooling")
    (digest,) = sheet.digests
    shown = [one.text for one in digest.sentences]
    assert set(said[""][4:6]) <= set(shown)
    assert len(digest.section.sentences) == 4


def test_what_has_a_complement_is_explained_too_and_no_line_ends_in_blanks():
    said = {
        "": (
            "A tensor is a table of numbers with any number of axes.",
            "Each of them has a rank and a shape, as you will see.",
            "The rank of a tensor is the number of its axes.",
            "What is the rank good for in practice, do you think?",
            "The rank tells how many numbers lead to one entry of it.",
        )
    }
    found = [dataclasses.replace(one, timed=False) for one in passages_of(said)]
    with temporary_index() as index:
        index.replace(VOLUME, Part(language="en"), found)
        sheet = sheet_of(index, VOLUME.media_id)
    told = {one.term: one.sentence.text for one in sheet.terms if one.defined}
    assert told["rank"] == said[""][2]
    text = markdown([sheet])
    assert "1. What is the rank good for" in text
    assert "?t=" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
