"""`describe data`: from the files people publish to clips, figures and findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loquitur.testing import tiny_corpora as tiny
from loquitur.vision.corpora import read

FILMS = tiny.films()


def test_msvd_with_its_usual_split(loquitur: Any, tmp_path: Path) -> None:
    tiny.write_msvd(tmp_path, FILMS)
    answer = loquitur(
        "describe", "data", "msvd", "video_corpus.csv", "youtube_mapping.txt", "-o", "clips.jsonl"
    )
    assert answer.code == 0
    assert "train       6      3       19" in answer.out
    assert "left out, in other languages: de 12, hi 12, zh 12" in answer.err
    assert "left out, sentence without text: 12 (-ps3Oetl_F6_0_2" in answer.err
    assert "wrote clips.jsonl: 12 clips" in answer.err
    assert read(tmp_path / "clips.jsonl").sizes() == {"train": 6, "validation": 2, "test": 4}


def test_what_is_read_is_not_written_over(loquitur: Any, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("clip,caption\na,a cat sits\nb,a dog runs\n")
    (tmp_path / "ids.txt").write_text("a\n")
    for more in (("-o", "mine.csv"), ("-o", "ids.txt", "--split-list", "train=ids.txt")):
        answer = loquitur("describe", "data", "clips", "mine.csv", *more)
        assert answer.code == 2
        assert f"-o {more[1]} is a file that is read (name another)" in answer.err
    assert table.read_text().startswith("clip,caption")
    lines = loquitur("describe", "data", "clips", "mine.csv", "-o", "mine.jsonl")
    again = loquitur(
        "describe", "data", "clips", "mine.jsonl", "--split-by", "video", "-o", "mine.jsonl"
    )
    assert lines.code == again.code == 0
    assert len(read(tmp_path / "mine.jsonl").clips) == 2


def test_clips_whose_videos_are_there(loquitur: Any, tmp_path: Path) -> None:
    tiny.write_msrvtt(tmp_path, FILMS)
    answer = loquitur(
        "describe", "data", "msrvtt", "videodatainfo.json", "--videos", "videos", "-o", "c.jsonl",
        "--split-by", "video", "--seed", 5, "--json",
    )  # fmt: skip
    assert answer.code == 0
    document = answer.json
    assert document["figures"]["clips"] == 10
    assert set(document["figures"]["splits"]) == {"train", "validation", "test"}
    assert document["dropped"][0]["count"] == 2
    assert document["findings"] == []
    assert document["fetched"] is None
    line = json.loads((tmp_path / "c.jsonl").read_text().splitlines()[0])
    assert line["source"] == "videos/video0.mp4"


def test_lists_of_splits_and_unique_sentences(loquitur: Any, tmp_path: Path) -> None:
    tiny.write_msrvtt(tmp_path, FILMS)
    (tmp_path / "train.txt").write_text("video0\nvideo1\n")
    (tmp_path / "val.txt").write_text("video4\n")
    answer = loquitur(
        "describe", "data", "msrvtt", "videodatainfo.json", "--unique", "--threshold", 2,
        "--split-list", "train=train.txt", "--split-list", "val=val.txt", "--json",
    )  # fmt: skip
    assert answer.code == 0
    splits = answer.json["figures"]["splits"]
    assert {name: one["clips"] for name, one in splits.items()} == {"train": 2, "validation": 1}
    assert answer.json["figures"]["threshold"] == 2


def test_a_folder_of_ones_own_is_filled_up(loquitur: Any, tmp_path: Path) -> None:
    tiny.write_folder(tmp_path / "own", FILMS)
    answer = loquitur("describe", "data", "clips", "own", "--json")
    splits = answer.json["figures"]["splits"]
    assert splits["test"]["clips"] >= 1
    assert splits["train"]["clips"] >= 3
    assert "" not in splits


def test_fetching_files_is_told(loquitur: Any, tmp_path: Path) -> None:
    tiny.write_table(tmp_path, FILMS[:2])
    (tmp_path / f"{FILMS[1].video_id}.mp4").unlink()
    answer = loquitur("describe", "data", "clips", "clips.csv", "--fetch", "v", "-o", "o.jsonl")
    assert answer.code == 0
    assert "videos: here 2, failed 2; v/fetch.jsonl says why of each" in answer.err
    assert len(read(tmp_path / "o.jsonl").clips) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["msvd", "gone.csv"], 4, "cannot be read"),
        (["msvd", "x.csv", "--videos", "a", "--fetch", "b"], 2, "two ways to the same"),
        (["msvd", "x.csv", "--shares", "train"], 2, "not a share"),
        (["msvd", "x.csv", "--split-list", "train"], 2, "not a list of a split"),
        (["msvd", "x.csv", "--language", "Klingon"], 2, "no language is called"),
        (["msvt", "x.csv"], 2, "did you mean 'msrvtt' or 'msvd'"),
        (["check", "gone.jsonl"], 4, "cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(
    loquitur: Any, arguments: list[str], code: int, message: str
) -> None:
    answer = loquitur("describe", "data", *arguments)
    assert answer.code == code
    assert message in answer.err
    assert answer.out == ""
    assert len(answer.err.splitlines()) == 1


def test_nothing_to_be_had_is_an_error(loquitur: Any, tmp_path: Path) -> None:
    tiny.write_msvd(tmp_path, FILMS[:1])
    answer = loquitur("describe", "data", "msvd", "video_corpus.csv", "--fetch", "v", "-q")
    assert answer.code == 4
    assert "no video of it can be had (failed 2)" in answer.err


def test_check_finds_leaks_and_exits_4(loquitur: Any, tmp_path: Path) -> None:
    lines = [
        {"clip": "a", "video": "v", "split": "train", "captions": ["a cat"], "source": "gone.mp4"},
        {"clip": "b", "video": "v", "split": "test", "captions": ["a dog"]},
        {"clip": "c", "video": "w", "split": "validation", "captions": ["a fox", "a cat"]},
    ]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, lines)))
    answer = loquitur("describe", "data", "check", "c.jsonl")
    assert answer.code == 4
    assert "error: 1 video in two splits or more: v [video-in-splits]" in answer.err
    assert "warning: 1 video not where the corpus says: a [source-missing]" in answer.err
    assert "25.0 %" in answer.out
    answer = loquitur("describe", "data", "check", "c.jsonl", "--json", "--allow",
                      "video-in-splits")  # fmt: skip
    assert answer.code == 0
    assert answer.json["sound"] is True
    codes = [one["code"] for one in answer.json["findings"]]
    assert codes[0] == "video-in-splits"
    coverage = answer.json["figures"]["splits"]["validation"]["coverage"]
    assert coverage["commonest_unknown"] == {"fox": 1}


def test_help_names_every_corpus(loquitur: Any) -> None:
    answer = loquitur("describe", "data", "--help")
    for name in ("shapes", "msvd", "msrvtt", "vatex", "activitynet", "clips", "check"):
        assert f"  {name}  " in answer.out
