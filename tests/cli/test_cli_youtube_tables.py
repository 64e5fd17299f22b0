"""The verbs that collect: files by suffix, plans, exit codes, what is told, what the terms ask."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time

import pytest

from loquitur.cli.main import _run
from loquitur.emulator import Emulator
from loquitur.emulator.summary import world_summary
from loquitur.tables.table import Table

PLAN = {
    "defaults": False,
    "pool": 5,
    "quota": {"search": 4},
    "keyword": [{"name": "comet", "videos": 260, "since": "2026-08-01"}],
    "channel": [{"key": "studio", "title": "Studio", "handle": "@studio", "videos": 60,
                 "owned": True}],
    "video": [
        {"key": "dash", "id": "-oKfXq3ZaEb", "title": "=1+1", "comments": 8},
        {"key": "crowd", "title": "Crowd", "comments": 3_000},
        {"key": "leaving", "title": "Leaving", "deleted_after_s": 86_400.0},
        {"key": "hidden", "title": "Hidden", "comments": "disabled"},
    ],
}  # fmt: skip


@pytest.fixture
def world():
    with Emulator(seed=1, plan=PLAN) as running:
        yield running


@pytest.fixture
def youtube(world, tmp_path, monkeypatch, capsys):
    """Runs `loquitur youtube ...` against the emulator; gives code, stdout and stderr."""
    monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", world.endpoint)
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("LOQUITUR_YOUTUBE_LIMITS", "search=4")
    for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = _run(["youtube", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_search_goes_on_the_next_day_and_says_how_complete_it_is(world, youtube, tmp_path):
    code, out, err = youtube("search", "comet", "-o", "c.csv", "--json")
    assert code == 5
    error = json.loads(err.splitlines()[-1])["error"]
    assert "videos are there and in c.csv" in error["message"]
    assert "run the same command again after" in error["hint"]
    assert json.loads(out)["complete"] is False
    assert len(Table.read(tmp_path / "c.csv")) == json.loads(out)["rows"] >= 190
    world.move_to_next_day()
    code, out, _ = youtube("search", "comet", "-o", "c.csv", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["rows"] == told["coverage"]["found"] == 260
    assert told["output"] == "c.csv"
    assert told["units"] == {"search": sum(told["calls"].values())}
    code, out, err = youtube("search", "comet", "-o", "c.jsonl")
    assert code == 0
    assert "Videos were collected" in err
    assert sum(1 for _ in (tmp_path / "c.jsonl").open()) == 260


def test_a_plan_says_calls_units_and_days_and_asks_nothing(world, youtube):
    code, out, _ = youtube("search", "comet", "--max", 500, "--plan", "--json")
    assert code == 0
    plan = json.loads(out)
    assert plan["calls"]["search.list"] == 11
    assert plan["days"] == 3
    assert world.calls() == []
    code, out, _ = youtube("channel", "@studio", "--plan")
    assert "at least" in out
    studio = json.loads(youtube("channel", "@studio", "--plan", "--json")[1])
    assert studio["at_least"]
    youtube("channel", "@studio", "--no-details", "-o", "s.csv")
    studio = json.loads(youtube("channel", "@studio", "--plan", "--json")[1])
    assert (studio["at_least"], studio["calls"]) == (False, {"videos.list": 2})
    made = len(world.calls())
    youtube("channel", "@studio", "-o", "s.csv")
    assert len(world.calls()) == made + 2
    assert json.loads(youtube("channel", "@studio", "--plan", "--json")[1])["calls"] == {}
    code, out, _ = youtube("videos", "aaaaaaaaaaa", "--plan")
    assert "videos.list" in out
    youtube("videos", "aaaaaaaaaaa", "--json")
    assert json.loads(youtube("videos", "aaaaaaaaaaa", "--plan", "--json")[1])["calls"] == {}
    again = json.loads(youtube("videos", "aaaaaaaaaaa", "--plan", "--fresh", "--json")[1])
    assert again["calls"] == {"videos.list": 1}
    code, _, err = youtube("search", "comet", "--plan")
    assert code == 2
    assert "--max" in err


def test_ids_come_from_arguments_files_and_tables(youtube, tmp_path, monkeypatch):
    code, _, err = youtube("videos", "-oKfXq3ZaEb", "aaaaaaaaaaa", "-o", "v.csv")
    assert code == 0
    assert "not there" in err
    rows = list(csv.DictReader((tmp_path / "v.csv").open()))
    assert [row["video_id"] for row in rows] == ["-oKfXq3ZaEb", "aaaaaaaaaaa"]
    assert rows[0]["title"] == "'=1+1"
    assert rows[1]["views"] == ""
    code, _, _ = youtube("videos", "v.csv", "-o", "again.parquet")
    assert code == 0
    assert Table.read(tmp_path / "again.parquet")["title"] == ("=1+1", None)
    (tmp_path / "ids.txt").write_text("# ours\nhttps://youtu.be/-oKfXq3ZaEb?t=1\n\n")
    code, out, _ = youtube("videos", "ids.txt", "--json")
    assert json.loads(out)["title"] == "=1+1"
    code, out, _ = youtube("videos", "ids.txt", "--no-guard", "-o", "-")
    assert next(csv.DictReader(out.splitlines()))["title"] == "=1+1"


def test_slips_are_told_before_anything_is_spent(world, youtube):
    for words, code, said in (
        (("videos", "nonsense", "-o", "v.csv"), 4, "not a video"),
        (("videos", "aaaaaaaaaaa", "-o", "v.xlsx"), 2, "not a format"),
        (("search", "comet", "--filter", "videoDuration"), 2, "not a filter"),
        (("search", "comet", "--after", "yesterday"), 2, "not a date"),
        (("search", "comet", "--order", "relevance", "--max", "900"), 2, "about 500"),
        (("search", "comet", "--channel", "@studio"), 2, "takes an id"),
        (("playlist", "RDMM"), 4, "mix"),
        (("channel", "https://example.org/@x"), 4, "not a channel"),
        (("collections", "purge", "--older-than", "soon"), 2, "not an age"),
    ):
        got, _, err = youtube(*words)
        assert (got, said in err) == (code, True), (words, err)
    assert world.calls() == []


def test_channels_and_comments_tell_both_counts(youtube, world, tmp_path):
    code, _, err = youtube("channel", "@studio", "-o", "s.csv")
    assert code == 0
    assert "by its own count" in err
    assert len(Table.read(tmp_path / "s.csv")) >= 60
    hidden = world_summary(world.world)["videos"]["hidden"]
    code, out, _ = youtube("comments", "-oKfXq3ZaEb", hidden, "-o", "k.jsonl", "--json")
    assert code == 0
    first, second = json.loads(out)["videos"]
    assert (first["comments_counted"], first["comments_listed"]) == (8, 8)
    assert second["status"] == "disabled"


def test_old_rows_are_refreshed_or_purged_as_the_terms_ask(youtube, world, tmp_path):
    leaving = world_summary(world.world)["videos"]["leaving"]
    youtube("videos", leaving, "-oKfXq3ZaEb", "-o", "v.csv")
    assert Table.read(tmp_path / "v.csv")["title"] == ("Leaving", "=1+1")
    code, out, _ = youtube("collections", "list", "--json")
    (entry,) = json.loads(out)["collections"]
    assert entry["outputs"] == [str(tmp_path / "v.csv")]
    world.move(31 * 86_400)
    code, out, _ = youtube("collections", "refresh", "--older-than", "30d", "--files", "--json")
    assert code == 0
    (done,) = json.loads(out)["collections"]
    assert done["gone"] == 1
    assert done["rewritten"] == [str(tmp_path / "v.csv")]
    assert Table.read(tmp_path / "v.csv")["title"] == (None, "=1+1")
    code, out, _ = youtube("collections", "show", entry["name"][:12])
    assert json.loads(out)["rows"] == {"details": 2}
    world.move(2)
    for age, count in (("30d", 0), ("0h", 4)):  # by the service's clock, which is a month ahead
        words = ("collections", "purge", "--older-than", age, "--dry-run", "--json")
        assert json.loads(youtube(*words)[1])["collections"][0]["purged"] == count
    world.move(31 * 86_400)
    assert "31 d" in youtube("collections", "list")[1]
    assert json.loads(youtube("collections", "plan", "--json")[1])["calls"] == {"videos.list": 1}
    code, out, err = youtube("collections", "forget", entry["name"])
    assert "forgotten" in err
    assert youtube("collections", "list", "--json")[1].strip() == '{"collections": []}'


def test_purging_names_the_files_and_writes_them_anew(youtube, tmp_path, world):
    youtube("videos", "-oKfXq3ZaEb", "-o", "v.csv")
    time.sleep(0.05)
    code, _, err = youtube("collections", "purge", "--older-than", "0d")
    assert "still holds old rows" in err
    assert len(Table.read(tmp_path / "v.csv")) == 1
    youtube("videos", "-oKfXq3ZaEb", "--fresh", "-o", "v.csv")
    time.sleep(0.05)
    code, out, _ = youtube("collections", "purge", "--older-than", "0d", "--files", "--json")
    assert code == 0
    assert json.loads(out)["collections"][0]["rewritten"] == [str(tmp_path / "v.csv")]
    assert "=1+1" not in (tmp_path / "v.csv").read_text()


def test_what_was_purged_is_asked_for_again(youtube, tmp_path, world):
    told = world_summary(world.world)
    for verb, name in (("search", "comet"), ("channel", told["channels"]["studio"]),
                       ("comments", "-oKfXq3ZaEb"), ("videos", "-oKfXq3ZaEb")):  # fmt: skip
        words = (verb, name, "-o", f"{verb}.csv", *(["--max", 40] if verb == "search" else []))
        assert youtube(*words)[0] == 0
        before = len(Table.read(tmp_path / f"{verb}.csv"))
        assert before > 0
        world.move(31 * 86_400)
        code, out, _ = youtube("collections", "purge", "--files", "--json")
        assert any(one["purged"] for one in json.loads(out)["collections"])
        assert all(one["title"] is None for one in Table.read(tmp_path / f"{verb}.csv").rows()
                   if "title" in one)  # fmt: skip
        assert json.loads(youtube(*words, "--plan", "--json")[1])["units"] != {}
        code, _, _ = youtube(*words)
        assert code == 0
        assert len(Table.read(tmp_path / f"{verb}.csv")) == before


def test_collections_of_another_service_are_not_refreshed(youtube, tmp_path, world, monkeypatch):
    youtube("videos", "-oKfXq3ZaEb", "-o", "v.csv")
    with Emulator(seed=2, plan={"defaults": False}) as other:
        other.move(40 * 86_400)
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", other.endpoint)
        code, out, err = youtube("collections", "refresh", "--files")
        assert (code, other.calls("videos.list")) == (0, [])
        assert "another service" in err
        code, out, _ = youtube("collections", "purge", "--json")
        assert json.loads(out)["collections"][0]["purged"] == 0  # its own clock has not moved
        name = json.loads(youtube("collections", "list", "--json")[1])["collections"][0]["name"]
        code, _, err = youtube("collections", "refresh", name)
        assert code == 2
        assert world.endpoint in err
    assert Table.read(tmp_path / "v.csv")["title"] == ("=1+1",)


def test_a_file_that_is_there_is_kept_where_nothing_came(youtube, tmp_path, world):
    youtube("search", "comet", "-o", "c.csv")  # takes all of the day's calls
    (tmp_path / "mine.csv").write_text("mine")
    for words in (("search", "meteor", "-o", "mine.csv"), ("search", "meteor", "--json")):
        code, out, err = youtube(*words)
        assert (code, out) == (5, "")
        assert "0 videos are there" in err
    assert list(json.loads(err)) == ["error"]  # and no talk besides
    assert (tmp_path / "mine.csv").read_text() == "mine"
    assert json.loads(youtube("videos", "aaaaaaaaaaa", "-o", "v.csv", "--json")[2] or "{}") == {}


def test_a_list_that_is_not_there_is_told_and_asked_for_again(youtube, tmp_path, world):
    for _ in range(2):
        before = len(world.calls())
        code, _, err = youtube("playlist", "PLaaaaaaaaaaaaaaaaaaaaa", "-o", "p.csv")
        assert (code, (tmp_path / "p.csv").exists()) == (4, False)
        assert "is not there" in err
        assert len(world.calls()) > before
    code, _, err = youtube("videos", "ids.csv")
    assert (code, "no such file" in err) == (4, True)


@pytest.mark.slow
def test_killed_anywhere_among_comments_the_same_command_ends_with_all_of_them(
    youtube, world, tmp_path
):
    crowd = world_summary(world.world)["videos"]["crowd"]
    words = [sys.executable, "-m", "loquitur", "youtube", "comments", crowd, "-o", "k.csv"]
    kills = 0
    for more in (1, 3, 2, 5, 4, 3, 6):
        until = len(world.calls()) + more
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(world.calls()) < until:
            time.sleep(0.001)
        process.kill()
        kills += process.wait() == -signal.SIGKILL
    assert kills >= 5
    code, out, _ = youtube("comments", crowd, "-o", "k.csv", "--json")
    assert code == 0
    table = Table.read(tmp_path / "k.csv")
    assert len(table) == len(set(table["comment_id"])) == 3_000
    told = json.loads(out)
    assert told["videos"][0]["comments_listed"] == 3_000
    assert len(world.calls("commentThreads.list")) <= told["calls"]["commentThreads.list"] + kills


def test_two_processes_do_not_collect_the_same_at_once(youtube, tmp_path):
    from loquitur.youtube.collecting import shelf
    from loquitur.youtube.collecting.collection import Collection

    youtube("videos", "-oKfXq3ZaEb", "-o", "v.csv")
    (name,) = shelf.names(tmp_path / "store")
    with Collection(shelf.path_of(tmp_path / "store", name)):
        code, _, err = youtube("videos", "-oKfXq3ZaEb", "-o", "v.csv")
        assert code == 1
        assert "another process" in err
        assert "busy" in youtube("collections", "list")[1]
