import json

import pytest

from loquitur.errors import InputError
from loquitur.library.trials.questions import Place
from loquitur.library.trials.reading import read_questions
from loquitur.library.trials.squad import sentence_starts
from loquitur.model.library import Passage

SQUAD = {
    "data": [
        {
            "title": "Square_groups",
            "paragraphs": [
                {
                    "context": "A square has eight symmetries.\nFour of them are rotations.",
                    "qas": [
                        {
                            "id": "q1",
                            "question": "How many symmetries has a square?",
                            "answers": [{"text": "eight", "answer_start": 13}],
                        },
                        {"id": "q2", "question": "Who drew it?", "is_impossible": True},
                    ],
                },
                {"context": "A circle has more.", "qas": []},
            ],
        }
    ]
}


def written(tmp_path, name, content):
    path = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
    return path


def passage(**given):
    usual = {"media_id": "youtube:a", "part": "speech:en", "number": 0, "start_ms": 1000,
             "end_ms": 5000, "text": "The group has 308 elements."}  # fmt: skip
    return Passage(**(usual | given))


def test_squad_becomes_volumes_and_passages_with_times(tmp_path):
    found = read_questions([written(tmp_path, "square.en.json", SQUAD)])
    volume, first, second = found.brought[0].volume, *found.brought[0].passages
    assert (volume.title, volume.language) == ("Square groups", "en")
    assert (first.start_ms, first.end_ms, second.start_ms) == (0, 4000, 4000)
    assert first.text == "A square has eight symmetries. Four of them are rotations."
    assert [first.text[a:b].strip() for a, b in first.sentence_spans()] == [
        "A square has eight symmetries.",
        "Four of them are rotations.",
    ]
    known, unknown = found.questions
    assert known.answer_ms == (1200, 1600)  # the fourth word at 150 a minute
    assert known.places[0].holds(first)
    assert not known.places[0].holds(second)
    assert (known.answerable, unknown.answerable, unknown.places) == (True, False, ())
    assert known.group == unknown.group == volume.media_id


def test_characters_of_chinese_have_times_of_their_own(tmp_path):
    asked = {"question": "丢了多少分？", "answers": [{"text": "308", "answer_start": 6}]}
    plain = {"data": [{"paragraphs": [{"context": "黑豹队丢了 308 分。", "qas": [asked]}]}]}
    found = read_questions([written(tmp_path, "x.zh.json", plain)])
    assert found.questions[0].answer_ms == (5 * 160, 5 * 160 + 400)


def test_own_questions_as_lines_and_as_rows(tmp_path):
    lines = "\n".join(
        [
            '{"question": "When?", "answers": ["at noon"], "video": "t5qgjJIBy9g", "time": "1:30"}',
            '{"id": 7, "question": "Who?", "answers": ["Ada", "she"], "note": "x"}',
            '{"question": "Why?", "answerable": false}',
        ]
    )
    found = read_questions([written(tmp_path, "own.jsonl", lines)], language="en")
    when, who, why = found.questions
    place = Place(media_id="youtube:t5qgjJIBy9g", start_ms=90_000, end_ms=91_000)
    assert when.places == (place,)  # a player shows 1:30 until 1:31
    assert when.answer_ms == (90_000, 91_000)
    assert who.id == "7"
    assert who.places == (Place(texts=("Ada", "she")),)
    assert not why.answerable
    assert found.notices == ("own.jsonl: not heeded: note",)
    rows = (
        "question,answers,video,time,answerable\nWhen?,at noon|noon,t5qgjJIBy9g,1:30,\nWhy?,,,,no\n"
    )
    by_row = read_questions([written(tmp_path, "own.csv", rows)], language="en").questions
    assert by_row[0].places == when.places
    assert by_row[0].answers == ("at noon", "noon")
    assert not by_row[1].answerable


def test_places_hold_by_time_by_words_and_by_volume():
    assert Place(start_ms=4999).holds(passage())
    assert not Place(start_ms=5000).holds(passage())
    assert not Place(start_ms=4999).holds(passage(timed=False))
    assert Place(texts=("308",)).holds(passage())
    assert not Place(texts=("30",)).holds(passage())
    assert Place(texts=("丢了",)).holds(passage(text="他们丢了球"))
    assert not Place(media_id="youtube:b", texts=("308",)).holds(passage())
    assert Place(texts=("the group surely has 308 elements",)).holds(passage())


def test_meetings_are_cut_to_passages_and_asked_alone(tmp_path):
    meeting = {
        "meeting_transcripts": [
            {"speaker": "A", "content": "We begin with the budget of the remote control ."},
            {"speaker": "B", "content": "Twelve euros and fifty cents , no more ."},
        ],
        "specific_query_list": [
            {
                "query": "What about the price?",
                "answer": "12.50",
                "relevant_text_span": [["1", "1"]],
            }
        ],
    }
    found = read_questions([written(tmp_path, "m.jsonl", json.dumps(meeting))], language="en")
    asked = found.questions[0]
    assert asked.within == found.brought[0].volume.media_id
    assert (asked.places[0].start_ms, asked.places[0].end_ms) == (4000, 7600)
    assert any(asked.places[0].holds(one) for one in found.brought[0].passages)


def test_close_pairs_find_each_other(tmp_path):
    pairs = [
        {"guid": f"p{at}", "sentence1": one, "sentence2": other, "labels": {"real-label": label}}
        for at, (one, other, label) in enumerate(
            [("아주 친절했다", "매우 친절했다", 4.8), ("날씨가 좋다", "밥을 먹다", 0.2)]
        )
    ]
    found = read_questions([written(tmp_path, "sts.json", pairs)])
    assert [one.id for one in found.questions] == ["p0"]
    assert [found.questions[0].places[0].holds(one) for one in found.brought[0].passages] == [
        True,
        False,
    ]
    assert found.questions[0].language == "ko"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.json", "", "is empty"),
        ("broken.json", '{"data": [', "not JSON"),
        ("other.json", {"videos": []}, "no questions"),
        ("bad.json", {"data": [{"title": "x"}]}, "paragraphs"),
        ("none.json", {"data": []}, "no question in it"),
        ("line.jsonl", '{"question": "a"}\n[1]\n', "line 2"),
        ("typed.jsonl", '{"question": 5}', "line 1"),
        ("silent.jsonl", '{"answers": ["x"]}', "no question"),
        ("video.jsonl", '{"question": "a", "video": "nope"}', "not a video id"),
        ("time.jsonl", '{"question": "a", "time": "99:99"}', "not a time"),
        ("twice.jsonl", '{"id": "a", "question": "a"}\n{"id": "a", "question": "b"}', "line 2"),
        ("turned.jsonl", '{"question": "a", "start_ms": 9, "end_ms": 5}', "before it begins"),
        ("truth.jsonl", '{"question": "a", "answerable": "perhaps"}', "perhaps"),
        ("header.csv", "a,b\n1,2\n", "no column 'question'"),
        ("span.jsonl", {"meeting_transcripts": [{"speaker": "A", "content": "x"}],
         "specific_query_list": [{"query": "q", "relevant_text_span": [["0", "7"]]}]}, "no turns"),
    ],
)  # fmt: skip
def test_what_is_no_set_of_questions_is_said_in_one_line(tmp_path, name, content, says):
    with pytest.raises(InputError) as caught:
        read_questions([written(tmp_path, name, content)], language="en")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sets_that_bring_texts_are_not_mixed_with_own_questions(tmp_path):
    files = [written(tmp_path, "a.json", SQUAD), written(tmp_path, "b.jsonl", '{"question": "a"}')]
    with pytest.raises(InputError, match="bring their texts"):
        read_questions(files, language="en")
    with pytest.raises(InputError, match="cannot be read"):
        read_questions([tmp_path / "none.json"])
    with pytest.raises(InputError, match="no file"):
        read_questions([])


def test_sentences_end_at_their_marks():
    assert sentence_starts('He said "no." Then he left. e.g. this stays.') == (0, 14)
    assert sentence_starts("一。二！三") == (0, 2, 4)
    assert sentence_starts("3.14 is no end") == (0,)


@pytest.mark.parametrize(
    "text",
    [
        "question,video,time\nWhat is a group?,2bP_KuBrXSc,1:02:03\n",
        "Question ; Video;TIME\r\nWhat is a group?;https://youtu.be/2bP_KuBrXSc?t=4;3723\r\n",
        "question\tvideo\tstart_ms\nWhat is a group?\t2bP_KuBrXSc\t3723000\n",
    ],
)
def test_csv_as_spreadsheets_write_it(tmp_path, text):
    (one,) = read_questions([written(tmp_path, "own.csv", "\ufeff" + text)]).questions
    assert (one.text, one.places[0].media_id) == ("What is a group?", "youtube:2bP_KuBrXSc")
    assert (one.places[0].start_ms, one.places[0].end_ms) == (3_723_000, 3_724_000)


def test_a_time_that_is_no_number_is_named(tmp_path):
    with pytest.raises(InputError, match=r"line 2: start_ms is a whole number of ms, not '12\.5'"):
        read_questions([written(tmp_path, "own.csv", "question,start_ms\na,12.5\n")])


def test_a_place_has_its_grade_and_one_that_is_no_number_is_named(tmp_path):
    rows = "question,media_id,time,grade\na,x,1:00,2.5\n"
    found = read_questions([written(tmp_path, "own.csv", rows)], language="en")
    lines = '{"question": "a", "media_id": "x", "time": "1:00", "grade": 2.5}'
    by_line = read_questions([written(tmp_path, "own.jsonl", lines)], language="en")
    for one in (found, by_line):
        assert [place.grade for place in one.questions[0].places] == [2.5]
        assert one.notices == ()
    for cell in ("good", "nan"):
        with pytest.raises(InputError, match=f"line 2: grade is a number, not '{cell}'"):
            read_questions([written(tmp_path, "own.csv", rows.replace("2.5", cell))])


def test_files_of_one_name_do_not_mix(tmp_path):
    paths = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths.append(written(tmp_path / folder, "square.en.json", SQUAD))
    found = read_questions(paths)
    assert len({one.volume.media_id for one in found.brought}) == 2
    assert len({one.places[0].media_id for one in found.questions if one.places}) == 2


def test_a_video_alone_is_a_place(tmp_path):
    path = written(tmp_path, "own.csv", "question,media_id\nWhich video is about groups?,a\n")
    (one,) = read_questions([path]).questions
    assert one.places[0].holds(passage(media_id="a", start_ms=7, end_ms=9))
    assert not one.places[0].holds(passage(media_id="b"))
