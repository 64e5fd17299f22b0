"""Videos of a corpus are fetched once each, and what cannot be had is told."""

from __future__ import annotations

import dataclasses
import json
import threading
import wave
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scripted_server import serving

from loquitur import clip_sources
from loquitur.clip_sources import TABLE, Brought, fetch
from loquitur.errors import FullError, InputError, RemoteError, TransientError
from loquitur.media.probe import probe
from loquitur.settings import Settings
from loquitur.testing import tiny_corpora as tiny
from loquitur.vision.clips import Clip, Corpus, Sentence

FILM = tiny.films(1)[0]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return tiny.write_film(FILM, tmp_path_factory.mktemp("film") / "film.mp4").read_bytes()


@pytest.fixture
def online(settings: Settings) -> Settings:
    return dataclasses.replace(settings, offline=False, allow_private=True, jobs=2)


def clip_of(name: str, source: str, start_ms: int | None = None, end_ms: int | None = None) -> Clip:
    return Clip(
        clip_id=name,
        video_id=source,
        source=source,
        start_ms=start_ms,
        end_ms=end_ms,
        sentences=(Sentence(text="a square"),),
        split="train",
    )


def corpus_of(*clips: Clip) -> Corpus:
    return Corpus(name="c", clips=clips)


def states(rows: tuple[Brought, ...]) -> dict[str, str]:
    return {row.clip: row.state for row in rows}


def table(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / TABLE).read_text().splitlines()]


def answering(film: bytes) -> Any:
    def script(request: Any, handler: Any) -> None:
        if "gone" in request.path:
            handler.reply(404)
        elif "closed" in request.path:
            handler.reply(403)
        elif "down" in request.path:
            handler.reply(503)
        elif "text" in request.path:
            handler.reply(body=b"no film at all" * 50)
        else:
            handler.ranged(request, film)

    return script


@pytest.mark.slow
def test_a_video_is_fetched_once_for_all_its_clips(
    tmp_path: Path, online: Settings, film: bytes
) -> None:
    with serving(answering(film)) as server:
        url = f"{server.url}/a/film.mp4"
        corpus = corpus_of(
            clip_of("one", url, 0, 2000),
            clip_of("two", url, 2000, 4000),
            clip_of("late", url, 3900, 9000),
            clip_of("rest", url, 3000, 4500),
            clip_of("whole", url),
            clip_of("gone", f"{server.url}/gone.mp4"),
            clip_of("closed", f"{server.url}/closed.mp4"),
            clip_of("text", f"{server.url}/text.mp4"),
            clip_of("none", ""),
        )
        found = fetch(corpus, tmp_path / "videos", settings=online)
        asked = Counter(each.path for each in server.requests)
    assert asked["/a/film.mp4"] == 1
    assert states(found.rows) == {
        "one": "here", "two": "here", "late": "short", "rest": "here", "whole": "here",
        "gone": "gone", "closed": "private", "text": "failed", "none": "failed",
    }  # fmt: skip
    kept = {clip.clip_id: clip for clip in found.corpus.clips}
    assert list(kept) == ["one", "two", "rest", "whole"]
    assert len({clip.source for clip in kept.values()}) == 1
    assert (kept["two"].start_ms, kept["two"].end_ms) == (2000, 4000)
    assert kept["rest"].end_ms == 4000
    path = Path(kept["one"].source)
    assert path.parent == tmp_path / "videos"
    assert path.suffix == ".mp4"
    assert path.read_bytes() == film
    assert probe(path).has_video
    assert [row["clip"] for row in table(tmp_path / "videos")] == [c.clip_id for c in corpus.clips]
    assert {one.reason: one.count for one in found.corpus.dropped} == {
        "video failed": 2, "video short": 1, "video gone": 1, "video private": 1,
    }  # fmt: skip


@pytest.mark.slow
def test_a_second_run_asks_for_what_may_have_changed_alone(
    tmp_path: Path, online: Settings, film: bytes
) -> None:
    with serving(answering(film)) as server:
        corpus = corpus_of(
            clip_of("a", f"{server.url}/film.mp4"),
            clip_of("gone", f"{server.url}/gone.mp4"),
            clip_of("text", f"{server.url}/text.mp4"),
        )
        first = fetch(corpus, tmp_path / "v", settings=online)
        server.requests.clear()
        second = fetch(corpus, tmp_path / "v", settings=online)
        assert {each.path for each in server.requests} == {"/text.mp4"}
        server.requests.clear()
        (tmp_path / "v" / TABLE).write_text('{"clip": "a", "sou')
        Path(first.rows[0].path).unlink()
        third = fetch(corpus, tmp_path / "v", settings=online, again=True)
        assert {each.path for each in server.requests} == {"/text.mp4", "/gone.mp4"}
    assert states(first.rows) == states(second.rows) == states(third.rows)
    assert first.corpus.clips == third.corpus.clips
    assert Path(third.rows[0].path).read_bytes() == film


def test_files_stay_where_they_are(tmp_path: Path, online: Settings) -> None:
    path = tiny.write_film(FILM, tmp_path / "own" / "f.mp4")
    corpus = corpus_of(
        clip_of("a", str(path), 1000, 2000),
        clip_of("b", str(tmp_path / "gone.mp4")),
        clip_of("c", "shapes:1"),
    )
    found = fetch(corpus, tmp_path / "v", settings=online)
    assert states(found.rows) == {"a": "here", "b": "failed", "c": "here"}
    assert [clip.source for clip in found.corpus.clips] == [str(path), "shapes:1"]
    assert [one.name for one in (tmp_path / "v").iterdir()] == [TABLE]


def test_sound_alone_has_no_pictures(tmp_path: Path, online: Settings) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    found = fetch(corpus_of(clip_of("a", str(tmp_path / "a.wav"))), tmp_path, settings=online)
    assert states(found.rows) == {"a": "no-pictures"}
    assert found.corpus.clips == ()


def test_youtube_ids_are_files_of_their_name(
    tmp_path: Path, online: Settings, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id may begin with a hyphen; it never stands alone on a command line here."""
    kept = tmp_path / "object"
    kept.write_bytes(film)
    seen: list[str] = []

    def acquire(argument: Any, place: Any, *, report: Any) -> Any:
        source, force = argument
        assert place.fetching.pictures
        assert not force
        seen.append(source.url)
        code = {"privatevid1": "LQ-REMOTE-PRIVATE", "blockedvid1": "LQ-REMOTE-BLOCKED"}
        name = source.video_id
        if name in code:
            raise RemoteError(f"{name}: refused", code=code[name])
        if name == "transientv1":
            raise TransientError("busy", code="LQ-REMOTE-AGE")
        report("progress", 1, 2, "bytes")
        media = type(
            "Media", (), {"has_video": True, "container": "mov,mp4", "size_bytes": len(film),
                          "duration_ms": 4000},
        )  # fmt: skip
        return type("Acquired", (), {"media": media, "path": str(kept), "cached": False})

    monkeypatch.setattr(clip_sources, "acquire_input", acquire)
    one_by_one = dataclasses.replace(online, jobs=1)
    names = ("-bcdefghijk", "privatevid1", "transientv1", "blockedvid1", "laterthanit")
    found = fetch(corpus_of(*(clip_of(n, n) for n in names)), tmp_path / "v", settings=one_by_one)
    assert states(found.rows) == {
        "-bcdefghijk": "here", "privatevid1": "private", "transientv1": "failed",
        "blockedvid1": "failed", "laterthanit": "not-asked",
    }  # fmt: skip
    assert len(seen) == 4
    assert Path(found.corpus.clips[0].source).name == "-bcdefghijk.mp4"
    assert Path(found.corpus.clips[0].source).stat().st_ino == kept.stat().st_ino


@pytest.mark.slow
def test_bytes_are_bounded(tmp_path: Path, online: Settings, film: bytes) -> None:
    one_by_one = dataclasses.replace(online, jobs=1)
    with serving(answering(film)) as server:
        clips = [clip_of(f"c{k}", f"{server.url}/{k}.mp4") for k in range(3)]
        found = fetch(corpus_of(*clips), tmp_path, settings=one_by_one, most_bytes=len(film) + 100)
        assert states(found.rows) == {"c0": "here", "c1": "not-asked", "c2": "not-asked"}
        offline = dataclasses.replace(one_by_one, offline=True)
        again = fetch(corpus_of(*clips), tmp_path / "other", settings=offline, most_bytes=1)
    assert states(again.rows) == {"c0": "here", "c1": "failed", "c2": "failed"}


def test_a_full_disk_ends_it_and_keeps_what_came(
    tmp_path: Path, online: Settings, film: bytes
) -> None:
    with serving(answering(film)) as server:
        corpus = corpus_of(clip_of("a", f"{server.url}/a.mp4"))
        with pytest.raises(FullError, match="bytes free, less than"):
            fetch(corpus, tmp_path / "v", settings=online, reserve_bytes=1 << 60)
        assert server.requests == []
        found = fetch(corpus, tmp_path / "v", settings=online)
    assert states(found.rows) == {"a": "here"}


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, online: Settings) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(InputError, match="File exists"):
        fetch(corpus_of(clip_of("a", "")), tmp_path / "f", settings=online)


def test_rows_are_told_as_they_come(tmp_path: Path, online: Settings) -> None:
    told: list[tuple[str, int, int]] = []
    fetch(
        corpus_of(clip_of("a", "shapes:1"), clip_of("b", "shapes:2")),
        tmp_path,
        settings=online,
        listener=lambda row, done, total: told.append((row.clip, done, total)),
    )
    assert {name for name, _, _ in told} == {"a", "b"}
    assert [row[1:] for row in told] == [(1, 2), (2, 2)]


def test_an_interrupted_run_keeps_its_rows_and_ends_its_downloads(
    tmp_path: Path, online: Settings, film: bytes
) -> None:
    def stop(row: Brought, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with serving(answering(film)) as server:
        clips = [clip_of("a", "shapes:1"), clip_of("b", f"{server.url}/b.mp4")]
        many = [clip_of(f"c{k}", f"{server.url}/{k}.mp4") for k in range(20)]
        with pytest.raises(KeyboardInterrupt):
            fetch(corpus_of(*clips, *many), tmp_path, settings=online, listener=stop)
        asked = len(server.requests)
        assert asked < 10
        assert not [one for one in threading.enumerate() if one.name.startswith("fetch")]
        assert [row["clip"] for row in table(tmp_path)] == ["a"]
        found = fetch(corpus_of(*clips), tmp_path, settings=online)
    assert states(found.rows) == {"a": "here", "b": "here"}


def test_corpora_share_a_folder_and_what_is_known_of_them_stays(
    tmp_path: Path, settings: Settings
) -> None:
    first, second = (corpus_of(clip_of(name, f"{name}.mp4")) for name in "ab")
    for corpus in (first, second, second):
        fetch(corpus, tmp_path / "videos", settings=settings)
    assert [row["clip"] for row in table(tmp_path / "videos")] == ["a", "b"]


def test_a_folder_in_the_place_of_the_table_is_one_line(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / TABLE).mkdir()
    with pytest.raises(InputError, match="Is a directory"):
        fetch(corpus_of(clip_of("a", "a.mp4")), tmp_path, settings=settings)
