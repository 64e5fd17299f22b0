"""CSV, TSV, labels, STM, LRC, timed text, RealText, SubRip for editing, Word, STL and SCC."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from xml.etree import ElementTree as ET

import pytest
from formats_scenes import adversarial
from hypothesis import given
from hypothesis import strategies as st

from loquitur import formats
from loquitur.errors import InputError, MissingError
from loquitur.formats import Document
from loquitur.formats.tables import guarded, unguarded
from loquitur.model.captions import CaptionTrack, Cue, Node, Settings


def read(text, form):
    return formats.read(Document.of_text(text), form=form)


def shown(track):
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in track.cues]


def plain(*spans):
    cues = (Cue(start_ms=a, end_ms=b, payload=text, notation="plain") for a, b, text in spans)
    return CaptionTrack(language="en", cues=tuple(cues))


@given(st.text(st.sampled_from("'=+-@\t＝x1"), max_size=6))
def test_no_cell_is_a_formula_and_each_comes_back(cell):
    safe = guarded(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "＝"))
    assert unguarded(safe) == cell


def test_csv_of_captions_and_of_others():
    text = formats.write_track("csv", plain((1000, 2500, '=cmd|"x"!A1'), (3000, 4000, "a\nb"))).text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1] == ["", "00:00:01.000", "00:00:02.500", "", '\'=cmd|"x"!A1']
    assert shown(read(text, "csv"))[1] == (3000, 4000, "a\nb")
    assert shown(read("Start;End;Text\n1,5;2;x\n", "csv")) == [(1500, 2, "x")]
    assert shown(read("start\tend\ttext\n0\t2500\thi\n", "tsv")) == [(0, 2500, "hi")]
    track = read("start_s,end_s,speaker,text\n1,2,Ada,hi\nx,y,Bob,no\n", "csv")
    assert track.cues[0].tree == (Node(tag="v", annotation="Ada", children=("hi",)),)
    assert [(one.code, one.line) for one in track.diagnostics] == [("table.time", 3)]
    with pytest.raises(InputError, match="columns"):
        read("a,b\n1,2\n", "csv")


def test_csv_of_a_transcript_has_a_row_for_each_utterance():
    text = formats.write("csv", adversarial()).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 7
    assert (rows[0]["speaker"], rows[0]["emotion"], rows[0]["text"]) == (
        "SPEAKER_00", "neutral", "I have a dream.",
    )  # fmt: skip


def test_audacity_labels():
    text = "1.000000\t2.500000\thi there\n\\\t100\t200\nrubbish\n"
    track = formats.read(Document.of_text(text))
    assert (track.format, shown(track)) == ("audacity", [(1000, 2500, "hi there")])
    assert formats.write_track("audacity", track).text == "1.000000\t2.500000\thi there\n"


def test_lrc_with_words_and_metadata():
    text = "[ti:Song]\n[la:en]\n[offset:+100]\n[00:01.00][00:05.00]a <00:01.50>b\n[00:03.00]\n"
    track = formats.read(Document.of_text(text))
    assert (track.format, track.language, track.header) == ("lrc", "en", ("[ti:Song]", "[la:en]"))
    assert shown(track) == [(900, 2900, "a b"), (4900, 8900, "a b")]
    assert Node(tag="time", start_ms=1500) in track.cues[0].tree


def test_stm_lines():
    track = read(";; c\nf 1 Ada_L 1.0 2.5 <o,f0> hi there\nf 1 unknown 3 4 x\nbad\n", "stm")
    assert shown(track) == [(1000, 2500, "hi there"), (3000, 4000, "x")]
    assert track.cues[0].tree[0].annotation == "Ada L"
    assert [(one.code, one.line) for one in track.diagnostics] == [("stm.junk", 4)]


def test_ctm_and_rttm_of_captions():
    voice = Node(tag="v", annotation="Ada", children=("ab cd",))
    cue = Cue.of(start_ms=0, end_ms=600, tree=(voice,))
    track = CaptionTrack(language="", cues=(cue,))
    ctm = formats.write_track("ctm", track)
    assert ctm.text == ";; media\nmedia 1 0.000 0.300 ab\nmedia 1 0.300 0.300 cd\n"
    assert "true word times (a cue's time is shared out where it says none)" in ctm.losses
    assert formats.write_track("rttm", track).text == (
        "SPEAKER media 1 0.000 0.600 <NA> <NA> Ada <NA> <NA>\n"
    )


def test_timed_text_of_transcribers():
    drop = formats.read(Document.of_text("*TC 00:01:00;02\nHi\nthere\n\n*TC 00:01:02:00\nx\n"))
    assert shown(drop)[0] == (60_060, 62_062, "Hi\nthere")
    track = formats.read(Document.of_text("00:00:02.867\nAlright\n\n00:00:06.100\nyes\n"))
    assert shown(track) == [(2867, 6100, "Alright"), (6100, 7600, "yes")]
    with pytest.raises(InputError, match="time on a line"):
        read("no times at all", "txt")


def test_realtext(shared):
    track = formats.read(shared / "subtitles" / "google-captions" / "odd" / "kentonvarda.rt")
    assert len(track.cues) == 88
    first = track.cues[0]
    assert (first.start_ms, first.end_ms) == (5400, 10_145)
    assert first.payload.startswith("<i>So, ah, we've got")


def test_every_odd_file_of_the_data_is_read(shared):
    odd = shared / "subtitles" / "google-captions" / "odd"
    counts = {path.name: len(formats.read(path).cues) for path in sorted(odd.iterdir())}
    assert min(counts.values()) > 3
    assert len(counts) == 21


def test_subrip_for_editing_programs():
    cues = (
        Cue.of(start_ms=0, end_ms=5000, tree=(Node(tag="c", classes=("x",), children=("ä",)),)),
        Cue(
            start_ms=2000, end_ms=3000, payload="{\\an8}<font color=red><i>b</i></font>",
            notation="srt",
        ),
        Cue.of(start_ms=2000, end_ms=4000, tree=("c",), settings=Settings(line=0)),
        Cue.of(start_ms=4000, end_ms=4000, tree=("flash",)),
    )  # fmt: skip
    written = formats.write_track("premiere", CaptionTrack(language="", cues=cues))
    assert written.content.decode("utf-8") == (
        "\ufeff1\r\n00:00:00,000 --> 00:00:02,000\r\nä\r\n\r\n"
        "2\r\n00:00:02,000 --> 00:00:04,000\r\n<i>b</i>\r\nc\r\n"
    )
    assert not formats.write_track("premiere", plain((0, 1, "a"))).content.startswith(b"\xef")


PARTS = {
    "[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml",
    "word/_rels/document.xml.rels", "docProps/core.xml",
}  # fmt: skip
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def paragraphs(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        assert set(package.namelist()) == PARTS
        trees = {name: ET.fromstring(package.read(name)) for name in PARTS}
    styles = {one.get(f"{W}styleId") for one in trees["word/styles.xml"].iter(f"{W}style")}
    document = trees["word/document.xml"]
    used = {
        one.get(f"{W}val") for tag in ("pStyle", "rStyle") for one in document.iter(f"{W}{tag}")
    }
    assert used <= styles
    return [
        "".join(text.text or "" for text in one.iter(f"{W}t")) for one in document.iter(f"{W}p")
    ]


def test_word_documents_are_whole_and_the_same_each_time():
    written = formats.write("docx", adversarial())
    found = paragraphs(written.content)
    assert found[0] == "A *talk* <b>about</b> [brackets] & more"
    assert "0:00  SPEAKER_00 (neutral): I have a dream." in found
    assert written.content == formats.write("docx", adversarial()).content
    track = formats.write_track("docx", plain((61_000, 62_000, "a <b>\x00\nb")))
    assert paragraphs(track.content)[-1] == "1:01  a <b>\ufffdb"


def stl(text=b"Hello\x8aWorld"):
    """A small EBU STL file: a general block and one subtitle, 1 s to 2 s."""
    gsi = b"437STL25.01" + b"0" + b"00" + b"09" + b" " * (1024 - 16)
    gsi = bytearray(gsi)
    gsi[238:243], gsi[243:248], gsi[248:251] = b"00001", b"00001", b"001"
    gsi[251:253], gsi[253:255], gsi[255:256] = b"40", b"23", b"1"
    gsi[256:264] = b"00000000"
    tti = struct.pack("<BHBBBBBBBBBBBBBB112s", 0, 1, 255, 0, 0, 0, 1, 0, 0, 0, 2, 0, 20, 2, 0, 0,
                      text.ljust(112, b"\x8f"))[:128]  # fmt: skip
    return bytes(gsi) + tti.ljust(128, b"\x8f")


def test_stl_and_scc_are_read_where_their_library_is(shared):
    pytest.importorskip("ttconv")
    folder = shared / "subtitles" / "ttconv" / "scc"
    pop = formats.read(folder / "pop-on.scc")
    assert (pop.format, len(pop.cues) > 0) == ("scc", True)
    assert all(
        cue.start_ms < cue.end_ms for path in folder.iterdir() for cue in formats.read(path).cues
    )
    track = formats.read(Document(data=stl()))
    assert (track.format, shown(track)) == ("stl", [(1000, 2000, "Hello\nWorld")])
    with pytest.raises(InputError):
        formats.read(Document(data=b"437STL25.01" + b"x" * 500), form="stl")


def test_stl_and_scc_say_what_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ttconv.scc.reader", None)
    with pytest.raises(MissingError, match="ttconv") as caught:
        read("Scenarist_SCC V1.0\n", "scc")
    assert caught.value.hint == 'pip install "loquitur[broadcast]"'


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ("WEBVTT\n", "vtt"), ("1\n00:00:01,000 --> 00:00:02,000\n", "srt"),
        ("[ti:x]\n[00:01.00]a", "lrc"),
        ("0:00:01.000,0:00:02.000\n", "sbv"), ("; x\n[Script Info]\n", "ass"),
        ("0.5\t1.0\ta", "audacity"),
        ('<?xml version="1.0"?>\n<!-- c -->\n<tt xmlns="x">', "ttml"),
        ("id,start,end,speaker,text\n", "csv"),
        ("<timedtext>", "srv3"), ('{\n"wireMagic": "pb3", "pens": [{}], "events": [', "json3"),
        ("start\tend\ttext\n", "tsv"), ('{"schema": "x"}', "json"), ("*TC 00:00:01;00\n", "txt"),
        (";; c\nf 1 s 0.0 1.0 <o> x\n", "stm"), ("<window><time begin=", "rt"), ("just text", ""),
        ("Scenarist_SCC V1.0", "scc"), ("437STL25.01", "stl"), ("\n" * 4000, ""), ("0" * 4000, ""),
    ],
)  # fmt: skip
def test_formats_are_known_by_how_they_begin(head, form):
    from loquitur.formats.sniffing import sniff

    assert sniff(head.encode()) == form
