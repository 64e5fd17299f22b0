"""Files of a chat that yt-dlp did not write: answers of the API, lists of actions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loquitur.errors import InputError
from loquitur.youtube.chats import read_chat
from loquitur.youtube.livechat.pages import Pages, open_chat
from loquitur.youtube.livechat.replay import Replay

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube" / "live_chat"


def said(ident, text="hi", at="2026-11-01T10:00:00.5Z", author="UCa"):
    snippet = {"type": "textMessageEvent", "publishedAt": at, "authorChannelId": author,
               "textMessageDetails": {"messageText": text}}  # fmt: skip
    return {"kind": "youtube#liveChatMessage", "id": ident, "snippet": snippet}


def banned(ident, author):
    details = {"bannedUserDetails": {"channelId": author}, "banDurationSeconds": "300"}
    snippet = {"type": "userBannedEvent", "userBannedDetails": details}
    return {"kind": "youtube#liveChatMessage", "id": ident, "snippet": snippet}


def page(*items):
    return {"kind": "youtube#liveChatMessageListResponse", "pollingIntervalMillis": 4000,
            "items": list(items)}  # fmt: skip


FIRST, SECOND = page(said("A"), said("B", author="UCb")), page(said("B", author="UCb"), said("C"))
FORMS = {
    "one": (json.dumps(page(said("A"), said("B", author="UCb"), said("C")), indent=1), 0),
    "compact": (json.dumps(page(said("A"), said("B", author="UCb"), said("C"))), 0),
    "a list": (json.dumps([FIRST, SECOND]), 1),
    "a list over lines": ("\ufeff" + json.dumps([FIRST, SECOND], indent=2), 1),
    "lines": (json.dumps(FIRST) + "\n" + json.dumps(SECOND) + "\n", 1),
    "messages": (json.dumps([said("A"), said("B", author="UCb"), said("C")]), 0),
}


@pytest.mark.parametrize("form", FORMS)
def test_answers_of_the_api_are_read_in_every_form(tmp_path, form):
    path = tmp_path / "chat.json"
    path.write_text(FORMS[form][0], "utf-8")
    table = read_chat(path)
    assert table["id"] == ("A", "B", "C")
    assert set(table["source"]) == {"api"}
    assert table["timestamp_us"][0] == 1793527200500000
    assert set(table["offset_ms"]) == {None}
    assert (table.about["source"], table.about["duplicates"]) == ("api", FORMS[form][1])


def test_what_later_answers_do_to_earlier_messages(tmp_path):
    path = tmp_path / "abcdefghijk.live_chat.json"
    unknown = {"kind": "youtube#liveChatMessage", "id": "N", "snippet": {"type": "brandNewEvent"}}
    path.write_text(json.dumps(FIRST) + "\n" + json.dumps(page(banned("X", "UCb"), unknown)))
    pages = open_chat(path)
    rows = {row.id: row for row in pages}
    assert isinstance(pages, Pages)
    assert {row.video_id for row in rows.values()} == {"abcdefghijk"}
    assert [rows[name].is_deleted for name in "AB"] == [False, True]
    assert rows["X"].ban_s == 300
    assert pages.counts.unknown == {"brandNewEvent": 1}
    assert pages.counts.types == {"text": 2, "ban": 1}
    assert [row.id for row in pages] == list(rows), "a second pass gives the same"


def test_a_list_of_actions_is_a_replay_without_times(tmp_path):
    item = {"liveChatTextMessageRenderer": {"id": "A", "message": {"runs": [{"text": "hi"}]}}}
    gone = {"markChatItemAsDeletedAction": {"targetItemId": "A"}}
    path = tmp_path / "actions.json"
    path.write_text(json.dumps([{"addChatItemAction": {"item": item}}, gone], indent=1))
    replay = open_chat(path)
    assert isinstance(replay, Replay)
    assert [(row.type, row.offset_ms, row.is_deleted) for row in replay] == [
        ("text", None, True), ("deletion", None, False),
    ]  # fmt: skip


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")
def test_every_file_of_the_data_is_read():
    found = {path.name: len(list(open_chat(path))) for path in DATA.glob("a*.json")}
    assert found == {"action_kinds.json": 10, "api_v3_NewSponsor.json": 1,
                     "api_v3_SuperChat.json": 1, "api_v3_TextMessage.json": 1}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "[", "{\n", "[]", "{}", '[{"items": []}]', '{"items": [1]}', '{"items": 5}', "[[1]]", "7",
     '"x"', "{\n" + "[" * 5000],
)  # fmt: skip
def test_what_is_no_chat_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match="nothing in it is of a live chat"):
        list(open_chat(path))
