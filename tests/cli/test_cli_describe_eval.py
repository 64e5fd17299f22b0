"""`describe eval` and `eval caption` as a user types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from loquitur.vision import shapes
from loquitur.vision.corpora.written import write


@pytest.fixture
def corpus(tmp_path: Path) -> Any:
    """A corpus of generated clips, and two tools' files about it."""
    made = shapes.corpus(seed=1, sizes={"train": 12, "test": 8, "unseen": 5})
    write(made, tmp_path / "clips.jsonl")
    asked = [*made.of("test"), *made.of("unseen")]
    with (tmp_path / "good.jsonl").open("w", encoding="utf-8") as file:
        for clip in asked:
            file.write(json.dumps({"clip": clip.clip_id, "prediction": clip.texts()[0]}) + "\n")
    rows = [{"image_id": clip.clip_id, "caption": "a red circle moves up"} for clip in asked[:-1]]
    (tmp_path / "same.json").write_text(json.dumps(rows), "utf-8")
    return made


def test_files_side_by_side(loquitur: Any, corpus: Any, tmp_path: Path) -> None:
    answer = loquitur(
        "describe", "eval", "good.jsonl", "other=same.json", "--clips", "clips.jsonl",
        "--split", "test,unseen", "--baselines", "-o", "t.csv", "--rows", "r.jsonl",
        "--page", "p.html",
    )  # fmt: skip
    assert answer.code == 0, answer
    assert "test: 8 clips" in answer.out
    assert "unseen: 5 clips" in answer.out
    assert "one person against the others" in answer.out
    assert "less good, with 95% intervals" in answer.out
    assert "exact and stem" in answer.out
    assert "other, unseen: 1 of 5 clips with references without a prediction" in answer.err
    assert "other, test: 100% of the predictions are one sentence" in answer.err
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["voice"] for row in table][:2] == ["good", "other"]
    assert float(table[0]["slots_whole"]) == 1
    assert len((tmp_path / "r.jsonl").read_text("utf-8").splitlines()) == 8 * 5 + 5 * 5 - 1
    assert (tmp_path / "p.html").stat().st_size > 10_000


def test_as_json(loquitur: Any, corpus: Any) -> None:
    answer = loquitur("describe", "eval", "good.jsonl", "--clips", "clips.jsonl", "--json")
    assert answer.code == 0, answer
    (result,) = answer.json["results"]
    assert (result["name"], result["split"], result["clips"]) == ("good", "test", 8)
    assert result["cider_d"] > 5
    assert result["slots"]["whole"] == 1
    assert result["extra"]["count"] == 0
    assert answer.json["leads"] == []


def test_of_files_in_two_languages_the_one_asked_for_counts(loquitur: Any, tmp_path: Path) -> None:
    rows = [
        {"videoID": name, "enCap": [f"a {word} runs"], "chCap": [said]}
        for name, word, said in (
            ("Ptf_2VRj-V0_000122_000132", "man", "一个人在跑"),
            ("Qtf_2VRj-V0_000001_000011", "dog", "狗在跑"),
        )
    ]
    (tmp_path / "vatex.json").write_text(json.dumps(rows), "utf-8")
    said = [{"videoID": one["videoID"], "chCap": one["chCap"]} for one in rows]
    (tmp_path / "said.json").write_text(json.dumps(said), "utf-8")
    asked = ["describe", "eval", "said.json", "--clips", "vatex.json", "--json"]
    answer = loquitur(*asked, "--language", "zh")
    assert answer.code == 0, answer
    assert answer.json["results"][0]["bleu1"] == pytest.approx(1)
    assert answer.json["results"][0]["diversity"]["words"] == 6
    assert loquitur(*asked, "--language", "en").code == 4


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["good.jsonl"], 2, "--clips FILE"),
        (
            ["good.jsonl", "--clips", "clips.jsonl", "--split", "dev"],
            4,
            "it has train, test, unseen",
        ),
        (["good.jsonl", "good.jsonl", "--clips", "clips.jsonl"], 2, "NAME=INPUT"),
        (["good.jsonl", "--clips", "clips.jsonl", "--measures", "bleu"], 2, "bleu4"),
        (["good.jsonl", "--clips", "clips.jsonl", "-o", "t.xls"], 2, "not a format"),
        (["good.jsonl", "--clips", "clips.jsonl", "--page", "p.pdf"], 2, ".html"),
        (["nothing.json", "--clips", "clips.jsonl"], 4, "nothing.json"),
        (["good.jsonl", "--clips", "clips.jsonl", "--decode", "beem"], 2, "beam"),
        (["good.jsonl", "--clips", "clips.jsonl", "--meteor-jar", "no.jar"], 3, "no.jar"),
        (["good.jsonl", "--clips", "clips.jsonl", "--seed", "-1"], 2, "--seed"),
        (["a=", "--clips", "clips.jsonl"], 2, "'a=' names no file"),
        (["", "--clips", "clips.jsonl"], 2, "names no file"),
        ([".", "--clips", "clips.jsonl"], 4, "holds no model of ours"),
        (["good.jsonl", "--clips", "clips.jsonl", "--function-words", "no"], 4, "no: cannot be"),
    ],
)
def test_what_cannot_be_is_one_line(
    loquitur: Any, corpus: Any, arguments: list[str], code: int, said: str
) -> None:
    answer = loquitur("describe", "eval", *arguments)
    assert answer.code == code, answer
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_eval_caption(loquitur: Any, tmp_path: Path) -> None:
    (tmp_path / "ref.tsv").write_text(
        "a\ta man rides a horse\na\ta man on a horse\nb\ta dog runs\n"
    )
    (tmp_path / "hyp.json").write_text(
        '{"a": "a man rides a horse", "b": "a dog sleeps", "c": "x"}'
    )
    answer = loquitur("eval", "caption", "ref.tsv", "hyp.json", "--json")
    assert answer.code == 0, answer
    found = answer.json
    assert found["measure"] == "caption"
    assert found["clips"] == 2
    assert found["rows"][0]["meteor"] == 1
    assert 0 < found["cider_d"] < 10
    assert found["extra"] == {"count": 1, "clips": ["c"]}
    assert found["meteor_mode"] == "1.5, exact and stem"
    told = loquitur("eval", "caption", "ref.tsv", "hyp.json", "--measures", "bleu4,cider_d")
    assert [line.split()[0] for line in told.out.splitlines()[1:3]] == ["BLEU-4", "CIDEr-D"]
    assert "1 prediction of clips without references" in told.err


def test_cider_of_one_clip_is_refused_with_a_message(loquitur: Any, tmp_path: Path) -> None:
    (tmp_path / "ref.tsv").write_text("a\ta man rides a horse\n")
    answer = loquitur("eval", "caption", "ref.tsv", "ref.tsv", "--measures", "cider_d,rouge_l")
    assert answer.code == 0, answer
    assert answer.out.splitlines()[1].split() == ["CIDEr-D", "-"]
    assert "of one clip it says nothing" in answer.err
    (tmp_path / "corpus.tsv").write_text("1\ta dog runs\n2\ta man sits\n3\ta cat on a horse\n")
    told = loquitur(
        "eval", "caption", "ref.tsv", "ref.tsv", "--frequencies", "corpus.tsv", "--json"
    )
    assert told.json["cider_d"] == pytest.approx(10)
    assert told.json["notices"] == []


def test_the_page_shows_films_named_from_the_folder_of_the_clips(
    loquitur: Any, tmp_path: Path
) -> None:
    made = loquitur(
        "describe", "data", "shapes", "-o", "corp", "--train", "0", "--validation", "0",
        "--test", "2", "--unseen", "0", "--mp4",
    )  # fmt: skip
    assert made.code == 0, made
    rows = (tmp_path / "corp" / "clips.jsonl").read_text("utf-8").splitlines()
    said = {one["clip"]: one["captions"][0]["text"] for one in map(json.loads, rows)}
    (tmp_path / "said.json").write_text(json.dumps(said), "utf-8")
    answer = loquitur(
        "describe", "eval", "said.json", "--clips", "corp/clips.jsonl", "--page", "p.html"
    )
    assert answer.code == 0, answer
    page = (tmp_path / "p.html").read_text("utf-8")
    assert page.count("data:image/jpeg") == 2
    assert page.count('class="yes"') == 2
