"""Messages of the API: every type of the document, the recorded ones, broken ones; the log."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.emulator import Emulator
from loquitur.emulator.chat_script import MIX
from loquitur.emulator.chat_shapes import resource
from loquitur.emulator.live_chat import Chats
from loquitur.emulator.schemas import misfit
from loquitur.errors import CorruptError, FullError, InputError
from loquitur.model.chat import TYPES, ChatMessage
from loquitur.youtube.livechat import items
from loquitur.youtube.livechat.log import ChatLog, Gap
from loquitur.youtube.livechat.tally import Tally
from loquitur.youtube.methods import document

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube" / "live_chat"
SCHEMAS = document()["schemas"]
ALL = dict.fromkeys(MIX, 0.05)


def message(item):
    return items.message_of(item, video_id="v", start_us=1_000_000, collected_us=5)


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")
@pytest.mark.parametrize(
    ("name", "kind", "amount"),
    [("TextMessage", "text", None), ("SuperChat", "paid", 200), ("NewSponsor", "membership", None)],
)
def test_recorded_pages(name, kind, amount):
    page = json.loads((DATA / f"api_v3_{name}.json").read_text("utf-8"))
    (row,) = map(message, page["items"])
    assert (row.type, row.amount) == (kind, amount)
    assert row.timestamp_us == 1514764800000000
    if kind == "paid":
        assert (row.currency, row.text, row.tier, row.amount_text) == ("JPY", "888", 2, "¥200")


def test_every_type_of_the_document_is_known():
    enum = SCHEMAS["LiveChatMessageSnippet"]["properties"]["type"]["enum"]
    assert set(items.TYPES) == set(enum) - {"invalidType"}
    assert {kind for kind, _ in items.TYPES.values()} <= set(TYPES)


def test_the_emulated_chat_fits_the_document_and_is_understood():
    plan = {"video": [{"key": "show", "title": "t", "live": "live", "lasts_s": 6000}],
            "chats": [{"video": "show", "per_minute": 600, "mix": ALL}]}  # fmt: skip
    with Emulator(plan=plan) as emulator:
        chats = emulator.world.room(Chats)
        script = chats.script(next(v for v in chats.population.named if v.named.key == "show"))
        events = [script.event(n) for n in range(1200)]
    seen = set()
    for event in events:
        item = resource(event, "chat")
        assert not misfit(item, "LiveChatMessage", SCHEMAS)
        row = message(item)
        assert row is not None
        seen.add(row.type)
        if event.kind == "paid":
            assert row.amount == Decimal(event.facts["micros"]) / 10**6
            assert row.text.startswith("".join(text for _, text in event.parts[:1]))
    assert seen >= {"text", "paid", "sticker", "gift", "membership", "milestone", "gift_purchase",
                    "gift_redemption", "poll", "ban", "mode_change", "placeholder"}  # fmt: skip


@pytest.mark.parametrize("chats", [[{"video": "x", "colour": 1}], [{"mix": {"text": 0.5}}],
                                   [{"per_minute": 0}], {"video": "x"}])  # fmt: skip
def test_a_plan_that_cannot_be_says_so(chats):
    from loquitur.emulator.plans import check

    with pytest.raises(InputError, match="chats"):
        check({"chats": chats}, "world.toml")


def test_half_an_emoji_in_a_saved_answer_ends_nothing():
    details = {"amountMicros": "5000000", "currency": "\ud83d", "amountDisplayString": "5 \ud83d"}
    snippet = {"type": "superChatEvent", "superChatDetails": details}
    with ChatLog(None, video_id="v") as log:
        (row,) = log.add([message({"id": "A", "snippet": snippet})], {})
    assert (row.amount, row.amount_text) == (5, "5 \ufffd")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(sorted({name for schema in SCHEMAS if schema.startswith("LiveChat")
                                for name in SCHEMAS[schema].get("properties", {})})),
        inner, max_size=6,
    ),
    max_leaves=10,
)  # fmt: skip


@given(kind=st.sampled_from([*items.TYPES, "brandNewEvent"]), snippet=JUNK, author=JUNK)
def test_no_resource_breaks_it(kind, snippet, author):
    inner = snippet if isinstance(snippet, dict) else {}
    row = message({"id": "A", "snippet": {**inner, "type": kind}, "authorDetails": author})
    assert (row is None) == (kind == "brandNewEvent")
    assert message(snippet) is None or isinstance(snippet, dict)


# --- the log --------------------------------------------------------------------------------------


def text(ident, author="UCa", at=0, **more):
    return ChatMessage(**{"id": ident, "type": "text", "source": "api", "timestamp_us": at,
                          "author_channel_id": author, **more})  # fmt: skip


def test_the_log_keeps_everything_of_a_message(tmp_path):
    full = text("A", at=5_000_000, text="hi 😂", emotes=(":_a:",), links=("https://x.org",),
                amount=Decimal("1.50"), currency="USD", is_owner=True, options=("a",))  # fmt: skip
    with ChatLog(tmp_path / "a", video_id="v") as log:
        log.add([full], {"token": "t", "start_us": 1_000_000})
    with ChatLog(tmp_path / "a", video_id="v") as log:
        (found,) = log
        assert log.get("token") == "t"
        assert found.offset_ms == 4000
        assert (found.amount, found.emotes, found.links) == (full.amount, (":_a:",), full.links)


def test_a_page_that_comes_again_changes_nothing(tmp_path):
    ban = ChatMessage(id="B", type="ban", source="api", target_channel_id="UCa", timestamp_us=9)
    page = [text("A", at=1), text("C", author="UCc", at=2), ban, text("D", at=20)]
    with ChatLog(None, video_id="v") as log:
        assert len(log.add(page, {"start_us": 0})) == 4
        before = list(log)
        assert log.add(page, {"start_us": 0}) == []
        assert list(log) == before
        assert [(one.id, one.is_deleted) for one in before] == [
            ("A", True), ("C", False), ("B", False), ("D", False),
        ]  # fmt: skip


def test_a_poll_brings_its_votes_and_a_tombstone_marks(tmp_path):
    poll = ChatMessage(id="P", type="poll", source="api", options=("a", "b"), votes=("0", "0"))
    later = ChatMessage(id="P", type="poll", source="api", options=("a", "b"), votes=("5", "7"))
    gone = ChatMessage(id="A", type="placeholder", source="api", timestamp_us=9)
    with ChatLog(None, video_id="v") as log:
        log.add([text("A", text="rude"), poll], {})
        assert log.add([later, gone], {}, unknown=["newEvent", "newEvent"]) == []
        first, second = log
        assert (first.text, first.is_deleted) == ("rude", True)
        assert second.votes == ("5", "7")
        assert log.unknown() == {"newEvent": 2}


def test_a_message_takes_the_place_of_its_placeholder():
    held = ChatMessage(id="A", type="placeholder", source="api", timestamp_us=1)
    ban = ChatMessage(id="B", type="ban", source="api", target_channel_id="UCa", timestamp_us=9)
    with ChatLog(None, video_id="v") as log:
        assert len(log.add([held, text("A", text="let through", at=2)], {"start_us": 0})) == 2
        assert log.add([held, text("A", text="let through", at=2), ban], {}) == [ban]
        first, second = log
        assert (first.type, first.text, first.is_deleted) == ("text", "let through", True)
        assert second.id == "B"


def test_a_failure_in_the_middle_of_a_page_keeps_none_of_it(tmp_path):
    def pages():
        yield text("A")
        raise KeyboardInterrupt

    with ChatLog(tmp_path / "a", video_id="v") as log:
        with pytest.raises(KeyboardInterrupt):
            log.add(pages(), {"token": "t"})
        assert (len(log), log.get("token")) == (0, None)
        log.note_gap(Gap(from_us=1, to_us=2, why="x"))
        assert log.gaps() == [Gap(from_us=1, to_us=2, why="x")]


def test_what_is_no_log_is_told(tmp_path):
    (tmp_path / "a").write_bytes(b"not a database, of any kind" * 100)
    with pytest.raises(CorruptError, match="damaged"):
        ChatLog(tmp_path / "a", video_id="v")
    with ChatLog(tmp_path / "b", video_id="v") as log:
        log.put({"x": 1})
    with pytest.raises(CorruptError, match="not a log of the chat of w"):
        ChatLog(tmp_path / "b", video_id="w")


def test_a_log_that_is_damaged_inside_is_told_when_it_is_read(tmp_path):
    with ChatLog(tmp_path / "a", video_id="v") as log:
        log.add([text(f"{number}", text="x" * 90) for number in range(900)], {})
    data = bytearray((tmp_path / "a").read_bytes())
    data[16_384:-16_384] = b"\xff" * (len(data) - 32_768)
    (tmp_path / "a").write_bytes(data)
    with ChatLog(tmp_path / "a", video_id="v") as log, pytest.raises(CorruptError, match="damaged"):
        list(log)


def test_a_full_disk_is_told_and_the_log_goes_on(tmp_path):
    many = [text(f"{number}", text="x" * 900) for number in range(9000)]
    with ChatLog(tmp_path / "a", video_id="v") as log:
        log._db.execute("PRAGMA max_page_count = 40")
        with pytest.raises(FullError, match="no space left for the log of the chat"):
            log.add(many, {"token": "t"})
        assert (len(log), log.get("token")) == (0, None)
        assert len(log.add(many[:3], {"token": "t"})) == 3


def test_the_tally_forgets_old_bins_and_counts_the_last_minute():
    tally = Tally()
    for second in range(20_000):
        tally.add([text(str(second), at=second * 1_000_000, author_name="@a")])
    assert tally.messages == tally.authors["@a"] == 20_000
    assert tally.per_minute() == 60
    assert tally.rates(3) == [10, 10, 10]
    assert len(tally._bins) <= 720
