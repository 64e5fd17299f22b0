"""The logs of chats in a store: listed, shown, purged after 30 days, forgotten."""

from __future__ import annotations

import pytest

from loquitur.errors import CorruptError, FullError, LockedError
from loquitur.model.chat import ChatMessage
from loquitur.youtube.livechat import logs
from loquitur.youtube.livechat.log import ChatLog

DAY = 86_400


def said(ident, collected_s):
    return ChatMessage(id=ident, type="text", source="api", collected_us=int(collected_s * 1e6))


def kept(store, name="chat-1", days=(1, 40, 50), now=100 * DAY):
    path = logs.path_of(store, name)
    with ChatLog(path, video_id="abcdefghijk") as log:
        rows = [said(f"{name}-{day}", now - day * DAY) for day in days]
        log.add(rows, {"token": "t", "title": "A show", "is_over": True})
        log.wrote("/x/c.csv", guard=True)
    return path


def test_a_log_tells_what_it_holds(tmp_path):
    assert logs.names(tmp_path) == []
    path = kept(tmp_path)
    path.with_suffix("").mkdir()
    (path.with_suffix("") / "abcdefghijk.1.live_chat.json").write_text("{}")
    assert logs.names(tmp_path) == ["chat-1"]
    found = logs.entry(tmp_path, "chat-1")
    assert (found.video_id, found.title, found.types) == ("abcdefghijk", "A show", {"text": 3})
    assert (found.oldest_s, found.newest_s) == (50 * DAY, 99 * DAY)
    assert (found.outputs, found.recordings, found.is_over) == (("/x/c.csv",), 1, True)
    with ChatLog(path, video_id="abcdefghijk"):
        assert logs.entry(tmp_path, "chat-1").busy


def test_old_messages_go_and_the_place_stays(tmp_path):
    path = kept(tmp_path)
    with logs.opened(tmp_path, "chat-1") as log:
        assert (log.older(70 * DAY), log.purge(70 * DAY)) == (2, 2)
        assert [one.id for one in log] == ["chat-1-1"]
        assert (log.get("token"), log.get("title")) == ("t", "A show")
        assert log.purge(70 * DAY) == 0
        assert log.purge(101 * DAY) == 1
        assert (len(log), log.get("title"), log.ages()) == (0, "", (None, None))
    assert b"chat-1-40" not in path.read_bytes(), "it is off the disk as well"


def test_a_forgotten_chat_takes_its_recordings_along(tmp_path):
    path = kept(tmp_path)
    path.with_suffix("").mkdir()
    (path.with_suffix("") / "abcdefghijk.1.live_chat.json").write_text("{}")
    with ChatLog(path, video_id="abcdefghijk"), pytest.raises(LockedError):
        logs.forget(tmp_path, "chat-1")
    logs.forget(tmp_path, "chat-1")
    assert list(logs.folder(tmp_path).iterdir()) == []


def test_a_file_that_is_no_log_is_told(tmp_path):
    path = kept(tmp_path).with_name("chat-2.sqlite3")
    path.write_bytes(b"")
    with pytest.raises(CorruptError, match="not a log of the chat of a video"):
        logs.opened(tmp_path, "chat-2")


def test_a_full_disk_is_told_as_that_and_the_log_goes_on_when_there_is_room(tmp_path):
    with ChatLog(tmp_path / "chat.sqlite3", video_id="abcdefghijk") as log:
        log._db.execute("PRAGMA cache_size = 1")
        log._db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(FullError, match="no space left for the log of the chat"):
            log.put({f"fact {number}": "x" * 3000 for number in range(100)})
        log._db.execute("PRAGMA max_page_count = 1000")
        log.put({"a": 1})
        assert (log.get("a"), log.get("fact 0")) == (1, None)
