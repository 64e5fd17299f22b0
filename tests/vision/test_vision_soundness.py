"""What is wrong with a corpus is found before training, and said in one line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from loquitur.errors import InputError
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.soundness import check, is_file, require_sound

SAID = (Sentence(text="a cat sleeps", language="en"),)


def clip_of(name: str, split: str, **more: object) -> Clip:
    given: dict = {"video_id": f"v-{name}", "source": f"shapes:{name}", "sentences": SAID, **more}
    return Clip(clip_id=name, split=split, **given)


def sound(*more: Clip) -> Corpus:
    clips = (clip_of("a", "train"), clip_of("b", "validation"), clip_of("c", "test"), *more)
    return Corpus(name="corpus", clips=clips)


def codes(corpus: Corpus, level: str = "error", **more: object) -> list[str]:
    return [one.code for one in check(corpus, **more) if one.level == level]


def test_a_sound_corpus_has_no_errors() -> None:
    assert codes(sound()) == []
    assert codes(sound(), "warning") == []
    assert {one.code for one in require_sound(sound())} == {"sentence-in-splits"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (clip_of("d", "test", video_id="v-a"), "video-in-splits"),
        (clip_of("d", "test", source="shapes:a"), "source-in-splits"),
        (clip_of("a", "train"), "clip-twice"),
        (clip_of("d", "train", start_ms=5000, end_ms=5000), "span"),
        (clip_of("d", "train", end_ms=0), "span"),
        (clip_of("d", "train", start_ms=-1), "span"),
    ],
)
def test_errors_are_found_and_refused(more: Clip, code: str) -> None:
    assert codes(sound(more)) == [code]
    with pytest.raises(InputError, match=r"^corpus: .*") as caught:
        require_sound(sound(more))
    assert "\n" not in str(caught.value)
    require_sound(sound(more), allowed=[code])


def test_one_address_written_in_two_ways_is_one_source() -> None:
    a = clip_of("d", "train", source="https://youtu.be/abcdefghijk")
    b = clip_of("e", "test", source="https://www.youtube.com/watch?v=abcdefghijk")
    assert codes(sound(a, b)) == ["source-in-splits"]


def test_empty_splits_are_named() -> None:
    corpus = Corpus(name="c", clips=(clip_of("a", "train"), clip_of("b", "dev")))
    with pytest.raises(InputError, match=r"the split 'validation' is empty \(clips: train 1, dev"):
        require_sound(corpus)
    assert codes(corpus, "note")[0] == "split-empty"
    with pytest.raises(InputError, match=r"train' is empty.* \(and 1 more error\)"):
        require_sound(Corpus(name="c", clips=(clip_of("a", ""),)))
    with pytest.raises(InputError, match="no clip at all"):
        require_sound(Corpus(name="c", clips=()))
    with pytest.raises(InputError, match="no sentence in the language 'de' in the split 'train'"):
        require_sound(sound(), language="de")


def test_equal_files_under_two_names_are_a_leak(tmp_path: Path) -> None:
    clips = []
    for name, split, data in (
        ("d", "train", b"film"),
        ("e", "test", b"film"),
        ("f", "test", b"flim"),
    ):
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(data)
        clips.append(clip_of(name, split, source=str(path)))
    assert codes(sound(*clips)) == ["content-in-splits"]
    assert codes(sound(*clips), contents=False) == []
    (found,) = (one for one in check(sound(*clips)) if one.code == "content-in-splits")
    assert found.examples == ("d = e",)


def test_what_is_lost_or_far_is_told(tmp_path: Path) -> None:
    corpus = sound(
        clip_of("d", "train", source=str(tmp_path / "gone.mp4")),
        clip_of("e", "train", source="-bcdefghijk"),
        clip_of("f", "train", source=""),
        clip_of("g", "train", sentences=()),
    )
    assert set(codes(corpus, "warning")) == {"source-missing", "no-sentence"}
    assert {"source-remote", "source-none"} <= set(codes(corpus, "note"))


def test_repeated_sentences_are_notes() -> None:
    said = (Sentence(text="A dog."), Sentence(text="a dog"))
    corpus = sound(clip_of("d", "train", sentences=said))
    assert "sentence-twice" in codes(corpus, "note")


def test_messages_show_strangers_names_harmlessly() -> None:
    evil = dataclasses.replace(clip_of("\x1b[2Jx", "train"), end_ms=0)
    (found,) = (one for one in check(sound(evil)) if one.level == "error")
    assert "\x1b" not in found.message


def test_what_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("abcdefghijk").write_bytes(b"")
    assert is_file("abcdefghijk")
    assert is_file("clip.mp4")
    assert not is_file("-bcdefghijk")
    assert not is_file("shapes:1")
    assert not is_file("https://a.org/b.mp4")
    assert not is_file("")
