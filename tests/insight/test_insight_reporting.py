"""`report`: what an input is, what belongs together, what one bad input does to the rest."""

from __future__ import annotations

import json
import re

import pytest
from page_reading import whole

from loquitur.errors import InputError
from loquitur.insight.reports.analysis import report
from loquitur.insight.reports.recognising import group_of, in_folder, recognise

pytest.importorskip("matplotlib")
pytest.importorskip("polars")
SRT = "".join(
    f"{at + 1}\n00:00:{2 * at:02d},000 --> 00:00:{2 * at + 1:02d},900\n"
    f"the {word} is a good {word}\n\n"
    for at, word in enumerate(["harbour", "pear", "music", "river", "stone"] * 5)
)
VIDEOS = "video_id,title,views,likes\n" + "".join(
    f"abcdefgh{at:03d},<b>{at}</b>,{at * at * 10},{at}\n" for at in range(20)
)


def chat_lines(count=60):
    return "".join(
        json.dumps(
            {"id": f"m{at}", "type": "text", "offset_ms": at * 700, "author_name": f"Ada {at % 7}",
             "author_channel_id": f"UC{at % 7:022d}", "text": "nice <img src=x onerror=alert(1)>"}
        ) + "\n"
        for at in range(count)
    )  # fmt: skip


@pytest.fixture
def place(tmp_path):
    (tmp_path / "talk [t5qgjJIBy9g].srt").write_text(SRT)
    (tmp_path / "talk [t5qgjJIBy9g].chat.jsonl").write_text(chat_lines())
    (tmp_path / "videos.csv").write_text(VIDEOS)
    (tmp_path / "notes.txt").write_text("nothing timed")
    (tmp_path / "package.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", "id,views\n1,2\n", "table"), ("a.csv", "start,end,text\n0,1,hi\n", "speech"),
        ("a.csv", "comment_id,text,author\n1,hi,b\n", "comments"),
        ("a.csv", "offset_ms,text\n1,hi\n", "chat"), ("a.jsonl", '{"views": 1}\n', "table"),
        ("a.csv", "offset_ms;content\n1;hi\n", "chat"),
        ("a.csv", "channel_id,text\nUC1,hi\n", "table"),
        ("a.jsonl", chat_lines(1), "chat"),
        ("a.json", '{"kind": "youtube#liveChatMessage"}', "chat"),
        ("a.live_chat.json", "", "chat"), ("a.json", '{"snippets": []}', "speech"),
        ("a.srt", SRT, "speech"), ("a.rttm", "", "turns"), ("a.mp4", "", "medium"),
        ("a.txt", "hello there", "speech"), ("no suffix", "WEBVTT\n\n", "speech"),
    ],
)  # fmt: skip
def test_what_a_file_is_follows_from_what_is_in_it(tmp_path, name, content, kind):
    (tmp_path / name).write_text(content)
    assert recognise(tmp_path / name).kind == kind


def test_what_is_nothing_is_refused_where_it_was_named_and_passed_over_in_folders(tmp_path):
    (tmp_path / "a.exe").write_bytes(b"MZ\0\0")
    with pytest.raises(InputError, match="nothing that a report is made of"):
        recognise(tmp_path / "a.exe")
    assert recognise(tmp_path / "a.exe", named=False).kind == ""
    with pytest.raises(InputError, match="has no table"):
        in_folder(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        recognise(tmp_path / "b.csv")


def test_of_the_files_of_one_speech_the_fullest_stands_for_all(tmp_path):
    (tmp_path / "talk.json").write_text('{"schema": "loquitur/transcript/1", "utterances": []}')
    for name in ("talk.srt", "talk.de.vtt", "other.de.srt", "other.srt", "talk.rttm"):
        (tmp_path / name).write_text("WEBVTT\n\n" if name.endswith("vtt") else SRT)
    assert {one.path.name for one in in_folder(tmp_path)} == {"talk.json", "other.srt"}
    assert group_of(tmp_path / "talk.de.vtt") == group_of(tmp_path / "talk.json")


@pytest.mark.slow
def test_a_folder_becomes_one_page_on_which_one_video_is_told_together(place):
    found = report(place, place / "page.html", title="All")
    assert [one.kind for one in found.accounts] == ["transcript", "chat", "stats"]
    assert found.problems == ()
    text = (place / "page.html").read_text()
    told = whole(text)
    assert "https://youtu.be/t5qgjJIBy9g" in " ".join(told.links)
    assert len(text) < 500_000
    assert "Ada 3" not in text  # a page is shared: names are pseudonyms, unless asked for
    assert set(told.tags) & {"img", "b"} == set()


@pytest.mark.slow
def test_names_are_there_where_they_are_asked_for(place):
    path = place / "talk [t5qgjJIBy9g].chat.jsonl"
    report(path, place / "page.html", names=True)
    assert "Ada 3" in (place / "page.html").read_text()


@pytest.mark.slow
def test_names_of_comments_are_nowhere_in_a_page(tmp_path):
    rows = "".join(f"c{at},Secret Person {at % 3},nice pear,{at}\n" for at in range(30))
    (tmp_path / "c.csv").write_text("comment_id,author,text,likes\n" + rows)
    found = report(tmp_path / "c.csv", tmp_path / "page.html")
    assert [one.kind for one in found.accounts] == ["stats", "comments"]
    assert "Secret Person" not in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(("names", "there"), [(False, False), (True, True)])
def test_a_table_of_authors_names_them_where_that_is_asked_for_alone(tmp_path, names, there):
    rows = "".join(f"@secret,UC{'s' * 22},hi @mallory,{at}\n" for at in range(5))
    (tmp_path / "t.csv").write_text("author,author_channel_id,said,messages\n" + rows)
    report(tmp_path / "t.csv", tmp_path / "page.html", names=names)
    text = (tmp_path / "page.html").read_text()
    assert "hi @" in text
    assert [name in text for name in ("@secret", "UCsss", "@mallory")] == [there] * 3


def test_a_table_of_videos_tells_their_channel(tmp_path):
    rows = "".join(f"v{at},UC{'s' * 22},by @mallory,{at}\n" for at in range(5))
    (tmp_path / "t.csv").write_text("video_id,channel_id,description,views\n" + rows)
    report(tmp_path / "t.csv", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "UCsss" in text
    assert "by @mallory" in text


def test_comments_call_nobody_by_name_in_their_numbers_either(tmp_path):
    rows = "".join(f"c{at},@Mallory,@mallory Mallory @trent,{at}\n" for at in range(5))
    (tmp_path / "c.csv").write_text("comment_id,author,text,likes\n" + rows)
    report(tmp_path / "c.csv", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text().lower()
    assert "mallory" not in text
    assert "trent" not in text


@pytest.mark.slow
def test_one_author_is_one_pseudonym_in_all_of_a_report(tmp_path):
    line = '{"id": "%s", "offset_ms": %d, "author_name": "Ada", "text": "good"}\n'
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text("".join(line % (at, at) for at in range(5)))
    report([tmp_path / "one.jsonl", tmp_path / "two.jsonl"], tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert len(set(re.findall("anon-[0-9a-f]{16}", text))) == 1
    assert "by a key of this run alone" in text


def test_one_bad_input_stops_no_other_and_is_named(place):
    (place / "bad.srt").write_text("no cue at all")
    found = report([place / "videos.csv", place / "bad.srt", place / "gone.vtt"], place / "p.html")
    assert [one.kind for one in found.accounts] == ["stats"]
    assert [one.error.exit_code for one in found.problems] == [4, 4]
    text = whole((place / "p.html").read_text()).text
    assert "bad.srt" in text
    assert "gone.vtt: no such file" in text
    assert "not read" in repr(found)
    named = [one["input"].rpartition("/")[2] for one in found.plain()["problems"]]
    assert named == ["gone.vtt", "bad.srt"]


def test_nothing_but_bad_inputs_is_an_error_and_no_page(place):
    with pytest.raises(InputError, match="no such file"):
        report(place / "gone.vtt", place / "p.html")
    assert not (place / "p.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize("content", ["id,views\n", "id,views\n1,5\n", "id,views\na,-1\nb,-1\n"])
def test_poor_tables_have_a_page(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    report(tmp_path / "t.csv", tmp_path / "p.html")
    whole((tmp_path / "p.html").read_text())


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("")
    with pytest.raises(InputError, match=r"t\.csv"):
        report(tmp_path / "t.csv", tmp_path / "p.html")


def test_names_of_comments_by_other_collectors_are_on_no_page(tmp_path):
    path = tmp_path / "comments.csv"
    head = (
        "comment_id,authorDisplayName,authorChannelId,authorProfileImageUrl,textDisplay,likeCount"
    )
    rows = [
        f"c{at},Mallory Smith,UCmallorysmithxxxxxxxxxx,https://a.example/mallory,good {at},{at}"
        for at in range(12)
    ]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    page = tmp_path / "report.html"
    report(path, page)
    assert "mallory" not in page.read_text(encoding="utf-8").casefold()
    report(path, page, names=True)
    assert "Mallory" in page.read_text(encoding="utf-8")
