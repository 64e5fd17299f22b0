import json

import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.errors import InputError, UsageError
from loquitur.library.shelf import open_library
from loquitur.model.library import Part, Passage, Volume
from loquitur.settings import resolve

FACTS = [
    ("The square", "A square has eight symmetries and they form a group."),
    ("The rotation", "Rotations by ninety degrees leave the lattice unchanged."),
    ("The filter", "Filters of a convolution respond to edges of an image."),
]


@pytest.fixture
def question_set(tmp_path):
    data = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": text,
                    "qas": [
                        {
                            "id": title,
                            "question": f"What do we know of {title.lower()}?",
                            "answers": [{"text": text.split()[0], "answer_start": 0}],
                        }
                    ],
                }
            ],
        }
        for title, text in FACTS
    ]
    path = tmp_path / "facts.en.json"
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return str(path)


def run(*args):
    return CliRunner().invoke(cli, ["eval", *args], catch_exceptions=False)


def test_one_table_of_several_ways(question_set, tmp_path):
    table, rows = tmp_path / "t.csv", tmp_path / "r.jsonl"
    done = run("retrieval", question_set, "-k", "2", "-o", str(table), "--rows", str(rows))
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "facts.en.json: 3 questions"
    assert lines[1].split()[:4] == ["R@1", "R@2", "MRR@2", "nDCG@2"]
    assert [line.split()[0] for line in lines[2:5]] == ["words", "hybrid", "meaning"]
    assert "less words, question by question" in done.stdout
    assert table.read_text(encoding="utf-8").count("\n") == 4
    assert len(rows.read_text(encoding="utf-8").splitlines()) == 9


def test_the_document_says_all_differences(question_set):
    done = run("retrieval", question_set, "--mode", "words", "--mode", "hybrid", "--json")
    plain = json.loads(done.stdout)
    assert [one["name"] for one in plain["configurations"]] == ["words", "hybrid"]
    assert plain["configurations"][0]["recall@1"] == 1
    assert {"measure", "value", "low", "high", "clear"} <= set(plain["differences"][0])


def test_answers_with_questions_held_out(question_set):
    done = run("answers", question_set, "--mode", "words", "--hold-out", "--json")
    plain = json.loads(done.stdout)
    assert plain["questions"] == 6
    way = plain["configurations"][0]
    assert {"em", "f1", "citation_recall", "refusal_recall", "false_refusals"} <= set(way)
    assert way["refusal_recall"] is not None
    assert any("without their text" in one for one in plain["notices"])


def test_own_questions_are_asked_of_the_library(tmp_path):
    settings = resolve({"libraries": tmp_path}).settings
    place = tmp_path / "course.library"
    with open_library(place, settings=settings) as library:
        for at, (title, text) in enumerate(FACTS):
            media_id = f"youtube:aaaaaaaaaa{at}"
            passage = Passage(media_id=media_id, part="speech:en", number=0, start_ms=60_000,
                              end_ms=90_000, text=text, language="en")  # fmt: skip
            volume = Volume(media_id=media_id, title=title, language="en")
            library.put(volume, Part(language="en"), [passage])
    own = tmp_path / "own.csv"
    own.write_text(
        "question,video,time\nHow many symmetries has a square?,aaaaaaaaaa0,1:15\n"
        "What do filters respond to?,bbbbbbbbbbb,1:15\n",
        encoding="utf-8",
    )
    done = run("retrieval", str(own), "--library", str(place), "--mode", "words", "--json")
    plain = json.loads(done.stdout)
    assert plain["configurations"][0]["recall@1"] == 0.5
    assert "not in the library: youtube:bbbbbbbbbbb" in plain["notices"]
    again = run("retrieval", str(own), "--library", str(place), "--embedding", "hashing", "--json")
    names = [one["name"] for one in json.loads(again.stdout)["configurations"]]
    assert names == ["words", "hybrid hashing", "meaning hashing"]


def test_results_that_were_kept_are_a_way(tmp_path):
    own, kept = tmp_path / "own.jsonl", tmp_path / "yesterday.jsonl"
    own.write_text(
        '{"question": "What is a group?", "media_id": "a", "time": "0:30"}\n'
        '{"question": "What is a ring?", "media_id": "b", "time": "0:30"}\n',
        encoding="utf-8",
    )
    hit = {"rank": 1, "media_id": "a", "start_ms": 20_000, "end_ms": 40_000, "text": "A group is"}
    line = {"query": "What is  a group?", "hits": [hit | {"media_id": "z"}, hit]}
    kept.write_text(json.dumps(line) + "\n", encoding="utf-8")
    done = run("retrieval", str(own), str(kept), "-k", "2", "--json")
    (way,) = json.loads(done.stdout)["configurations"]
    assert way["name"] == "yesterday.jsonl"
    assert (way["recall@1"], way["recall@2"], way["mrr@2"], way["no_hit"]) == (0, 0.5, 0.25, 0.5)
    # what a hit shows is less than its passage, which is what searches are measured by
    whole = {"id": 1, "start_ms": 0, "end_ms": 31_000, "text": "Before. A group is"}
    line["hits"] = [hit | {"end_ms": 25_000, "passage": whole}]
    kept.write_text(json.dumps(line) + "\n", encoding="utf-8")
    (way,) = json.loads(run("retrieval", str(own), str(kept), "--json").stdout)["configurations"]
    assert way["recall@1"] == 0.5
    with pytest.raises(UsageError, match="of which questions"):
        run("retrieval", str(kept))
    kept.write_text('{"query": "x", "hits": [{"rank": 1}]}', encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        run("retrieval", str(own), str(kept))


def test_what_cannot_be_evaluated_is_said(question_set, tmp_path):
    with pytest.raises(UsageError, match="mode"):
        run("retrieval", question_set, "--mode", "hybird")
    with pytest.raises(UsageError, match="bring their texts"):
        run("retrieval", question_set, "--library", "course")
    with pytest.raises(UsageError, match="format"):
        run("retrieval", question_set, "-o", "x.docx")
    own = tmp_path / "own.jsonl"
    own.write_text('{"question": "a", "time": "1:00"}', encoding="utf-8")
    place = tmp_path / "none.library"
    for verb in ("retrieval", "answers"):
        with pytest.raises(UsageError, match="there is no library"):
            run(verb, str(own), "--library", str(place))
        assert not place.exists()
    open_library(place, settings=resolve({"libraries": tmp_path}).settings).close()
    with pytest.raises(InputError, match="is empty"):
        run("retrieval", str(own), "--library", str(place))


def test_replies_that_were_kept_are_a_way(tmp_path):
    own, kept = tmp_path / "own.jsonl", tmp_path / "model.jsonl"
    own.write_text(
        '{"question": "How many\u2028groups?", "media_id": "a", "time": 30, "answer": "17"}\n'
        '{"question": "What is a ring?", "media_id": "b", "time": "0:30", "answer": "a table"}\n'
        '{"question": "Who sings?", "answerable": false}\n'
        '{"question": "Who dances?", "answerable": false}\n',
        encoding="utf-8",
    )
    cited = {"n": 1, "media_id": "a", "start_ms": 28_000, "end_ms": 40_000, "url": "x?t=29",
             "text": "There are 17 groups of the plane.", "marks": [[10, 12]]}  # fmt: skip
    lines = [
        {"question": "How many groups?", "answer": "There are 17 groups [1].", "refused": False,
         "citations": [cited]},
        {"question": "Who sings?", "answer": None, "refused": True, "citations": []},
        {"question": "Who dances?", "answer": "99 sailors [1].", "refused": False,
         "citations": [cited]},
    ]  # fmt: skip
    bom = "\ufeff"
    kept.write_text(bom + "\n".join(map(json.dumps, lines)), encoding="utf-8")
    done = run("answers", str(own), str(kept), "--json")
    plain = json.loads(done.stdout)
    (way,) = plain["configurations"]
    assert way["name"] == "model.jsonl"
    assert (way["em"], way["f1"], way["contains"], way["in_passage"]) == (1, 1, 1, 1)
    assert (way["time_hit"], way["link_5s"]) == (1, 1)
    assert (way["citation_recall"], way["citation_precision"]) == (0.5, 0.5)
    assert (way["refusal_recall"], way["refusal_precision"], way["false_refusals"]) == (0.5, 1, 0)
    assert "model.jsonl: 1 question not asked" in plain["notices"]
    with pytest.raises(UsageError, match="of which questions"):
        run("answers", str(kept))
    with pytest.raises(UsageError, match="holds replies"):
        run("retrieval", str(own), str(kept))
    with pytest.raises(UsageError, match="asked again"):
        run("answers", str(own), str(kept), "--hold-out")
    kept.write_text('{"question": "x", "answer": null, "citations": 3}', encoding="utf-8")
    with pytest.raises(InputError, match="line 1"):
        run("answers", str(own), str(kept))
