"""Libraries filled from addresses: captions without a download, sound where there are none."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import loquitur as lq
from loquitur import stocking
from loquitur.delivery import Result
from loquitur.emulator import Emulator
from loquitur.errors import FullError, InputError, RemoteError, UsageError
from loquitur.library.deposits import Deposits
from loquitur.library.documents import Said
from loquitur.media.transfer import Pace
from loquitur.model.media import MediaRef
from loquitur.model.speech import SpokenWord, Transcript, Utterance
from loquitur.pipeline.recipes import Wish
from loquitur.settings import resolve
from loquitur.stocking import Wants, known_of, stock
from loquitur.youtube.keyless.failures import failure, reason
from loquitur.youtube.keyless.ways import Access
from loquitur.youtube.transcripts import GIVE_UP_AFTER, Outcome

SRT = """1
00:00:01,000 --> 00:00:04,000
The lighthouse keeper writes a diary.

2
00:00:24,200 --> 00:00:28,000
Every evening she lights the lamp.
"""
IDS = tuple(f"keepervid0{number}" for number in range(4))
PLAN = {
    "channel": [{"key": "keeper", "title": "The Keeper", "handle": "@keeper"}],
    "video": [
        {
            "key": ident, "id": ident, "title": f"Storm {ident[-1]}", "channel": "keeper",
            "published": f"2026-03-0{int(ident[-1]) + 1}",
            "description": "A diary.\n0:00 Hello\n0:20 Evenings\n0:40 End", "duration_s": 60,
        }
        for ident in IDS
    ],
    "captions": {
        "tracks": [
            {"video": IDS[0], "language": "en", "kind": "ASR", "text": SRT},
            {"video": IDS[1], "language": "en", "text": SRT.replace("diary", "letter")},
            {"video": IDS[1], "language": "de", "text": SRT.replace("diary", "Brief")},
        ]
    },
    "timed_text": {"failures": {IDS[2]: "no-captions", IDS[3]: "members-only"}},
}  # fmt: skip
pytestmark = pytest.mark.slow
SAMPLE = Path(__file__).parents[1] / "samples" / "harbour_dialogue.mp4"


@pytest.fixture(scope="module")
def emulator():
    with Emulator(seed=1, plan=PLAN) as running:
        yield running


@pytest.fixture
def library(tmp_path, emulator, monkeypatch):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", emulator.api_key)
    settings = resolve(
        {
            "store": tmp_path / "store",
            "libraries": tmp_path / "libraries",
            "youtube_endpoint": emulator.endpoint,
        }
    ).settings
    with lq.library.open("course", settings=settings) as found:
        yield found


def filled(library, *inputs, hear=None, **wants):
    access = Access.of(library.settings, sleep_s=0)
    found = stock(library, inputs, wants=Wants(**wants), access=access, hear=hear or nobody)
    return {one.given: one for one in found}


def nobody(media):
    raise AssertionError(f"{media} was to be heard")


def heard(media):
    """What a run gives of each: the very words are those of its address."""
    for address in media:
        word = SpokenWord(start_ms=500, end_ms=900, text="Foghorn.")
        ref = MediaRef(
            media_id="sha256:" + "0" * 64, title="Storm 2", source=address, duration_ms=60_000,
            size_bytes=1, container="mp4", tracks=(), has_video=True, video_id=address[-11:],
        )  # fmt: skip
        said = Utterance(speaker="SPEAKER_00", start_ms=500, end_ms=900, words=(word,))
        transcript = Transcript(
            media_id=ref.media_id, title="", language="en", duration_ms=60_000, utterances=(said,),
            speakers=(), provenance=(), source=address, video_id=ref.video_id,
        )  # fmt: skip
        yield Result(input=address, media=ref, stages=(), transcript=transcript)


def test_a_channel_by_its_captions_and_what_has_none_by_its_sound(library):
    done = filled(library, "@keeper", hear=heard)
    assert done[IDS[0]].how == done[IDS[1]].how == "captions"
    assert done[f"https://www.youtube.com/watch?v={IDS[2]}"].how == "sound"
    assert reason(done[IDS[3]].error) == "members-only"
    volumes = {one.media_id: one for one in library.volumes()}
    assert set(volumes) == {f"youtube:{ident}" for ident in IDS[:3]}
    first = volumes[f"youtube:{IDS[0]}"]
    assert (first.title, first.channel, first.published) == ("Storm 0", "The Keeper", "2026-03-01")
    assert first.duration_ms == 60_000
    chapters = [one.chapter for one in library.index.passages_of(first.media_id, "speech:en")]
    assert chapters == ["Hello", "Evenings"]
    parts = library.index.parts(first.media_id)
    assert [(one.name, one.source) for one in parts] == [
        ("metadata:und", "metadata"), ("speech:en", "automatic captions"),
    ]  # fmt: skip


def test_again_only_what_is_new_is_asked_for(library, emulator, monkeypatch):
    filled(library, IDS[0])
    asked, answer = [], emulator.front.answer

    def listen(call):
        asked.extend(dict(call.pairs()).get(name, "") for name in ("v", "video"))
        return answer(call)

    monkeypatch.setattr(emulator.front, "answer", listen)
    done = filled(library, "@keeper", hear=heard)
    assert done[IDS[0]].how == "known"
    assert done[IDS[0]].title == "Storm 0"
    assert IDS[1] in asked
    assert IDS[0] not in asked
    assert known_of(library, "@keeper") == (3, 1)


def test_asked_again_on_demand_the_same_captions_change_nothing(library):
    filled(library, IDS[0])
    done = filled(library, IDS[0], again=True)
    assert {one.state for one in done[IDS[0]].added} == {"same"}


def test_captions_alone_never_sound(library):
    done = filled(library, IDS[2], captions="only")
    assert isinstance(done[IDS[2]].error, RemoteError)
    assert library.volumes() == ()


def test_a_language_beside_another(library):
    filled(library, IDS[1], languages=("en",))
    done = filled(library, IDS[1], languages=("de",))
    assert done[IDS[1]].how == "captions"
    names = [one.name for one in library.index.parts(f"youtube:{IDS[1]}")]
    assert names == ["metadata:und", "speech:de", "speech:en"]


def test_a_list_on_standard_input_and_a_limit(library):
    access = Access.of(library.settings, sleep_s=0)
    given = stock(library, ["-"], stdin=["# mine\n", f"{IDS[0]}\n"], access=access, hear=nobody)
    assert [one.given for one in given] == [IDS[0]]
    assert len(filled(library, "@keeper", hear=heard, limit=2)) == 2


def test_single_videos_are_waited_between_as_those_of_a_list(library):
    waits = []
    pace = Pace(sleep=waits.append, jitter=lambda low, _: low)
    access = dataclasses.replace(Access.of(library.settings, sleep_s=2), pace=pace)
    done = list(stock(library, [*IDS[:2], IDS[0]], access=access, hear=nobody))
    assert [one.given for one in done] == list(IDS[:2])
    assert waits == [2.0]


def test_a_language_that_a_video_lacks_is_told_and_not_heard(library):
    done = filled(library, IDS[0], languages=("ko",))
    assert reason(done[IDS[0]].error) == "no-language"
    assert "--no-captions" in done[IDS[0]].error.hint


def test_what_is_said_goes_before_the_page(library):
    said = Said(title="Mine", find_chapters=True)
    filled(library, IDS[0], said=said)
    (volume,) = library.volumes()
    assert (volume.title, volume.channel) == ("Mine", "The Keeper")
    with pytest.raises(UsageError, match="which video"):
        filled(library, IDS[0], said=Said(video_id=IDS[0]))


def test_a_full_disk_ends_it_all(library, monkeypatch):
    def full(self, document, *, anew=False):
        raise FullError("no space")

    monkeypatch.setattr(Deposits, "put", full)
    with pytest.raises(FullError):
        filled(library, *IDS[:2])


def test_captions_that_say_nothing_are_heard(library, monkeypatch):
    def empty(found, said):
        raise InputError("its captions are empty")

    monkeypatch.setattr(stocking, "documents_of", empty)
    (done,) = filled(library, IDS[0], hear=heard).values()
    assert done.how == "sound"


def test_a_site_that_refuses_is_asked_for_no_more_of_a_list(library, monkeypatch):
    taken = []

    def listed(given, settings):
        for number in range(5_000):
            taken.append(number)
            yield f"manyvid{number:04d}"

    def refusing(videos, wanted, access):
        for count, video in enumerate(videos):
            name = "blocked" if count < GIVE_UP_AFTER else "not-asked"
            yield Outcome(given=video, video_id=video, error=failure(name, video))

    monkeypatch.setattr(stocking, "videos_of", listed)
    monkeypatch.setattr(stocking, "transcripts", refusing)
    done = filled(library, "@keeper")
    assert len(taken) <= GIVE_UP_AFTER + 2
    assert reason(done["@keeper"].error) == "not-asked"


def test_an_input_that_is_nothing_stops_no_other(library):
    done = filled(library, "no such thing", IDS[0])
    assert done["no such thing"].error is not None
    assert done[IDS[0]].how == "captions"


def test_a_file_is_heard(library):
    wish = Wish(asr="pocketsphinx", diarizer="none", emotion="none", section="0:00-0:08")
    (done,) = stock(library, [str(SAMPLE)], wish=wish)
    assert done.error is None
    assert done.how == "sound"
    assert done.sound_ms > 20_000
    assert library.stats().passages > 0
