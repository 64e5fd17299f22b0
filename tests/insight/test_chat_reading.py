"""Chats are read from every kind of file, also from one that is still being written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_making import START_US, frame, jsonl, row

from loquitur.errors import InputError
from loquitur.insight.chats.columns import messages_of
from loquitur.insight.chats.reading import read_columns
from loquitur.tables.table import Table
from loquitur.youtube import chats

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube" / "live_chat"
ROWS = [
    row(-5_000, "early", "ann"),
    row(1_000, "=1+1", "bob"),
    row(2_000, 'two\n"lines" of <b>html</b>', "cid"),
    row(61_000, "שלום 🔥", "ann", is_member=True),
]


def facts(chat):
    return chat.frame.select("at_ms", "text", "author_name", "is_member").rows()


def test_forms_of_a_table_agree(tmp_path):
    data = frame(ROWS)
    data.write_parquet(tmp_path / "a.parquet")
    jsonl(tmp_path / "a.jsonl", ROWS)
    Table.read(tmp_path / "a.jsonl").to_csv(tmp_path / "a.csv")
    assert "'=1+1" in (tmp_path / "a.csv").read_text()
    read = [read_columns(tmp_path / f"a.{form}") for form in ("parquet", "jsonl", "csv")]
    assert facts(read[0]) == facts(read[1]) == facts(read[2])
    assert read[2].frame["text"].to_list()[1] == "=1+1"
    assert {one.origin for one in read} == {"https://youtu.be/abcdefghijk"}
    assert all(one.clock == "stream" and not one.remarks for one in read)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
@pytest.mark.parametrize(
    "path", sorted(SHARED.glob("*.json")) or [Path("none")], ids=lambda p: p.name
)
def test_files_of_chats_have_the_rows_that_read_chat_has(path):
    if "truth" in path.name:
        with pytest.raises(InputError, match="nothing in it is of a live chat"):
            read_columns(path)
        return
    table = chats.read_chat(path)
    chat = read_columns(path)
    assert len(chat.frame) == len(table)
    assert sorted(chat.frame["text"].to_list()) == sorted(text or "" for text in table["text"])
    if "modern" in path.name:
        assert chat.frame["at_ms"].min() == -95_000
        assert any("middle of a line" in line for line in chat.remarks)


def test_a_half_written_line_is_left_out_and_told_and_the_next_run_has_it(tmp_path):
    whole = jsonl(tmp_path / "a.jsonl", ROWS).read_bytes()
    grows = tmp_path / "b.jsonl"
    grows.write_bytes(whole[:-25])
    chat = read_columns(grows)
    assert len(chat.frame) == 3
    assert "run the same command again" in chat.remarks[0]
    grows.write_bytes(whole)
    assert len(read_columns(grows).frame) == 4


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_csv_may_end_anywhere(tmp_path, cut):
    rows = [*ROWS, row(70_000, 'last "quoted"\nline', "dan")]
    jsonl(tmp_path / "a.jsonl", rows)
    Table.read(tmp_path / "a.jsonl").to_csv(tmp_path / "a.csv")
    data = (tmp_path / "a.csv").read_bytes()
    (tmp_path / "b.csv").write_bytes(data[:-cut])
    chat = read_columns(tmp_path / "b.csv")
    assert [text for _, text, _, _ in facts(chat)][:4] == [one["text"] for one in ROWS]
    assert len(chat.frame) == (5 if not chat.counts.get("cut") else 4)


def test_ids_come_once_and_the_last_row_wins(tmp_path):
    later = {**ROWS[1], "is_deleted": True}
    chat = read_columns(jsonl(tmp_path / "a.jsonl", [*ROWS, later, ROWS[0]]))
    assert len(chat.frame) == 4
    assert chat.counts["duplicates"] == 2
    assert chat.frame.filter(chat.frame["text"] == "=1+1")["is_deleted"].to_list() == [True]


def test_rows_without_ids_come_once_where_they_are_equal(tmp_path):
    rows = [{k: v for k, v in one.items() if k != "id"} for one in (*ROWS, ROWS[0])]
    chat = read_columns(jsonl(tmp_path / "a.jsonl", rows))
    assert len(chat.frame) == 4
    assert any("repeat another" in line for line in chat.remarks)


def test_wall_clocks_stand_for_offsets_and_the_reverse(tmp_path):
    bare = [{k: v for k, v in one.items() if k != "offset_ms"} for one in ROWS]
    first = read_columns(jsonl(tmp_path / "a.jsonl", bare))
    assert (first.clock, first.origin) == ("first", "")
    assert first.frame["at_ms"].to_list() == [0, 6_000, 7_000, 66_000]
    known = read_columns(tmp_path / "a.jsonl", start_us=START_US)
    assert known.frame["at_ms"].to_list() == [-5_000, 1_000, 2_000, 61_000]
    offsets = [{k: v for k, v in one.items() if k != "timestamp_us"} for one in ROWS]
    assert read_columns(jsonl(tmp_path / "b.jsonl", offsets)).start_us is None
    mixed = [ROWS[0], {**ROWS[1], "offset_ms": None}]
    assert read_columns(jsonl(tmp_path / "c.jsonl", mixed)).frame["at_ms"].to_list() == [
        -5_000,
        1_000,
    ]


def test_zones_and_naive_times_and_the_names_of_a_notebook(tmp_path):
    (tmp_path / "a.csv").write_text(
        "authorChannelId,authoChannelName,messagePublishDate,messageContent\n"
        "UCa,Ann,2023-04-05T23:09:57.268961+00:00,thank you\n"
        "UCb,Bob,2023-04-06T08:09:58+09:00,hi\n"
        "UCc,Cid,2023-04-05 23:09:59,naive\n"
    )
    chat = read_columns(tmp_path / "a.csv")
    assert chat.frame["at_ms"].to_list() == [0, 731, 1_731]
    assert any("1 times without a zone are taken as UTC" in line for line in chat.remarks)
    assert messages_of(chat).authors["author_name"].to_list() == ["Ann", "Bob", "Cid"]


def test_what_is_no_chat_is_told_in_one_line(tmp_path):
    captions = tmp_path / "a.srt"
    captions.write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    with pytest.raises(InputError, match=r"captions \(srt\), not a chat"):
        read_columns(captions)
    (tmp_path / "a.csv").write_text("id,views\nx,5\n")
    with pytest.raises(InputError, match=r"missing column 'text'.*there are: id, views"):
        read_columns(tmp_path / "a.csv")
    (tmp_path / "b.parquet").write_bytes(b"PAR1nonsense")
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_columns(tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("")
    with pytest.raises(InputError, match="no header"):
        read_columns(tmp_path / "c.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_columns(tmp_path / "nowhere.csv")


def test_a_file_in_which_nothing_is_yet_is_a_chat_without_messages(tmp_path):
    (tmp_path / "a.jsonl").write_text("")
    found = read_columns(tmp_path / "a.jsonl")
    assert len(found.frame) == 0
    assert found.remarks == ("There is nothing in the file yet.",)


def test_columns_between_semicolons_in_any_case_are_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Offset_ms;Author;Message\n0;A;nice, really\n500;B;cut in the mid")
    found = read_columns(path)
    assert found.frame["text"].to_list() == ["nice, really", "cut in the mid"]
    assert found.frame["author_name"].to_list() == ["A", "B"]


def test_lines_that_are_no_rows_are_counted(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", ROWS)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], '{"text": "brok', "[1]", *lines[1:]]) + "\n")
    chat = read_columns(path)
    assert len(chat.frame) == 4
    assert chat.counts["broken"] == 2
    assert facts(chat) == facts(read_columns(jsonl(tmp_path / "b.jsonl", ROWS)))


def test_a_row_may_have_columns_that_the_first_has_not(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        json.dumps({"text": "a", "author": "x"})
        + "\n"
        + json.dumps(
            {"text": "b", "author": "y", "published_at": "2026-01-01T00:00:00Z", "amount": 5}
        )
        + "\n"
    )
    chat = read_columns(path)
    assert chat.frame["at_ms"].to_list() == [0, None]
    assert chat.frame["amount"].to_list() == ["5", None]


def test_a_time_of_no_stream_is_none_and_spoils_no_other(tmp_path):
    rows = [row(1_000, "hi", "ann"), row(2_000, "ho", "bob")]
    for one in rows:
        one.pop("timestamp_us", None), one.pop("timestamp", None)
    far = rows[0] | {"id": "far", "offset_ms": 9_007_199_254_740_000}
    chat = read_columns(jsonl(tmp_path / "a.jsonl", [*rows, far]))
    assert chat.frame["at_ms"].to_list() == [1_000, 2_000, None]
    assert any("1 rows have no time" in remark for remark in chat.remarks)
