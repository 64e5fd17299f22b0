"""`label data videos`: tables of ids and labels, titles from a service that stands in."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from loquitur.emulator import Emulator
from loquitur.vision.labels.own.videos import read_videos
from loquitur.vision.labels.vocabulary_files import read_vocabulary
from loquitur.vision.labels.youtube_categories import YOUTUBE_CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GONE = "aaaaaaaaaaa"
PLAN = {
    "defaults": False,
    "pool": 5,
    "channel": [{"key": "studio", "title": "Studio", "handle": "@studio", "videos": 5}],
    "video": [
        {"key": "dash", "id": "-oKfXq3ZaEb", "title": "=1+1"},
        {"key": "talk", "id": "b1cdefghijk", "title": "A talk | about | bars"},
    ],
}


@pytest.fixture
def world() -> Iterator[Emulator]:
    with Emulator(seed=1, plan=PLAN) as running:
        yield running


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(
        f"video_id,label\n-oKfXq3ZaEb,Game\nb1cdefghijk,Talk\nb1cdefghijk,Game\n{GONE},Game\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def videos(loquitur: Any, world: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", world.endpoint)
    monkeypatch.setenv("LOQUITUR_OFFLINE", "false")

    def run(*words: object) -> Any:
        return loquitur("label", "data", "videos", *words)

    return run


def test_titles_come_and_what_is_gone_is_told(videos: Any, table: Path, tmp_path: Path) -> None:
    answer = videos(table, "-o", "out.csv")
    assert answer.code == 0
    assert "4 rows, 3 videos" in answer.err
    assert "1 rows joined with another of the same video" in answer.err
    assert f"{GONE}: missing" in answer.err
    rows = read_videos(tmp_path / "out.csv")
    assert [(one.video_id, one.title, one.labels) for one in rows] == [
        ("-oKfXq3ZaEb", "=1+1", ("Game",)),
        ("b1cdefghijk", "A talk | about | bars", ("Talk", "Game")),
    ]
    assert all(one.part and one.status == "ok" for one in rows)
    assert {one.category for one in rows} <= set(YOUTUBE_CATEGORIES.values())
    raw = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert raw[0]["title"] == "'=1+1"  # no spreadsheet runs it
    assert raw[0]["video_id"] == "-oKfXq3ZaEb"
    again = videos(table, "-o", "out.jsonl", "--keep-gone", "--json").json
    assert (again["calls"], again["videos"]) == (0, 3)
    assert again["gone"] == [{"video_id": GONE, "status": "missing"}]


def test_the_cost_is_said_before(videos: Any, table: Path) -> None:
    plan = videos(table, "--plan", "--json").json
    assert plan["videos"] == 3
    assert sum(plan["calls"].values()) == 1
    assert "1 unit" in videos(table, "--plan").out


def test_youtubes_own_categories_as_labels(videos: Any, tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_text("video_id\n-oKfXq3ZaEb\nb1cdefghijk\n", encoding="utf-8")
    assert "no column of labels" in videos(path, "-o", "out.csv").err
    answer = videos(path, "-o", "out.jsonl", "--labels-by", "category")
    assert answer.code == 0
    for one in read_videos(tmp_path / "out.jsonl"):
        assert one.labels == (one.category,)
        assert one.category in YOUTUBE_CATEGORIES.values()


def test_without_youtube_and_with_a_vocabulary_of_its_own(
    loquitur: Any, table: Path, tmp_path: Path
) -> None:
    answer = loquitur(
        *("label", "data", "videos", table, "-o", "-", "--no-youtube"),
        *("--write-vocabulary", "labels.json", "--split", "100,0,0"),
    )
    assert answer.code == 0
    rows = list(csv.DictReader(answer.out.splitlines()))
    assert [row["part"] for row in rows] == ["train"] * 3
    assert [row["title"] for row in rows] == [""] * 3
    found = read_vocabulary(tmp_path / "labels.json")
    assert found.names == ("Game", "Talk")
    assert [label.videos for label in found.labels] == [3, 1]


def test_rare_labels_go_where_asked_for(loquitur: Any, table: Path) -> None:
    told = loquitur("label", "data", "videos", table, "--no-youtube", "--least", "2", "--json").json
    assert told["labels"] == {"Game": 3}
    assert told["rare_labels"] == ["Talk"]


def test_a_key_that_lacks_is_told_with_the_way_around(
    loquitur: Any, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOQUITUR_OFFLINE", "false")
    answer = loquitur("label", "data", "videos", table)
    assert answer.code == 3
    assert "--no-youtube" in answer.err


def test_a_table_that_is_none(loquitur: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00\xd8")
    answer = loquitur("label", "data", "videos", "bad.csv", "--no-youtube", "--json")
    assert answer.code in (2, 4)
    assert answer.error["message"]
