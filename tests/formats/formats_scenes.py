"""Transcripts and tracks with everything that formats stumble over."""

from __future__ import annotations

from loquitur.model.captions import Block, CaptionTrack, Cue, Node, Region, Settings
from loquitur.model.speech import (
    Feeling,
    Provenance,
    Speaker,
    SpokenWord,
    Transcript,
    Utterance,
)


def _said(speaker, start_ms, texts, label=None, overlap=()):
    words = tuple(
        SpokenWord(
            start_ms=start_ms + 400 * index,
            end_ms=start_ms + 400 * index + 350,
            text=text,
            confidence=0.25 + index / 64 if index % 3 else None,
            timing="interpolated" if index == 1 else "engine",
            overlap=overlap if index == 0 else (),
        )
        for index, text in enumerate(texts)
    )
    end_ms = words[-1].end_ms
    feeling = label and Feeling(
        start_ms=start_ms,
        end_ms=end_ms,
        label=label,
        score=0.5,
        scores=((label, 0.5), ("other", 0.5)),
        arousal=0.375,
        source="prosody",
    )
    return Utterance(
        start_ms=start_ms, end_ms=end_ms, speaker=speaker, words=words, feeling=feeling or None
    )


def adversarial() -> Transcript:
    """Two speakers with hostile names; arrows, entities, tags, CJK, RTL, emoji; ten hours in."""
    return Transcript(
        media_id="sha256:" + "ab" * 32,
        title="A *talk* <b>about</b>\r\n[brackets] & more",
        language="mul",
        duration_ms=360_100_000,
        speakers=(Speaker(id="SPEAKER_00"), Speaker(id="SPEAKER_01", name="Ada > <i>L</i>\n& co")),
        utterances=(
            _said("SPEAKER_00", 540, ["I", "have", "a", "dream."], "neutral", ("SPEAKER_01",)),
            _said("SPEAKER_01", 5_000, ["a", "-->", "b,", "&amp;", "<b>x</b>", "1 < 2"], "excited"),
            _said("SPEAKER_01", 12_000, ["講演は、", "これで", "終わります。", "漢" * 45]),
            _said("SPEAKER_00", 20_000, ["שלום", "עולם.", "مرحبا", "\u200fabc\u200e"], "calm"),
            _said("SPEAKER_00", 26_000, ["👩‍👩‍👧", "e\u0301clair", "#1", "1.", "`c`", "{\\an8}"]),
            _said("SPEAKER_01", 32_000, ["12", "x\r\n\r\n00:00:01.000", "--->", "\u2028y\x00\x1b"]),
            _said("SPEAKER_00", 360_000_000, ["Over", "a", "hundred", "hours."], "calm"),
        ),
        provenance=(
            Provenance(
                stage="transcribe",
                engine="pocketsphinx",
                version="5.1.1",
                model="en-us",
                parameters='{"beam": 1e-48, "name": "é"}',
                draft=True,
            ),
            Provenance(stage="diarize", engine="dvector", version="1"),
        ),
        notes=("One note --> with an arrow\n\nand a blank line.",),
        video_id="dQw4w9WgXcQ",
    )


def rich() -> CaptionTrack:
    """Every kind of node, an id, settings, a header; and what no format can carry."""
    ruby = Node(tag="ruby", children=("漢", Node(tag="rt", children=("kan",))))
    first = (
        Node(tag="v", classes=("loud", "a b.c"), annotation="Ada", children=("Hi ", ruby)),
        "\n\n",
        Node(tag="i", children=(Node(tag="b", children=("bold",)), Node(tag="u", children=("u",)))),
        Node(tag="c", classes=("x",), children=("col",)),
        Node(tag="lang", annotation="fr", children=("oui",)),
        Node(tag="time", start_ms=1_500),
        Node(tag="blink", children=("still here",)),
    )
    return CaptionTrack(
        language="en",
        header=("Kind: captions", "Language: en", "bad --> header"),
        blocks=(
            Block(kind="style", text="::cue(v) { color: lime }"),
            Block(kind="region", text="", region=Region(id="top", lines=2, scroll="up")),
            Block(kind="note", text="Plain note"),
            Block(kind="note", text="In between\n-->", before=2),
            Block(kind="style", text="a --> b", before=4),
        ),
        cues=(
            Cue.of(
                start_ms=1_000,
                end_ms=2_000,
                tree=first,
                id="one",
                settings=Settings(
                    align="start",
                    line=12.5,
                    snap_to_lines=False,
                    line_align="end",
                    position=10,
                    position_align="line-left",
                    size=40,
                ),
            ),
            Cue.of(
                start_ms=2_000,
                end_ms=3_000,
                tree=("--", ">", "<", "b>"),
                id="a-->b",
                settings=Settings(region="top"),
            ),
            Cue.of(start_ms=3_000, end_ms=4_000, tree=(" \n",), id=""),
            Cue(start_ms=4_000, end_ms=5_000, payload="{\\an8}<i>last</i> 3 < 4", notation="srt"),
        ),
    )
