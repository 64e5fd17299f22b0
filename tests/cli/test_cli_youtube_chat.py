"""`youtube chat` on the emulator: live, kept, replayed, from a file; stopped in every way."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from loquitur.cli.chat_view import ChatView
from loquitur.emulator import Emulator
from loquitur.emulator.live_chat import Chats
from loquitur.model.chat import ChatMessage
from loquitur.settings import resolve
from loquitur.tables.cells import Column
from loquitur.youtube.chats import chat, read_chat
from loquitur.youtube.livechat.following import News
from loquitur.youtube.livechat.table import COLUMNS

ID = "-arbourSh0w"
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "youtube" / "live_chat"


def world(*, begins_s=0.0, lasts_s=20.0, quota=10_000, **chat):
    chat = {"per_minute": 600.0, "interval_ms": 1000, "pace_ms": 50} | chat
    show = {"key": "show", "id": ID, "title": "The [bold]show", "live": "upcoming",
            "starts_in_s": begins_s, "lasts_s": lasts_s}  # fmt: skip
    return {"video": [show], "chats": [{"video": ID, **chat}], "quota": {"shared": quota}}


@pytest.fixture
def stage(monkeypatch):
    """An emulator with one stream, which every command here talks to.

    When `hurried`, its clock runs about a hundred times too fast as soon as the chat is read.
    """
    running = []
    over = threading.Event()

    def hurry(emulator):
        chats = emulator.world.room(Chats)
        while not over.wait(0.02):
            if chats.opened:
                emulator.move(2.0)

    def opened(*, hurried=False, **given):
        emulator = Emulator(seed=1, plan=world(**given))
        running.append(emulator)
        if hurried:
            threading.Thread(target=hurry, args=(emulator,), daemon=True).start()
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", emulator.endpoint)
        for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        return emulator

    yield opened
    over.set()
    for emulator in running:
        emulator.close()


def truth(emulator):
    chats = emulator.world.room(Chats)
    script = chats.script(next(v for v in chats.population.named if v.id == ID))
    return [script.event(n).id for n in range(script.count(emulator.world.now()))]


def rows(path):
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_chat_is_followed_to_its_end_then_kept_then_replayed(loquitur, stage, tmp_path):
    emulator = stage(hurried=True)
    answer = loquitur("youtube", "chat", ID, "--follow", "-o", "c.csv", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["end"] == "ended"
    assert answer.json["source"] == "api"
    assert answer.json["messages"] == answer.json["new"] == len(truth(emulator))
    live = rows(tmp_path / "c.csv")
    assert [one["id"] for one in live] == truth(emulator)
    assert list(live[0]) == [column.name for column in COLUMNS]

    emulator.move(200)  # the API has it no more
    again = loquitur("youtube", "chat", ID, "-o", "c.jsonl")
    assert again.code == 0
    assert "what was kept" in again.err
    assert [one["id"] for one in rows(tmp_path / "c.jsonl")] == truth(emulator)

    replay = loquitur("youtube", "chat", f"https://youtu.be/{ID}", "--replay", "-o", "r.jsonl")
    assert replay.code == 0, replay.err
    replayed = {one["id"]: one for one in rows(tmp_path / "r.jsonl")}
    said = [one for one in rows(tmp_path / "c.jsonl") if one["type"] in ("text", "paid", "sticker")]
    for one in said:
        other = replayed[one["id"]]
        for name in ("offset_ms", "timestamp_us", "author_name", "text", "amount", "currency"):
            assert one[name] == other[name]


def test_what_was_not_followed_to_its_end_says_so(loquitur, stage):
    emulator = stage(lasts_s=60)
    assert loquitur("youtube", "chat", ID, "-o", "c.csv").code == 0
    emulator.move(300)
    answer = loquitur("youtube", "chat", ID, "-o", "c.csv")
    assert answer.code == 0
    assert "not followed to its end" in answer.err


def test_a_log_without_a_message_is_no_reason_against_the_replay(loquitur, stage):
    from loquitur.youtube.livechat.log import ChatLog
    from loquitur.youtube.livechat.visiting import log_path

    emulator = stage()
    emulator.move(300)
    path = log_path(resolve().settings, ID)
    ChatLog(path, video_id=ID).close()
    answer = loquitur("youtube", "chat", ID, "-o", "c.csv", "--json")
    assert answer.json["source"] == "replay"


def test_without_follow_a_live_chat_is_read_once(loquitur, stage):
    stage(lasts_s=600)
    answer = loquitur("youtube", "chat", ID)
    assert answer.code == 0
    assert 1 <= len(answer.lines) < 300
    assert "--follow goes on" in answer.err


def test_rows_go_to_stdout_as_they_come(loquitur, stage):
    emulator = stage(hurried=True)
    answer = loquitur("youtube", "chat", ID, "--follow", "-q")
    assert answer.code == 0
    assert [one["id"] for one in answer.lines] == truth(emulator)
    assert answer.err == ""


def test_a_spent_quota_is_exit_5_and_the_file_is_there(loquitur, stage, tmp_path):
    stage(hurried=True, lasts_s=6000, quota=22, interval_ms=100)
    answer = loquitur("youtube", "chat", ID, "--follow", "--poll", "--max-minutes", "1",
                      "-o", "c.csv")  # fmt: skip
    assert answer.code == 5
    assert "error:" in answer.err.splitlines()[-1]
    assert len(rows(tmp_path / "c.csv")) > 5


def test_a_replay_is_kept_as_it_is_and_read_from_there(loquitur, stage, tmp_path):
    emulator = stage()
    emulator.move(200)
    name = f"{ID}.live_chat.json"
    assert loquitur("youtube", "chat", ID, "-o", name).code == 0
    answer = loquitur("youtube", "chat", f"./{name}", "-o", "c.csv", "--json")
    assert answer.json["video_id"] == ID
    assert answer.json["duplicates"] > 0
    assert len(rows(tmp_path / "c.csv")) == answer.json["messages"] > 5


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")
def test_a_file_in_every_format(loquitur, tmp_path):
    source = DATA / "modern_synthetic.live_chat.json"
    answer = loquitur("youtube", "chat", source, "-o", "m.csv", "--json")
    assert answer.json["money"] == {
        "BRL": "20.00", "CAD": "2.00", "EUR": "1239.50", "GBP": "1.99", "INR": "40.00",
        "JPY": "1000", "SEK": "50.00", "USD": "5.00",
    }  # fmt: skip
    assert "cut" in answer.json["notes"][0]
    assert loquitur("youtube", "chat", source, "-o", "m.parquet").code == 0
    table = read_chat(source)
    assert len(table) == len(rows(tmp_path / "m.csv")) == answer.json["messages"]
    assert sum(table.to_pandas()["amount"].dropna()) == pytest.approx(2358.49)
    assert table.about["is_cut"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((ID, "-o", "c.xlsx"), 2, "not a format of tables"),
        ((ID, "--replay", "--follow"), 2, "a replay is not followed"),
        (("not a video",), 4, "not a video"),
        ((ID, "--max-minutes", "0"), 2, "max-minutes"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_spent(loquitur, stage, arguments, code, says):
    emulator = stage()
    answer = loquitur("youtube", "chat", *arguments)
    assert answer.code == code
    assert says in answer.err
    assert not emulator.calls()


def test_an_empty_or_foreign_file_says_so(loquitur, tmp_path):
    (tmp_path / "x.live_chat.json").write_text('{"events": []}\n')
    answer = loquitur("youtube", "chat", "x.live_chat.json")
    assert answer.code == 4
    assert "nothing in it is of a live chat" in answer.err


@pytest.mark.parametrize("guard", ["", "--no-guard"])
def test_names_in_csv_are_guarded_unless_told(loquitur, tmp_path, guard):
    item = {"liveChatTextMessageRenderer": {"id": "A", "authorName": {"simpleText": "@a"}}}
    line = {"replayChatItemAction": {"actions": [{"addChatItemAction": {"item": item}}]}}
    (tmp_path / "x.live_chat.json").write_text(json.dumps(line) + "\n")
    answer = loquitur("youtube", "chat", "x.live_chat.json", "-o", "c.csv", *filter(None, [guard]))
    assert answer.code == 0
    assert rows(tmp_path / "c.csv")[0]["author_name"] == ("@a" if guard else "'@a")


def test_there_is_no_replay_before_the_end(loquitur, stage):
    stage(begins_s=100, lasts_s=100)
    answer = loquitur("youtube", "chat", ID, "--replay", "--json")
    assert answer.code == 4
    assert json.loads(answer.err)["error"]["code"] == "LQ-CHAT-LIVE"
    early = loquitur("youtube", "chat", ID)
    assert "it has not begun" in early.err
    none = loquitur("youtube", "chat", "zzzzzzzzzzz", "--replay", "--json")
    assert (none.code, json.loads(none.err)["error"]["code"]) == (5, "LQ-YOUTUBE-GONE")


def test_the_functions_give_the_same_table(stage, settings):
    import dataclasses

    emulator = stage(hurried=True)
    mine = dataclasses.replace(settings, youtube_endpoint=emulator.endpoint)
    live = chat(ID, settings=mine)
    assert list(live["id"]) == truth(emulator)
    assert live.about["gaps"] == 0
    emulator.move(200)
    replay = chat(ID, source="replay", settings=mine)
    assert replay.names == live.names
    assert isinstance(replay.columns[0], Column)
    assert set(replay["source"]) == {"replay"}


# --- the view -------------------------------------------------------------------------------------


def drawn(view):
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(view.drawn())
    return console.file.getvalue()


def said(number, **more):
    return ChatMessage(**{"id": str(number), "type": "text", "source": "api",
                          "timestamp_us": number * 1_000_000, "author_name": f"@v{number % 3}",
                          "text": f"message {number}", **more})  # fmt: skip


def test_the_view_shows_rate_types_authors_money_and_what_was_said():
    view = ChatView("A \x1b[31mstream[bold]", already=7)
    messages = [said(n, offset_ms=n * 1000 - 5000) for n in range(120)]
    messages.append(said(120, type="paid", amount=Decimal("1234.50"), currency="EUR",
                         amount_text="€1,234.50", text="[red]thanks\u202e"))  # fmt: skip
    messages.append(said(121, type="ban", author_name=None, notice="@gone"))
    view(News(kind="page", messages=tuple(messages), units_left=9_990))
    view(News(kind="wait", text="asking every 8 s", interval_s=8.0))
    picture = drawn(view)
    assert "122 messages" in picture
    assert "7 before" in picture
    assert "60 a minute" in picture
    assert "9,990 units left today" in picture
    assert "asking every 8 s" in picture
    assert "1,234.50" in picture
    assert "[red]thanks" in picture
    assert "\u202e" not in picture
    assert "\x1b" not in picture
    assert "@v0" in picture
    assert "1:53 @v1" in picture or "1:53" in picture
    assert "█" in picture


def test_without_a_terminal_there_are_lines(capsys, monkeypatch):
    monkeypatch.setattr("loquitur.cli.chat_view._LINE_EVERY_S", 0.0)
    with ChatView("A stream") as view:
        view(News(kind="page", messages=(said(1), said(2)), units_left=95))
        view(News(kind="trouble", text="the service failed; again in 2 s"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("2 messages, 12 a minute, 95 units left today")
    assert lines[1] == "the service failed; again in 2 s"


# --- stopped from outside -------------------------------------------------------------------------


def started(emulator, tmp_path, *arguments):
    command = [sys.executable, "-m", "loquitur", "youtube", "chat", ID, "--follow", *arguments]
    environment = {**os.environ, "LOQUITUR_YOUTUBE_ENDPOINT": emulator.endpoint,
                   "LOQUITUR_STORE": str(tmp_path / "store")}  # fmt: skip
    return subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE)


def until(happens, seconds=30.0):
    end = time.monotonic() + seconds
    while not happens() and time.monotonic() < end:
        time.sleep(0.02)
    assert happens()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_a_whole_file_and_is_exit_130(stage, tmp_path, number):
    emulator = stage(lasts_s=600)
    process = started(emulator, tmp_path, "-o", "c.csv")
    until(lambda: emulator.world.room(Chats).opened)
    time.sleep(1.0)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"interrupted" in err
    found = [one["id"] for one in rows(tmp_path / "c.csv")]
    assert found
    assert found == truth(emulator)[: len(found)]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["--stream", "--poll"])
def test_killed_again_and_again_it_has_every_message_once(stage, tmp_path, way):
    dice = random.Random(way)
    emulator = stage(lasts_s=15, begins_s=0, drop_every=5)
    emulator.front.desk.faults.rate = 0.05
    chats = emulator.world.room(Chats)
    for _ in range(4):
        process = started(emulator, tmp_path, "-o", "c.jsonl", way)
        until(lambda: chats.opened)
        time.sleep(0.5 + 2 * dice.random())
        process.kill()
        process.communicate()
    process = started(emulator, tmp_path, "-o", "c.jsonl", way)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert [one["id"] for one in rows(tmp_path / "c.jsonl")] == truth(emulator)
    assert not chats.early


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_messages_a_minute_for_ten_minutes(tmp_path, monkeypatch):
    import importlib.util

    place = ROOT / "benchmarks" / "youtube_chat.py"
    monkeypatch.syspath_prepend(str(place.parent))  # as for a script: others lie beside it
    spec = importlib.util.spec_from_file_location("benchmark_youtube_chat", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for way in ("poll", "stream"):
        one = module.follow(way, tmp_path, speed=12, kills=2, seed=1)
        assert one.truth > 100_000
        assert (one.missing, one.doubles, one.early) == (0, 0, 0)
        assert one.same_as_replay


# --- how long it is kept --------------------------------------------------------------------------


def test_chats_are_collections_that_can_be_purged_and_not_refreshed(loquitur, stage, tmp_path):
    stage(lasts_s=600, begins_s=0)
    live = loquitur("youtube", "chat", ID, "-o", "c.csv", "--json")
    count = live.json["messages"]
    assert count
    (listed,) = loquitur("youtube", "collections", "list", "--json").json["collections"]
    assert (listed["verb"], listed["arguments"]) == ("chat", {"video": ID})
    assert sum(listed["rows"].values()) == count
    assert listed["outputs"] == [str(tmp_path / "c.csv")]
    assert f"chat {ID}" in loquitur("youtube", "collections", "list").out
    name = listed["name"]
    shown = loquitur("youtube", "collections", "show", name[:9]).json
    assert (shown["title"], shown["gaps"]) == ("The [bold]show", [])
    assert loquitur("youtube", "collections", "refresh").code == 0
    refused = loquitur("youtube", "collections", "refresh", name)
    assert refused.code == 2
    assert "cannot be asked for again" in refused.err

    def purge(*more):
        answer = loquitur("youtube", "collections", "purge", *more, "--json")
        (done,) = answer.json["collections"]
        return done["purged"], len(done["rewritten"])

    assert purge() == (0, 0)
    assert purge("--older-than", "0d", "--dry-run", "--files") == (count, 0)
    assert len(rows(tmp_path / "c.csv")) == count
    assert purge("--older-than", "0d", "--files") == (count, 1)
    assert rows(tmp_path / "c.csv") == []
    assert loquitur("youtube", "collections", "forget", name).code == 0
    assert loquitur("youtube", "collections", "list", "--json").json == {"collections": []}
