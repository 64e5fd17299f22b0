"""The page: self-contained, sound for a parser whatever strangers write, small, the same twice."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_accounts import FIGURES, HOSTILE, account, categories, clock_figure, table
from page_reading import Page, sound, whole

from loquitur.errors import FullError, InputError
from loquitur.insight import page
from loquitur.insight.account import Account, Axis, Figure, Moment, Section, Series, Told
from loquitur.insight.page.markup import address, escaped, linked
from loquitur.insight.page.rows import table_html
from loquitur.tables.table import Column, Table

pytest.importorskip("matplotlib")
MADE = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


def written(tmp_path, accounts, **more):
    path = tmp_path / "page.html"
    page.write(accounts, path, made=MADE, **more)
    return path.read_text(encoding="utf-8")


def data_of(text):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found[1])


def test_a_page_is_whole_and_says_what_it_was_given(tmp_path):
    text = written(tmp_path, [account("Busan", figures=FIGURES.values())], title="My report")
    found = whole(text)
    assert "My report" in found.text
    assert "It has 12 messages: Busan" in found.text
    assert "It is small." in found.text
    assert "2026-11-26 09:30 UTC" in found.text
    assert found.tags.count("figure") == len(FIGURES)
    assert "https://youtu.be/t5qgjJIBy9g?t=5" in found.links
    assert len(text.encode()) < 150_000


def test_the_same_accounts_give_the_same_bytes(tmp_path):
    accounts = [account("Busan", figures=[FIGURES["clock"], FIGURES["bars"]])]
    assert written(tmp_path, accounts) == written(tmp_path, accounts)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_texts_of_strangers_stay_texts(tmp_path, text):
    def tags(text, problem):
        told = account(text, url="")
        found = whole(written(tmp_path, [told], title=text, problems=[problem]))
        assert not re.search("[\u202a-\u202e\u2066-\u2069\ud800-\udfff\x00\x1b]", found.text)
        return [tag for tag in found.tags if tag != "a"]

    assert tags(text, text) == tags("plain", "plain")


@pytest.mark.slow
def test_texts_of_strangers_stay_texts_in_pictures_too(tmp_path):
    figures = [clock_figure(label=text, url=text, origin=text, count=20) for text in HOSTILE]
    found = whole(written(tmp_path, [account("x", figures=[*figures, categories(HOSTILE)])]))
    assert not [href for href in found.links if re.match("[a-z]+:(?!//)", href)]
    assert set(found.tags) & {"b", "img"} == set()
    assert "<img src=x onerror=alert(1)>" in found.text


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
@settings(max_examples=15)
def test_any_text_keeps_the_structure_of_a_page(subject, url):
    def tags(text):
        told = Account(
            kind="chat", subject=text, says=(text,), sections=account(text, url="").sections,
            methods=(text,), limits=(text,), source="",
        )  # fmt: skip
        return sound(page.fragment(told)).tags

    assert tags(subject) == tags("plain")
    href = address(url)
    assert href == "" or Page(f'<a href="{href}">x</a>').links


@given(st.text(max_size=80))
@settings(max_examples=100)
def test_any_text_is_one_line_of_text_in_html(text):
    found = Page(f'<p title="{escaped(text)}">{escaped(text)}</p>')
    assert found.tags == ["p"]
    assert list(found.attributes[0][1]) == ["title"]
    assert "\n" not in found.text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://youtu.be/abc?t=5&x=<b>", ""),
        ("https://youtu.be/abc?t=5&x=1", "https://youtu.be/abc?t=5&amp;x=1"),
        ("HTTPS://x.org", ""), ("javascript:alert(1)", ""), ("JaVaScRiPt:alert(1)", ""),
        (" javascript:alert(1)", ""), ("java\tscript:alert(1)", ""), ("data:text/html,x", ""),
        ("//evil.org/x", ""), ("\\\\evil\\x", ""), ("file:///etc/passwd", ""), ("#top", "%23top"),
        ("talk.mp4#t=5", "talk.mp4#t=5"), ("/videos/talk 1.mp4#t=61", "/videos/talk%201.mp4#t=61"),
        ("a?b%c.mp4", "a%3Fb%25c.mp4"), ("what: a talk.mp4", ""), ("", ""),
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_and_of_files_are_links(url, expected):
    assert address(url) == expected
    assert linked("x", url).startswith("<a ") == bool(expected)


def test_links_to_files_lead_there_from_the_folder_of_the_page(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    page.write([account("x", url="talk.mp4#t=5")], tmp_path / "out" / "page.html")
    assert "../talk.mp4#t=5" in Page((tmp_path / "out" / "page.html").read_text()).links


def test_data_are_embedded_once_with_missing_values_as_null(tmp_path):
    told = account("</script>", figures=[FIGURES["steps"], FIGURES["bars"]])
    data = data_of(written(tmp_path, [told]))
    found = next(one for one in data.values() if one["name"] == "top_videos")
    assert found["rows"][3][2] is None
    assert found["rows"][2][1] == "</script>"
    assert found["of"] == 12
    entropy = next(one for one in data.values() if one["name"] == "entropy")
    assert entropy["columns"] == [["series", "text", ""], ["x", "float", "ms"],
                                  ["y", "float", "bits"]]  # fmt: skip
    assert entropy["rows"][1] == ["H", 300_000, None]
    authors = next(one for one in data.values() if one["name"] == "authors")
    assert authors["rows"][0] == ["messages", "one", -1, -2, 0.5]


def test_numbers_stand_right_with_separators_and_missing_ones_as_a_dash(tmp_path):
    text = written(tmp_path, [account("x")])
    assert '<td class="r">121,000</td>' in text
    assert '<td class="r">–</td>' in text
    assert '<td class="r">0:00:11</td>' in text
    assert '<th scope="col" class="r">views</th>' in text


def test_long_tables_are_cut_and_say_so(tmp_path):
    found = Page(written(tmp_path, [account("x", rows=900)]))
    assert "the first 200 of 900 rows; the download has all of them" in found.text
    assert found.tags.count("tr") == 201


@pytest.mark.slow
def test_fifty_videos_stay_under_500_kb(tmp_path):
    accounts = [
        account(f"Video {at}", kind="transcript", figures=[clock_figure(), *FIGURES.values()][:4])
        for at in range(50)
    ]
    text = written(tmp_path, accounts)
    found = whole(text)
    assert len(text.encode()) < 500_000
    assert found.tags.count("figure") >= 50
    assert "Left out here to keep the page small" in found.text
    assert len(written(tmp_path, [account("x", rows=50, figures=FIGURES.values())])) < 500_000


@pytest.mark.slow
def test_any_collection_stays_under_5_mb(tmp_path):
    accounts = [account(f"Video {at}" * 20, figures=FIGURES.values()) for at in range(3000)]
    assert len(written(tmp_path, accounts).encode()) < 5_000_000
    assert len(written(tmp_path, [account("y" * 500, rows=60_000)]).encode()) < 5_000_000


def test_a_page_without_accounts_says_so(tmp_path):
    found = whole(written(tmp_path, [], problems=["a.srt: no cue"]))
    assert "There is nothing to report." in found.text
    assert "a.srt: no cue" in found.text


def test_a_fragment_has_its_own_style_and_neither_script_nor_ids():
    text = page.fragment(account("Busan", figures=FIGURES.values()))
    found = sound(text)
    assert found.scripts == []
    assert found.ids == []
    assert len(text) < 60_000
    for rule in re.findall(r"(?:^|\})([^{}@]+)\{", found.raw["style"]):
        assert all(".lq" in one for one in rule.split(",")), rule


def test_the_style_has_each_class_that_the_pictures_use(tmp_path):
    found = whole(written(tmp_path, [account("x", figures=FIGURES.values())]))
    used = {
        name
        for tag, attributes in found.attributes
        if tag in ("path", "text", "g", "svg")
        for name in (attributes.get("class") or "").split()
    }
    assert used >= {"p", "w", "s", "k0", "f0", "kg", "kx", "fi", "h"}
    assert {name for name in used if f".{name}" not in found.raw["style"]} == set()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        page.write([], tmp_path)
    with pytest.raises(FullError):
        page.write([account("x" * 9000)], Path("/dev/full"))


class Result(Told):
    """A result of one sentence."""

    def plain(self):
        return {}

    def table(self):
        return table()

    def account(self):
        return Account(kind="chat", subject="Busan\x1b", says=("One.", "Two."))


def test_results_print_as_what_they_say_and_show_themselves_in_a_notebook():
    assert repr(Result()) == "Result: Busan\ufffd\n  One.\n  Two."
    assert "Busan" in Result()._repr_html_()


def test_a_dataclass_of_results_keeps_that_print():
    from dataclasses import dataclass

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Long(Result):
        rows: tuple[int, ...]

    assert repr(Long(rows=(1,) * 1000)) == "Long: Busan\ufffd\n  One.\n  Two."


def test_many_series_and_marks_are_cut_and_said(tmp_path):
    lines = tuple(Series(name=f"s{at}", x=(0.0, 1.0), y=(float(at), 1.0)) for at in range(20))
    figure = Figure(
        name="many", title="Many", says="Many lines.", x=Axis(label="x"), y=Axis(label="y"),
        series=lines,
    )  # fmt: skip
    found = whole(written(tmp_path, [account("x", figures=[figure])]))
    assert "8 of 20 series are not drawn." in found.text


def test_a_moment_of_one_time_is_no_range(tmp_path):
    spans = ((5_000, 5_001, ""), (6_000, 6_900, ""), (7_000, 9_000, ""), (0, 1, "2026-03-01"))
    moments = [Moment(start_ms=a, end_ms=b, label="x", at=at) for a, b, at in spans]
    account = Account(
        kind="chat", subject="a", says=(), sections=(Section(title="s", moments=tuple(moments)),)
    )
    page.write([account], tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text()
    assert re.findall(r"<li>([^<]*) <bdi>x</bdi></li>", text) == [
        "0:00:05", "0:00:06", "0:00:07–0:00:09", "2026-03-01",
    ]  # fmt: skip


def test_a_link_to_a_moment_is_called_by_its_time(tmp_path):
    text = written(tmp_path, [account("https://youtu.be/t5qgjJIBy9g?t=61")])
    assert 't=61" rel="noreferrer noopener">0:01:01</a></td>' in text


def test_what_is_no_number_is_missing_and_what_is_endless_no_time():
    columns = (Column(name="start_ms", type="float", unit="ms"), Column(name="CCDF", type="float"))
    data = ((math.nan, math.inf, 5_000.0), (math.nan, 1.0, 2.0))
    html = table_html(Table(name="CCDF of YouTube", columns=columns, data=data), most=5)
    assert re.findall(r'"r">([^<]*)</td>', html) == ["–", "–", "inf", "1", "0:00:05", "2"]
    assert "<caption>CCDF of YouTube: 3 rows" in html


def test_columns_without_values_are_left_out_and_money_stands_right_and_heads_say_so(tmp_path):
    columns = (
        Column(name="author", derived=True), Column(name="none", type="int", derived=True),
        Column(name="total", unit="currency", derived=True),
        Column(name="share", type="float", derived=True),
    )  # fmt: skip
    table = Table.from_rows("money", columns, [("anon-1", None, "4000.50", 0.5)])
    table = replace(table, about={**table.about, "rows": 9})
    section = Section(title="s", tables=(table,))
    text = written(tmp_path, [Account(kind="comments", subject="a", says=(), sections=(section,))])
    assert "the first 1 of 9 rows; computed here" in text
    assert ">none<" not in text
    assert '<th scope="col" class="r" data-c="2">total<small>currency</small></th>' in text
    assert '<td class="r">4,000.50</td>' in text
    assert "<small>derived</small>" not in text
