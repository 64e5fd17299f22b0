"""Caption tracks by name and language, the file that is sent, and the diff of two texts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.emulator import Emulator
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.settings import Settings
from loquitur.youtube import replacing
from loquitur.youtube.caption_diff import difference
from loquitur.youtube.caption_files import WRITTEN, caption_file
from loquitur.youtube.captions import (
    Track,
    comparable,
    delete_track,
    download_track,
    insert_track,
    is_strange,
    list_tracks,
    matching,
    same_language,
    update_track,
)
from loquitur.youtube.complaints import ExistsError, GoneError, RefusedInputError
from loquitur.youtube.publications import Publications
from loquitur.youtube.sessions import open_client

VIDEO = "abcdefghijk"
WORLD = {"captions": {"seeded": False}, "video": [{"key": "own", "id": VIDEO, "title": "Own"}]}
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\n00:03.000 --> 00:04.000 line:10%\n<i>Bye</i>\n"


@pytest.fixture
def emulator():
    with Emulator(seed=2, plan=WORLD) as running:
        yield running


@pytest.fixture
def client(emulator, tmp_path):
    with open_client(Settings(store=tmp_path, youtube_endpoint=emulator.endpoint)) as found:
        yield found


def track(language, name="", **more):
    return Track(id=f"{language}/{name}", video_id=VIDEO, language=language, name=name, **more)


def cues(*said):
    return CaptionTrack(
        language="en",
        cues=tuple(
            Cue(start_ms=start, end_ms=end, payload=payload) for start, end, payload in said
        ),
    )


def test_the_five_calls(client):
    made = insert_track(client, VIDEO, VTT, language="en", name="one", draft=True)
    assert (made.language, made.name, made.is_draft, made.status) == ("en", "one", True, "serving")
    assert abs((made.updated_at - datetime.now(tz=UTC)).total_seconds()) < 60
    assert list_tracks(client, VIDEO) == (made,)
    assert download_track(client, made.id) == VTT
    assert download_track(client, made.id, format="srt").startswith(b"1\n00:00:01,000")
    assert b"[de] Hello" in download_track(client, made.id, format="vtt", language="de")
    changed = update_track(client, made.id, VTT.replace(b"Hello", b"Hi"))
    assert changed.is_draft, "an update of the text alone leaves the draft state"
    assert not update_track(client, made.id, draft=False).is_draft
    assert b"Hi" in download_track(client, made.id)
    both = update_track(client, made.id, VTT, draft=True)
    assert both.is_draft
    assert download_track(client, made.id) == VTT
    delete_track(client, made.id)
    assert list_tracks(client, VIDEO) == ()


def test_refusals_have_their_classes(client, emulator):
    made = insert_track(client, VIDEO, VTT, language="en")
    with pytest.raises(ExistsError):
        insert_track(client, VIDEO, VTT, language="en")
    with pytest.raises(GoneError):
        download_track(client, "nothing")
    with pytest.raises(RefusedInputError):
        download_track(client, made.id, format="scc")
    with pytest.raises(RefusedInputError):
        insert_track(client, VIDEO, b"", language="de")
    before = len(emulator.calls())
    with pytest.raises(UsageError):
        download_track(client, made.id, format="docx")
    with pytest.raises(UsageError):
        update_track(client, made.id)
    for given_ in ({"language": "x y"}, {"language": "de", "name": "n" * 151},
                   {"language": "de", "name": "two\nlines"}):  # fmt: skip
        with pytest.raises(InputError):
            insert_track(client, VIDEO, VTT, **given_)
    with pytest.raises(InputError):
        list_tracks(client, "no id")
    assert len(emulator.calls()) == before


def test_a_key_alone_is_not_enough(emulator, tmp_path, monkeypatch):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", emulator.api_key)
    monkeypatch.delenv("LOQUITUR_YOUTUBE_TOKEN", raising=False)
    settings = Settings(store=tmp_path, youtube_endpoint=emulator.endpoint)
    with (
        open_client(settings) as client,
        pytest.raises(MissingError, match="owner alone") as caught,
    ):
        download_track(client, "any")
    assert "youtube transcript" in caught.value.hint


def test_changes_whose_answer_is_lost_are_looked_for(client, emulator, tmp_path):
    kept = Publications(tmp_path)
    made = insert_track(client, VIDEO, VTT, language="en")
    emulator.fault("captions.update", "lost_answer")
    assert replacing.set_draft(client, made, draft=True, publications=kept).is_draft
    assert len(emulator.calls("captions.update")) == 1
    (now,) = list_tracks(client, VIDEO)
    emulator.fault("captions.update", "reset")
    assert not replacing.set_draft(client, now, draft=False, publications=kept).is_draft
    assert len(emulator.calls("captions.update")) == 3
    (now,) = list_tracks(client, VIDEO)
    emulator.fault("captions.delete", "lost_answer")
    replacing.remove(client, now, publications=kept)
    assert list_tracks(client, VIDEO) == ()
    assert len(emulator.calls("captions.delete")) == 1
    with pytest.raises(UsageError, match="already"):
        replacing.set_draft(client, now, draft=False, publications=kept)


@pytest.mark.parametrize(
    ("one", "other"),
    [("iw", "he"), ("zh-CN", "zh-Hans"), ("EN-gb", "en-GB"), ("in-ID", "id-ID")],
)
def test_codes_of_one_meaning(one, other):
    assert same_language(one, other)


def test_codes_of_two_meanings():
    for one, other in (
        ("en", "en-GB"),
        ("zh-Hans", "zh-Hant"),
        ("pt-BR", "pt-PT"),
        ("zh", "zh-CN"),
    ):
        assert not same_language(one, other)


@given(
    st.sampled_from(("iw", "HE", "zh", "in", "pt", "En", "sgn")),
    st.lists(st.sampled_from(("Hans", "CN", "cn", "TW", "BR", "latn", "419")), max_size=2),
)
def test_the_comparable_form_is_one_form(head, rest):
    code = "-".join((head, *rest))
    assert comparable(comparable(code)) == comparable(code)
    assert same_language(code, code.upper())


def test_unknown_codes_are_strange_and_none_is_not():
    assert is_strange("qqq")
    assert not any(map(is_strange, ("haw", "zxx", "und", "en-GB", "iw", "zh-Hans")))


def test_a_track_is_found_by_its_own_code_first():
    tracks = [track("zh-CN"), track("zh-Hans"), track("en", kind="ASR"), track("he", "SDH")]
    assert matching(tracks, "zh-hans").language == "zh-Hans"
    assert matching(tracks, "zh-CHS").language in ("zh-CN", "zh-Hans")
    assert matching(tracks, "en") is None
    assert matching(tracks, "iw") is None
    assert matching(tracks, "iw", "SDH").language == "he"


def test_a_good_file_goes_out_byte_for_byte():
    made = caption_file(VTT, language="en")
    assert (made.content, made.form, made.notices) == (VTT, "vtt", ())
    srt = caption_file(VTT, language="en", format="srt")
    assert srt.form == "srt"
    assert [cue.text for cue in srt.track.cues] == ["Hello", "Bye"]
    assert any("cue settings" in line for line in srt.notices)


def test_what_is_mended_is_told():
    mixed = cues((5_000, 6_000, "late"), (1_000, 2_000, "early"), (3_000, 4_000, "  "))
    made = caption_file(mixed)
    assert [cue.text for cue in made.track.cues] == ["early", "late"]
    assert "1 cue without text or length left out" in made.notices
    assert "cues are put in the order of their times" in made.notices
    assert (
        "'qqq' is no language known here; YouTube may refuse it"
        in caption_file(mixed, language="qqq").notices
    )


def test_names_are_text_and_nameless_speakers_are_none():
    spoken = cues(
        (1_000, 2_000, "<v Ada>Good morning"),
        (3_000, 4_000, "<v Ada>Is it cold?"),
        (5_000, 6_000, "<v SPEAKER_01 (calm)>Not at all"),
        (7_000, 8_000, "<v Bob (happy)>I say it <i>is</i>"),
    )
    for form in WRITTEN:
        made = caption_file(spoken, format=form)
        texts = [cue.text for cue in made.track.cues]
        assert texts == ["Ada: Good morning", "Is it cold?", "Not at all", "Bob: I say it is"], form
        assert b"SPEAKER" not in made.content
    whole = caption_file(b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>Good morning\n", language="en")
    assert any("voice tags" in line for line in whole.notices)


def test_colours_go_out_as_srv3_and_not_at_zero():
    coloured = cues((0, 1_000, "<c.yellow>Look</c>"), (2_000, 3_000, "there"))
    made = caption_file(coloured, format="srv3")
    assert b't="1"' in made.content
    assert b"yellow" not in made.content
    assert b'fc="#FFFF00"' in made.content
    assert any("srv3 keeps them" in line for line in caption_file(coloured).notices)


def test_notes_of_ours_stay_here():
    from loquitur.model.captions import noted

    draft = noted(cues((1_000, 2_000, "text")), ["Draft quality: check before use"])
    made = caption_file(draft)
    assert b"Draft" not in made.content
    assert any("draft quality" in line for line in made.notices)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 3_000_000), st.integers(1, 9_000),
            st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1),
        ),
        min_size=1, max_size=8,
    ),
    st.sampled_from(WRITTEN),
)  # fmt: skip
def test_whatever_is_sent_says_what_was_meant(said, form):
    from loquitur.markup import write

    meant = cues(*((start, start + long, write((text,), "vtt")[0]) for start, long, text in said))
    made = caption_file(meant, language="en", format=form)
    kept = sorted(meant.cues, key=lambda cue: cue.start_ms)
    assert [cue.start_ms for cue in made.track.cues] == [cue.start_ms for cue in kept]


def test_two_equal_texts_do_not_differ():
    assert difference(cues((1, 2, "a")), cues((1, 2, "a")), before="x", after="y").same


def test_a_change_of_style_is_a_change():
    found = difference(cues((1, 2, "a b")), cues((1, 2, "<i>a</i> b")), before="x", after="y")
    assert not found.same
    assert (found.restyled, found.changed, found.lines) == (1, 0, ())


def test_the_counts_of_a_diff_add_up():
    dice = random.Random(1)
    for _ in range(50):
        old = cues(
            *((n * 100, n * 100 + 50, dice.choice("abc")) for n in range(dice.randrange(30)))
        )
        new = replace(old, cues=tuple(
            replace(cue, payload="z") if dice.random() < 0.2 else cue
            for cue in old.cues if dice.random() < 0.8
        ))  # fmt: skip
        found = difference(old, new, before="x", after="y")
        assert found.kept + found.changed + found.removed == len(old.cues)
        assert found.kept + found.changed + found.added == len(new.cues)
        minus = sum(line.startswith("-") for line in found.lines[2:])
        plus = sum(line.startswith("+") for line in found.lines[2:])
        assert (minus, plus) == (found.changed + found.removed, found.changed + found.added)


def test_files_of_youtubes_own_kind_go_out_as_they_are(shared):
    """What its editors write is taken byte for byte; ASS becomes WebVTT."""
    count = 0
    for path in sorted((shared / "youtube" / "srv3").glob("*.ytt")):
        content = path.read_bytes()
        assert caption_file(content, language="en").content == content, path.name
        count += 1
    for path in sorted((shared / "youtube" / "srv3").glob("*.ass")):
        made = caption_file(path.read_bytes(), language="en")
        assert made.form == "vtt"
        assert made.track.cues
    assert count > 20
