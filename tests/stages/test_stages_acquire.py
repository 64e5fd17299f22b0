from __future__ import annotations

import dataclasses
import shutil
import wave

import pytest

from loquitur.errors import InputError
from loquitur.media.sources import expand
from loquitur.media.transfer import FetchOptions
from loquitur.stages import acquire
from loquitur.store import Store

OPTIONS = FetchOptions()


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def beep(tmp_path):
    """Half a second of sound."""
    path = tmp_path / "beep.wav"
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(16_000)
        sink.writeframes(b"\x10\x20" * 8_000)
    return path


def source_of(path):
    (source,) = expand([str(path)])
    return source


def get(path, store, force=False):
    told = []
    found = acquire.acquire(
        source_of(path), store, OPTIONS, force=force, report=lambda *news: told.append(news)
    )
    return found, told


def test_a_file_is_named_by_its_content_and_stays_where_it_is(store, beep):
    found, told = get(beep, store)
    assert found.media.media_id == f"sha256:{store.digest(beep)}"
    assert (found.media.title, found.media.duration_ms) == ("beep", 500)
    assert found.path == str(beep)
    assert found.engine == "file"
    assert not found.cached
    assert told == [("start",)]
    assert not store.has(store.digest(beep))  # no copy of it in the store


def test_the_second_time_nothing_is_examined(store, beep):
    first, _ = get(beep, store)
    second, told = get(beep, store)
    assert second.cached
    assert told == []
    assert (second.key, second.media) == (first.key, first.media)


def test_another_name_is_the_same_medium_under_that_name(store, beep, tmp_path):
    first, _ = get(beep, store)
    twin = tmp_path / "other name.wav"
    shutil.copy(beep, twin)
    second, _ = get(twin, store)
    assert second.cached
    assert second.key == first.key
    assert (second.media.title, second.path) == ("other name", str(twin))


def test_force_examines_again_and_gives_the_same(store, beep):
    first, _ = get(beep, store)
    again, told = get(beep, store, force=True)
    assert not again.cached
    assert told == [("start",)]
    assert again.media == first.media


def test_a_changed_file_is_another_medium(store, beep):
    first, _ = get(beep, store)
    data = bytearray(beep.read_bytes())
    data[-1] ^= 1
    beep.write_bytes(bytes(data))
    second, _ = get(beep, store)
    assert not second.cached
    assert second.media.media_id != first.media.media_id


def test_identify_writes_nothing(store, beep):
    found = acquire.identify(source_of(beep), store, OPTIONS)
    assert (found.cached, found.media) == (False, None)
    assert list(store.records()) == []


def test_recall_reads_no_byte_of_an_unknown_file(store, beep, monkeypatch):
    source = source_of(beep)
    with monkeypatch.context() as patch:
        patch.setattr("loquitur.store.digests.digest_of", lambda handle: pytest.fail("it was read"))
        assert acquire.recall(source, store, OPTIONS) is None
    monkeypatch.setattr("loquitur.store.digests.RACY_NS", 0)
    get(beep, store)
    monkeypatch.setattr("loquitur.store.digests.digest_of", lambda handle: pytest.fail("read"))
    assert acquire.recall(source, store, OPTIONS).media.title == "beep"
    beep.unlink()
    assert acquire.recall(source, store, OPTIONS) is None


def test_an_address_is_keyed_by_its_canonical_form(store):
    short = acquire.identify(source_of("https://youtu.be/dQw4w9WgXcQ"), store, OPTIONS)
    long = acquire.identify(
        source_of("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3"), store, OPTIONS
    )
    assert short.key == long.key
    assert (short.cached, short.engine, short.path) == (False, "url", "")
    other = acquire.identify(source_of("https://youtu.be/dQw4w9WgXcA"), store, OPTIONS)
    assert other.key != short.key


def test_what_is_no_medium_is_refused_and_not_recorded(store, tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no medium at all")
    with pytest.raises(InputError, match=r"text\.mp4"):
        get(path, store)
    assert list(store.records()) == []


def test_a_file_that_is_replaced_while_it_is_examined_is_refused(
    store, beep, tmp_path, monkeypatch
):
    """What is examined must be what its key was made of, or the key would lie for ever."""
    from loquitur.media import probe as room

    real, old = room.probe, beep.read_bytes()

    def replace_first(path):
        path.write_bytes(old + b"\x10\x20" * 8_000)
        return real(path)

    monkeypatch.setattr(room, "probe", replace_first)
    with pytest.raises(InputError, match=r"beep\.wav: changed while it was examined") as caught:
        get(beep, store)
    assert caught.value.hint
    assert list(store.records()) == []
    monkeypatch.undo()
    beep.write_bytes(old)
    found, _ = get(beep, store)
    assert found.media.media_id == f"sha256:{store.digest(beep)}"


def test_the_length_a_site_tells_is_not_the_container_s(store, beep, monkeypatch):
    """It is no function of the bytes, under whose name sound and transcripts are kept."""
    from loquitur.media import fetch as fetching
    from loquitur.media import probe as room

    def fetch(url, folder, *, options, progress):
        folder.mkdir(parents=True)
        copy = folder / "talk.wav"
        shutil.copy(beep, copy)
        return fetching.Fetched(
            path=copy, title="Talk", source=url, extractor="direct", duration_ms=99_000
        )

    real = room.probe
    monkeypatch.setattr(fetching, "fetch", fetch)
    monkeypatch.setattr(
        room, "probe", lambda path: dataclasses.replace(real(path), duration_ms=None)
    )
    found, _ = get("https://example.org/talk.wav", store)
    assert found.media.title == "Talk"
    assert found.media.duration_ms is None
