"""Replays and recordings of live chats, as yt-dlp writes them."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.model.chat import TYPES
from loquitur.youtube.livechat.actions import Counts, Marks, actions_of, messages_of
from loquitur.youtube.livechat.documents import LONGEST_LINE
from loquitur.youtube.livechat.renderers import RENDERERS, Place
from loquitur.youtube.livechat.replay import Replay, named_id

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube" / "live_chat"
FILES = sorted(DATA.glob("*.live_chat.json"))
shared = pytest.mark.skipif(not FILES, reason="the shared data is not here")


def text_item(ident="A", text="hi", author="UCa", **more):
    return {
        "liveChatTextMessageRenderer": {
            "id": ident,
            "message": {"runs": [{"text": text}]},
            "authorName": {"simpleText": "@a"},
            "authorExternalChannelId": author,
            "timestampUsec": "1790000000000000",
            **more,
        }
    }


def add(item):
    return {"addChatItemAction": {"item": item}}


def line(*actions, offset=0):
    return {"replayChatItemAction": {"actions": list(actions), "videoOffsetTimeMsec": str(offset)}}


@pytest.fixture
def read(tmp_path):
    def reading(*lines, cut=b""):
        path = tmp_path / "abcdefghijk.live_chat.json"
        whole = b"".join(
            (each if isinstance(each, bytes) else json.dumps(each, ensure_ascii=False).encode())
            + b"\n"
            for each in lines
        )
        path.write_bytes(whole + cut)
        replay = Replay(path)
        return list(replay), replay.counts

    return reading


@shared
def test_every_field_of_the_synthetic_truth():
    truth = json.loads((DATA / "modern_synthetic.truth.json").read_text("utf-8"))
    replay = Replay(DATA / "modern_synthetic.live_chat.json")
    rows = {row.id: row for row in replay}
    counts = replay.counts
    assert counts.lines == truth["lines_complete"]
    assert counts.is_cut == truth["truncated_last_line"]
    assert counts.types["text"] == truth["unique_text_messages"]
    for ident, offset_ms in truth["offsets_ms_expected"].items():
        assert rows[ident].offset_ms == offset_ms
    for ident, text in truth["text_expected"].items():
        assert rows[ident].text == text
    sums: dict[str, Decimal] = Counter()
    for row in rows.values():
        if row.amount is not None:
            sums[row.currency] += row.amount
    assert {code: float(value) for code, value in sums.items()} == truth["paid"]
    assert counts.types["paid"] == truth["paid_messages"]
    assert counts.types["sticker"] == truth["paid_stickers"]
    assert counts.types["membership"] == truth["new_members"]
    assert counts.types["milestone"] == truth["milestones"]
    assert sum(row.gift_count or 0 for row in rows.values()) == truth["gifts_bought"]
    assert counts.types["gift_redemption"] == truth["gift_redemptions"]
    assert {row.id for row in rows.values() if row.is_deleted} == set(truth["deleted_ids"])
    assert (
        sum(n for name, n in counts.unknown.items() if name.startswith("action "))
        == (truth["unknown_actions"])
    )
    assert (
        sum(n for name, n in counts.unknown.items() if name.startswith("item "))
        == (truth["unknown_renderers"])
    )
    assert counts.tickers == truth["tickers_not_counted_as_messages"]
    assert counts.duplicates == truth["duplicates_dropped"]


@shared
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_of_the_data_is_read(path):
    replay = Replay(path)
    rows = list(replay)
    ids = [row.id for row in rows]
    assert rows
    assert len(set(ids)) == len(ids)
    assert not replay.counts.broken
    if not path.name.startswith("modern"):
        assert not replay.counts.unknown
    assert all(row.type in TYPES for row in rows)


@shared
def test_a_replay_inside_an_action_is_found_with_its_time_and_its_money():
    rows = list(Replay(DATA / "live_calculator_superchat_0.live_chat.json"))
    sums: dict[str, Decimal] = Counter()
    for row in rows:
        sums[row.currency] += row.amount or 0
    assert (sums["JPY"], sums["EUR"]) == (6800, 2)
    assert rows[0].offset_ms == 10000


@shared
def test_every_kind_of_action_of_the_data_is_known():
    counts, marks = Counts(), Marks()
    actions = json.loads((DATA / "action_kinds.json").read_text("utf-8"))
    for number, action in enumerate(actions):
        marks.learn((number, 0), action, 0)
    rows = [row for action in actions for row in messages_of(action, Place(), marks, counts)]
    assert not counts.unknown
    found = Counter(row.type for row in rows)
    assert found == {"text": 1, "system": 1, "membership": 1, "donation": 1, "sticker": 1,
                     "mode_change": 1, "deletion": 2, "pinned": 1, "poll": 1}  # fmt: skip
    by_type = {row.type: row for row in rows}
    assert by_type["donation"].amount == 50
    assert by_type["poll"].options == ("Blue", "White", "Black")
    assert by_type["poll"].votes == ("47%", "24%", "30%")
    assert by_type["pinned"].target_id == "id-e0c902cb36a8"
    assert by_type["sticker"].offset_ms == -17000
    assert counts.tickers == 3


def test_offsets_stand_in_two_places(read):
    inside = line(add(text_item("A")), offset=1500)
    beside = {"replayChatItemAction": {"actions": [add(text_item("B"))]},
              "videoOffsetTimeMsec": "2500", "isLive": True}  # fmt: skip
    as_numbers = {"replayChatItemAction": {"actions": [add(text_item("C"))],
                                           "videoOffsetTimeMsec": 3500}}  # fmt: skip
    rows, counts = read(inside, beside, as_numbers)
    assert [row.offset_ms for row in rows] == [1500, 2500, 3500]
    assert [row.source for row in rows] == ["replay", "recording", "replay"]
    assert counts.is_recording
    assert counts.last_offset_ms == 3500


def test_before_the_start_the_text_says_when(read):
    before = text_item("A", timestampText={"simpleText": "-1:02:11"})
    later = text_item("B", timestampText={"simpleText": "0:09"})
    rows, _ = read(line(add(before)), line(add(later), offset=9500))
    assert [row.offset_ms for row in rows] == [-3731000, 9500]


def test_an_author_who_comes_back_is_not_deleted_again(read):
    gone = {"markChatItemsByAuthorAsDeletedAction": {"externalChannelId": "UCa"}}
    rows, _ = read(
        line(add(text_item("A"))), line(gone, offset=5000), line(add(text_item("B")), offset=6000)
    )
    assert [(row.id, row.is_deleted, row.deleted_ms) for row in rows if row.type == "text"] == [
        ("A", True, 5000),
        ("B", False, None),
    ]
    assert rows[1].target_channel_id == "UCa"


def test_what_is_taken_away_was_said_before(read):
    gone = {"markChatItemsByAuthorAsDeletedAction": {"externalChannelId": "UCa"}}
    removed = {"removeChatItemAction": {"targetItemId": "C"}}
    rows, _ = read(
        line(add(text_item("A")), gone, add(text_item("B")), offset=5),
        line(removed, offset=6),
        line(add(text_item("C")), offset=7),
        line(removed, offset=8),
        line(removed, offset=9),
    )
    assert [(row.id, row.deleted_ms) for row in rows if row.type == "text"] == [
        ("A", 5), ("B", None), ("C", 8),
    ]  # fmt: skip


def test_a_message_takes_the_id_of_its_placeholder(read):
    held = add({"liveChatPlaceholderItemRenderer": {"id": "A"}})
    freed = {"targetItemId": "A", "replacementItem": text_item("A", "let through")}
    rows, counts = read(line(held), line({"replaceChatItemAction": freed}, offset=9))
    assert [(row.id, row.type, row.target_id) for row in rows] == [
        ("loq:placeholder:A", "placeholder", "A"), ("A", "text", None),
    ]  # fmt: skip
    assert (counts.conflicts, rows[1].is_deleted) == (0, False)


def test_half_an_emoji_loses_no_message(read):
    rows, counts = read(json.dumps(line(add(text_item("A", "cut \ud83d")))).encode())
    assert ([row.text for row in rows], counts.broken) == (["cut \ufffd"], 0)


HALF = "x\ud83d"


def halves(*keys):
    """Half an emoji under every key, as text and in pieces."""
    pieces = {"runs": [{"text": "a"}, {"text": HALF}, {"emoji": {"shortcuts": [HALF]}}]}
    label = {"accessibility": {"accessibilityData": {"label": HALF}}}
    return {"id": HALF, "authorExternalChannelId": HALF, "headerSubtext": pieces,
            "sticker": label, "gift": label, **dict.fromkeys(keys, pieces)}  # fmt: skip


@pytest.mark.parametrize("name", RENDERERS)
def test_half_an_emoji_is_nowhere_in_a_row(name):
    keys = ("message", "authorName", "headerPrimaryText", "primaryText", "text", "subtext")
    for content in (halves(), halves(*keys)):
        (row,) = messages_of(add({name: content}), Place(), Marks(), Counts())
        assert b"x" in msgspec.json.encode(row)


@pytest.mark.parametrize(
    ("emoji", "name", "is_custom"),
    [
        ({"emojiId": "😂"}, "😂", False),
        ({"emojiId": "UCx/y", "shortcuts": [":y:", ":z:"], "isCustomEmoji": True}, ":y:", True),
        ({"emojiId": "UCx/y", "shortcuts": [":y:"]}, ":y:", True),
        ({"emojiId": "", "shortcuts": [":y:"]}, ":y:", True),
        ({"shortcuts": [],
          "image": {"accessibility": {"accessibilityData": {"label": "wave"}}}}, ":wave:", True),
        ({}, "", True),
    ],
)  # fmt: skip
def test_emoji_are_characters_or_short_names(read, emoji, name, is_custom):
    rows, _ = read(line(add(text_item(message={"runs": [{"text": "a"}, {"emoji": emoji}]}))))
    assert rows[0].text == "a" + name
    assert rows[0].emotes == ((name,) if is_custom and name else ())


def test_a_replacement_marks_or_says(read):
    swap = {
        "targetItemId": "A",
        "replacementItem": {"liveChatPlaceholderItemRenderer": {"id": "A"}},
    }
    released = {"targetItemId": "B", "replacementItem": text_item("B", "released")}
    rows, _ = read(
        line(add(text_item("A"))),
        line({"replaceChatItemAction": swap}, offset=700),
        line(add({"liveChatPlaceholderItemRenderer": {"id": "B"}}), offset=800),
        line({"replaceChatItemAction": released}, offset=900),
    )
    texts = {row.text: row for row in rows if row.type == "text"}
    assert texts["hi"].deleted_ms == 700
    assert not texts["released"].is_deleted


def test_the_same_id_with_other_content_is_no_double(read):
    rows, counts = read(
        line(add(text_item("A", "one"))), line(add(text_item("A", "one")), offset=1),
        line(add(text_item("A", "two"))), line(add(text_item("A", "two"))),
    )  # fmt: skip
    assert [row.text for row in rows] == ["one", "two"]
    assert len({row.id for row in rows}) == 2
    assert (counts.duplicates, counts.conflicts) == (2, 1)


def test_a_link_is_whole_and_without_the_detour(read):
    url = "https://www.youtube.com/redirect?event=live_chat&q=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1"
    runs = [
        {"text": "at "},
        {"text": "https://exam...", "navigationEndpoint": {"urlEndpoint": {"url": url}}},
        {"text": " or "},
        {"text": "here", "navigationEndpoint": {"urlEndpoint": {"url": "/watch?v=abc"}}},
    ]
    rows, _ = read(line(add(text_item(message={"runs": runs}))))
    assert rows[0].text == "at https://example.org/a?b=1 or here"
    assert rows[0].links == (
        "https://example.org/a?b=1",
        "https://www.youtube.com/watch?v=abc",
    )


@pytest.mark.parametrize(
    ("tooltip", "months"),
    [
        ("Member (6 months)", 6),
        ("Member (1 year)", 12),
        ("New member", None),
        ("メンバー（2 か月）", 2),
        ("メンバー（1 年）", 12),
        ("Membre (2 ans)", 24),
        ("Mitglied (3 Monate)", 3),
        ("Platin-Mitglied (6 Monate)", 6),
        ("спонсор (2 года)", 24),
    ],
)
def test_how_long_a_member_is_one(read, tooltip, months):
    badge = {"liveChatAuthorBadgeRenderer": {"customThumbnail": {}, "tooltip": tooltip}}
    rows, _ = read(line(add(text_item(authorBadges=[badge]))))
    assert (rows[0].is_member, rows[0].member_badge) == (True, tooltip)
    assert rows[0].member_months == months


def test_gifts_are_counted_in_every_word_order(read):
    def bought(*texts):
        header = {"authorName": {"simpleText": "@g"},
                  "primaryText": {"runs": [{"text": text} for text in texts]}}  # fmt: skip
        return {
            "liveChatSponsorshipsGiftPurchaseAnnouncementRenderer": {
                "id": texts[0],
                "authorExternalChannelId": "UCg",
                "header": {"liveChatSponsorshipsHeaderRenderer": header},
            }
        }

    rows, _ = read(
        line(add(bought("Gifted ", "5", " ", "Loq", " memberships"))),
        line(add(bought("Sent 20 Loq gift memberships"))),
        line(add(bought("Loq 4 Fun のメンバーシップ ギフトを ", "50", " 個贈りました"))),
    )
    assert [row.gift_count for row in rows] == [5, 20, 50]
    assert {row.author_name for row in rows} == {"@g"}


def test_a_cut_last_line_is_told_and_a_broken_one_counted(read):
    rows, counts = read(line(add(text_item())), b"{nonsense", cut=b'{"replayChatItem')
    assert len(rows) == 1
    assert (counts.is_cut, counts.broken) == (True, 1)


def test_hostile_lines_end_nothing(read):
    deep = b'{"replayChatItemAction":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    endless = b'{"x":"' + b"a" * (LONGEST_LINE + 10) + b'"}'
    number = b'{"replayChatItemAction":{"actions":[],"videoOffsetTimeMsec":' + b"9" * 6000 + b"}}"
    nested: object = {"actions": []}
    for _ in range(300):
        nested = {"actions": [{"replayChatItemAction": nested}]}
    rows, counts = read(
        deep, endless, number, {"replayChatItemAction": nested}, line(add(text_item())),
        line(add({"liveChatTextMessageRenderer": {"id": 7, "message": "x", "authorBadges": {}}})),
        b"\xff\xfe", b"[1,2]", b"null", b'"replayChatItemAction"',
    )  # fmt: skip
    assert [row.text for row in rows] == ["hi", ""]
    assert counts.broken >= 3


def test_a_file_of_something_else_is_refused(read, tmp_path):
    with pytest.raises(InputError, match="nothing in it is of a live chat"):
        read({"videos": []}, {"title": "x"})
    with pytest.raises(InputError, match="cannot be read"):
        Replay(tmp_path / "none.live_chat.json")


def test_names_that_hold_an_id():
    assert named_id(Path("dQw4w9WgXcQ.live_chat.json")) == "dQw4w9WgXcQ"
    assert named_id(Path("A stream [-_w4w9WgXcQ].live_chat.json")) == "-_w4w9WgXcQ"
    assert named_id(Path("dQw4w9WgXcQ.json")) is None


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "runs", "text", "emoji", "emojiId", "simpleText", "message", "authorName",
             "authorBadges", "timestampUsec", "timestampText", "purchaseAmountText", "sticker",
             "header", "liveChatSponsorshipsHeaderRenderer", "primaryText", "headerPrimaryText",
             "headerSubtext", "navigationEndpoint", "urlEndpoint", "url", "shortcuts",
             "liveChatAuthorBadgeRenderer", "icon", "customThumbnail", "tooltip", "subtext"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
ACTIONS = [
    "addLiveChatTickerItemAction", "addBannerToLiveChatCommand", "markChatItemAsDeletedAction",
    "markChatItemsByAuthorAsDeletedAction", "removeChatItemAction", "replaceChatItemAction",
    "showLiveChatActionPanelAction", "updateLiveChatPollAction", "brandNew",
]  # fmt: skip


@given(name=st.sampled_from([*RENDERERS, "brandNewRenderer"]), content=JUNK)
def test_no_item_breaks_it(name, content):
    counts = Counts()
    document = line(add({name: content}), offset=7)
    for action, offset_ms, _ in actions_of(document):
        for row in messages_of(action, Place(offset_ms=offset_ms), Marks(), counts):
            assert row.type in TYPES
            json.dumps([row.text, row.notice, row.author_name]).encode()


@given(name=st.sampled_from(ACTIONS), content=JUNK, whole=JUNK)
def test_no_action_breaks_it(name, content, whole):
    counts, marks = Counts(), Marks()
    for document in (line({name: content}), whole, {"replayChatItemAction": whole}):
        for action, offset_ms, _ in actions_of(document):
            marks.learn((1, 0), action, offset_ms)
            list(messages_of(action, Place(offset_ms=offset_ms), marks, counts))
