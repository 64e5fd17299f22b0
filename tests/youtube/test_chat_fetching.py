"""Chats without a key: yt-dlp's own code, with the addresses of YouTube turned to this machine."""

from __future__ import annotations

import json

import pytest
from keyless_worlds import reached, serving, watching

from loquitur.errors import InputError, RemoteError, TransientError
from loquitur.media.transfer import FetchOptions
from loquitur.settings import Settings
from loquitur.youtube.livechat import visiting
from loquitur.youtube.livechat.fetching import fetch, look
from loquitur.youtube.livechat.replay import Replay

VIDEO = "dQw4w9WgXcQ"
OPTIONS = FetchOptions(allow_private=True, retries=0)
CLIENT = {"clientName": "WEB", "clientVersion": "2", "visitorData": "V"}
YTCFG = {"INNERTUBE_API_KEY": "KEY", "INNERTUBE_CONTEXT": {"client": CLIENT}}
WATCH = "<html><script>ytcfg.set(%s);</script><script>var ytInitialData = %s;</script></html>"


def continuation(kind, name):
    return [{kind: {"continuation": name, "timeoutMs": 1}}] if name else []


def watch_page():
    room = {"liveChatRenderer": {"continuations": continuation("reloadContinuationData", "first")}}
    data = {"contents": {"twoColumnWatchNextResults": {"conversationBar": room}}}
    return (WATCH % (json.dumps(YTCFG), json.dumps(data))).encode()


def said(ident, offset_ms, *, is_live=False):
    item = {"liveChatTextMessageRenderer": {
        "id": ident, "message": {"runs": [{"text": f"I am {ident}"}]},
        "authorName": {"simpleText": "@a"}, "authorExternalChannelId": "UCa",
        "timestampUsec": str(1_790_000_000_000_000 + offset_ms * 1000)}}  # fmt: skip
    action = {"addChatItemAction": {"item": item}}
    if is_live:
        return action
    return {"replayChatItemAction": {"actions": [action], "videoOffsetTimeMsec": str(offset_ms)}}


def chat_page(actions, next_name, *, kind="liveChatReplayContinuationData"):
    inner = {"actions": actions, "continuations": continuation(kind, next_name)}
    return {"continuationContents": {"liveChatContinuation": inner}}


def site(pages):
    """A script that is YouTube for a chat: the watch page, the first page, then the others."""
    pages = list(pages)

    def script(path, query):
        if path == "/watch":
            return 200, watch_page(), {"Content-Type": "text/html"}
        if not pages:
            return 500, b"", {}
        page = pages.pop(0)
        if path.startswith("/live_chat"):
            html = f'<html><script>window["ytInitialData"] = {json.dumps(page)};</script></html>'
            return 200, html.encode(), {"Content-Type": "text/html"}
        return 200, json.dumps(page).encode(), {"Content-Type": "application/json"}

    return script


def info(**more):
    place = {"url": f"https://www.youtube.com/watch?v={VIDEO}", "video_id": VIDEO, "ext": "json",
             "protocol": "youtube_live_chat_replay"}  # fmt: skip
    place["protocol"] = more.pop("protocol", place["protocol"])
    return {"id": VIDEO, "title": "A stream", "formats": [], "live_status": "was_live",
            "duration": 100, "release_timestamp": 1_790_000_000,
            "subtitles": {"live_chat": [place]}, **more}  # fmt: skip


@pytest.fixture
def youtube(monkeypatch):
    """yt-dlp sees a video and the pages of its chat."""
    import contextlib

    @contextlib.contextmanager
    def opened(answer, pages=()):
        with serving(site(pages)) as running, watching(lambda ie, ident: answer, monkeypatch):
            reached(monkeypatch, running)
            yield running

    return opened


PAGES = [
    chat_page([said("a", 1000), said("b", 20_000)], "second"),
    chat_page([said("b", 20_000), said("c", 60_000)], "third"),
    chat_page([said("d", 99_000)], None),
]


def test_a_replay_comes_page_by_page(youtube, tmp_path):
    target = tmp_path / f"{VIDEO}.live_chat.json"
    with youtube(info(), PAGES):
        found = look(VIDEO, options=OPTIONS)
        assert (found.was_live, found.is_live, found.duration_ms) == (True, False, 100_000)
        fetch(found, target, options=OPTIONS)
    replay = Replay(target)
    assert [(each.id, each.offset_ms) for each in replay] == [
        ("a", 1000), ("b", 20_000), ("c", 60_000), ("d", 99_000),
    ]  # fmt: skip
    assert replay.counts.duplicates == 1
    assert visiting.remarks(replay.counts, found.duration_ms) == []


def test_a_replay_that_breaks_off_keeps_what_came_and_says_where(youtube, tmp_path):
    settings = Settings(store=tmp_path, allow_private=True)
    with youtube(info(duration=6300), PAGES[:2]):
        visit = visiting.decide(settings, VIDEO, wanted="replay")
        with visiting.replayed(settings, visit, keep=tmp_path / "raw.live_chat.json") as brought:
            rows = list(brought.replay)
            (remark,) = visiting.remarks(brought.replay.counts, visit.duration_ms)
    assert [each.id for each in rows] == ["a", "b", "c"]
    assert "ends at 1:00 of 1:45:00" in remark
    assert isinstance(brought.failure, TransientError)
    assert len((tmp_path / "raw.live_chat.json").read_text().splitlines()) == 4


def test_a_chat_on_air_is_recorded(youtube, tmp_path):
    live = "invalidationContinuationData"
    pages = [
        chat_page([said("a", 61_000, is_live=True)], "second", kind=live),
        chat_page([said("b", 62_000, is_live=True)], None, kind=live),
    ]
    answer = info(live_status="is_live", is_live=True, duration=None, protocol="youtube_live_chat")
    settings = Settings(store=tmp_path, allow_private=True)
    with youtube(answer, pages):
        visit = visiting._without_key(settings, VIDEO)
        assert visit.kind == "record"
        visiting.record(settings, visit)
        replay = visiting.recorded(settings, visit)
        rows = list(replay)
    assert [(each.id, each.source, each.offset_ms) for each in rows] == [
        ("a", "recording", 61_000), ("b", "recording", 62_000),
    ]  # fmt: skip


def test_recordings_of_several_runs_are_one_chat(tmp_path):
    settings = Settings(store=tmp_path)
    folder = visiting.recordings(settings, VIDEO)
    folder.mkdir(parents=True)

    def line(ident, offset_ms):
        actions = [said(ident, offset_ms, is_live=True)]
        return json.dumps({"replayChatItemAction": {"actions": actions}, "isLive": True})

    gone = json.dumps({"replayChatItemAction": {"actions": [
        {"markChatItemAsDeletedAction": {"targetItemId": "a"}}]}, "isLive": True})  # fmt: skip
    (folder / f"{VIDEO}.1.live_chat.json").write_text(f"{line('a', 5)}\n{line('b', 6)}\n")
    (folder / f"{VIDEO}.2.live_chat.json.part").write_text(
        f"{line('b', 6)}\n{line('c', 7)}\n{gone}\n"
    )
    rows = list(visiting.recorded(settings, visiting.Visit(video_id=VIDEO, kind="record")))
    assert [each.id for each in rows if each.type == "text"] == ["a", "b", "c"]
    assert rows[0].is_deleted


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (info(subtitles={}, live_status="not_live"), InputError, "never had a live chat"),
        (info(subtitles={}), InputError, "no replay of its chat"),
    ],
)
def test_a_video_without_a_chat_says_so(youtube, tmp_path, answer, error, says):
    settings = Settings(store=tmp_path, allow_private=True)
    with youtube(answer), pytest.raises(error, match=says):
        visiting.decide(settings, VIDEO, wanted="replay")


def test_a_live_one_has_no_replay_yet(youtube, tmp_path):
    settings = Settings(store=tmp_path, allow_private=True)
    with youtube(info(live_status="is_live")), pytest.raises(InputError, match="live now"):
        visiting.decide(settings, VIDEO, wanted="replay")


def test_nothing_at_all_is_a_failure_of_the_site(youtube, tmp_path):
    with youtube(info()):
        found = look(VIDEO, options=OPTIONS)
        with pytest.raises(RemoteError):
            fetch(found, tmp_path / "x.live_chat.json", options=OPTIONS)


def test_offline_asks_nobody(tmp_path):
    settings = Settings(store=tmp_path, offline=True)
    with pytest.raises(RemoteError, match="switched off"):
        visiting.decide(settings, VIDEO, wanted="replay")
