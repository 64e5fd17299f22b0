"""The emulator's caption tracks, asked through Google's own client."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from loquitur.emulator import Emulator
from loquitur.settings import Settings
from loquitur.youtube import captions
from loquitur.youtube.complaints import ComplaintError
from loquitur.youtube.sessions import open_client

VIDEO = "abcdefghijk"
SRT = (
    b"1\n00:00:01,000 --> 00:00:02,500\nHello there\n\n"
    b"2\n00:00:03,000 --> 00:00:04,000\n<b>Good</b> bye\n"
)
JSON3 = (
    b'{"wireMagic": "pb3", "events": [{"tStartMs": 1, "dDurationMs": 5, "segs": [{"utf8": "x"}]}]}'
)
OWN = [{"key": "own", "id": VIDEO, "title": "Own"}]
PLAN = {
    "captions": {
        "seeded": False,
        "tracks": [
            {"video": VIDEO, "language": "en", "kind": "ASR"},
            {"video": VIDEO, "language": "en", "name": "SDH", "text": SRT.decode()},
            {"video": VIDEO, "language": "de", "draft": True, "text": SRT.decode()},
        ],
    }
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=3, plan=PLAN) as running:
        yield running


def official(emulator: Emulator, *, token: str | None = None) -> Any:
    """Google's client, its whole document pointed at the emulator."""
    warnings.simplefilter("ignore", ResourceWarning)
    from google.oauth2.credentials import Credentials
    from googleapiclient import discovery
    from googleapiclient.discovery_cache import get_static_doc

    document = json.loads(get_static_doc("youtube", "v3"))
    document["rootUrl"] = document["baseUrl"] = emulator.endpoint + "/"
    document.pop("mtlsRootUrl", None)
    return discovery.build_from_document(
        document, credentials=Credentials(token=token or emulator.token)
    )


def media(
    content: bytes, *, kind: str = "application/octet-stream", resumable: bool = False
) -> Any:
    from googleapiclient.http import MediaIoBaseUpload

    return MediaIoBaseUpload(io.BytesIO(content), kind, resumable=resumable)


def insert(
    service: Any,
    content: bytes = SRT,
    *,
    resumable: bool = False,
    sync: bool | None = None,
    **snippet: Any,
) -> Any:
    body = {"snippet": {"videoId": VIDEO, "language": "fr", "name": "", **snippet}}
    more = {} if sync is None else {"sync": sync}
    return (
        service.captions()
        .insert(part="snippet", body=body, media_body=media(content, resumable=resumable), **more)
        .execute(num_retries=0)
    )


def listed(service: Any, video: str = VIDEO, **given: Any) -> list[dict[str, Any]]:
    return service.captions().list(part="snippet", videoId=video, **given).execute()["items"]


def refusal(call: Any) -> tuple[int, str]:
    from googleapiclient.errors import HttpError

    with pytest.raises(HttpError) as caught:
        call()
    return caught.value.status_code, json.loads(caught.value.content)["error"]["errors"][0][
        "reason"
    ]


def test_planned_tracks_are_there(emulator):
    found = listed(official(emulator))
    told = [
        (
            one["snippet"]["trackKind"],
            one["snippet"]["language"],
            one["snippet"]["name"],
            one["snippet"]["isDraft"],
        )
        for one in found
    ]
    assert told == [
        ("ASR", "en", "", False),
        ("standard", "en", "SDH", False),
        ("standard", "de", "", True),
    ]
    assert len({one["id"] for one in found}) == 3
    one = listed(official(emulator), id=found[1]["id"])
    assert [each["id"] for each in one] == [found[1]["id"]]
    assert refusal(lambda: listed(official(emulator), id="nothing")) == (404, "captionNotFound")


@pytest.mark.parametrize("resumable", [False, True])
def test_insert_is_served_and_comes_back_byte_for_byte(emulator, resumable):
    service = official(emulator)
    made = insert(service, resumable=resumable)
    assert made["snippet"]["status"] == "serving"
    assert made["snippet"]["isDraft"] is False
    assert service.captions().download(id=made["id"]).execute() == SRT
    assert made["id"] in [one["id"] for one in listed(service)]


def test_one_track_of_a_language_and_name(emulator):
    service = official(emulator)
    insert(service)
    assert refusal(lambda: insert(service)) == (409, "captionExists")
    assert refusal(lambda: insert(service, language="FR")) == (409, "captionExists")
    insert(service, name="another")
    insert(service, language="en")  # beside the ASR track


def test_what_insert_refuses(emulator):
    service = official(emulator)
    assert refusal(lambda: insert(service, name="n" * 151)) == (400, "nameTooLong")
    insert(service, name="n" * 150)
    assert refusal(lambda: insert(service, language="not a tag")) == (400, "invalidMetadata")
    assert refusal(lambda: insert(service, videoId="short")) == (400, "invalidMetadata")
    assert refusal(lambda: insert(service, b"")) == (400, "contentRequired")
    no_name = {"snippet": {"videoId": VIDEO, "language": "fr"}}
    call = service.captions().insert(part="snippet", body=no_name, media_body=media(SRT))
    assert refusal(call.execute) == (400, "invalidMetadata")
    bare = service.captions().insert(
        part="snippet", body={"snippet": {"videoId": VIDEO, "language": "fr", "name": ""}}
    )
    assert refusal(bare.execute) == (400, "contentRequired")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no times in here at all\n", "unknownFormat"),
        (JSON3, "unsupportedFormat"),
        ("1\n00:00:01,000 --> 00:00:02,000\nda\u00df\n".encode("latin-1"), "processingFailed"),
        (b"WEBVTT\n\nNOTE no cue\n", "processingFailed"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_read_fails_in_the_list(emulator, content, reason):
    service = official(emulator)
    made = insert(service, content)
    assert made["snippet"]["status"] == "serving"
    (found,) = listed(service, id=made["id"])
    assert (found["snippet"]["status"], found["snippet"]["failureReason"]) == ("failed", reason)
    assert refusal(service.captions().download(id=made["id"]).execute) == (400, "couldNotConvert")


def test_the_type_it_is_sent_with_means_nothing(emulator):
    service = official(emulator)
    body = {"snippet": {"videoId": VIDEO, "language": "fr", "name": ""}}
    made = (
        service.captions()
        .insert(part="snippet", body=body, media_body=media(SRT, kind="text/xml"))
        .execute()
    )
    assert listed(service, id=made["id"])[0]["snippet"]["status"] == "serving"


def test_sync_never_appears(emulator):
    service = official(emulator)
    made = insert(service, sync=True)
    assert made["snippet"]["status"] == "syncing"
    assert listed(service, id=made["id"])[0]["snippet"]["status"] == "syncing"
    assert refusal(service.captions().download(id=made["id"]).execute) == (404, "captionNotFound")


def test_syncing_for_some_lists():
    with Emulator(
        seed=3, plan={"captions": {"seeded": False, "syncing_lists": 2}, "video": OWN}
    ) as emulator:
        service = official(emulator)
        made = insert(service)
        seen = [listed(service)[0]["snippet"]["status"] for _ in range(3)]
        assert made["snippet"]["status"] == "syncing"
        assert seen == ["syncing", "syncing", "serving"]


def test_update_changes_the_text_or_the_draft_state(emulator):
    service = official(emulator)
    track = listed(service)[1]
    other = SRT.replace(b"Hello", b"Hallo")
    done = (
        service.captions()
        .update(part="id", body={"id": track["id"]}, media_body=media(other))
        .execute()
    )
    assert service.captions().download(id=track["id"]).execute() == other
    assert done["snippet"]["lastUpdated"] > track["snippet"]["lastUpdated"]
    body = {"id": track["id"], "snippet": {"isDraft": True}}
    again = service.captions().update(part="snippet", body=body).execute()
    assert again["snippet"]["isDraft"] is True
    assert service.captions().download(id=track["id"]).execute() == other
    back = (
        service.captions().update(part="snippet", body={"id": track["id"], "snippet": {}}).execute()
    )
    assert back["snippet"]["isDraft"] is False, "a snippet without a draft state resets it"
    nothing = service.captions().update(part="id", body={"id": track["id"]})
    assert refusal(nothing.execute) == (400, "contentRequired")
    lost = service.captions().update(part="id", body={"id": "nothing"}, media_body=media(other))
    assert refusal(lost.execute) == (404, "captionNotFound")


def test_tracks_of_the_service_are_its_own(emulator):
    service = official(emulator)
    asr = listed(service)[0]["id"]
    update = service.captions().update(part="id", body={"id": asr}, media_body=media(SRT))
    assert refusal(update.execute) == (403, "forbidden")
    assert refusal(service.captions().delete(id=asr).execute) == (403, "forbidden")
    assert service.captions().download(id=asr).execute()


def test_delete(emulator):
    service = official(emulator)
    track = listed(service)[1]["id"]
    assert service.captions().delete(id=track).execute() in ("", b"")
    assert refusal(service.captions().delete(id=track).execute) == (404, "captionNotFound")
    assert len(listed(service)) == 2


def test_downloads_convert(emulator):
    service = official(emulator)
    track = listed(service)[1]["id"]

    def got(**given: str) -> str:
        return service.captions().download(id=track, **given).execute().decode()

    assert got(tfmt="vtt").startswith("WEBVTT\n")
    assert got(tfmt="sbv").startswith("0:00:01.000,0:00:02.500\nHello there\n")
    assert "<tt " in got(tfmt="ttml")
    assert got(tfmt="srt").startswith("1\n00:00:01,000 --> 00:00:02,500\nHello there")
    assert "[fr] Hello there" in got(tfmt="srt", tlang="fr")
    assert "[fr] <b>Good</b> bye" in got(tlang="fr")
    assert refusal(lambda: got(tfmt="scc")) == (400, "couldNotConvert")
    assert refusal(lambda: got(tfmt="docx")) == (400, "invalidValue")
    assert refusal(lambda: got(tlang="no language")) == (400, "couldNotConvert")
    assert refusal(service.captions().download(id="nothing").execute) == (404, "captionNotFound")


def test_a_world_of_one_seed_has_the_same_tracks_and_they_fit_its_videos():
    from loquitur.emulator.population import Population

    seen = []
    for _ in range(2):
        with Emulator(seed=3) as emulator:
            service, population = official(emulator), emulator.world.room(Population)
            studio = population.named_channel("studio")
            named = [v for v in population.named if v.channel == studio.number]
            own = [v for v in named if population.state(v, emulator.world.now()) != "deleted"]
            tracks = [(v, listed(service, v.id)) for v in own[:20]]
            seen.append([one["id"] for _, found in tracks for one in found])
            for video, found in tracks:
                shown = service.videos().list(part="contentDetails", id=video.id).execute()
                public = [
                    one
                    for one in found
                    if one["snippet"]["trackKind"] != "ASR" and not one["snippet"]["isDraft"]
                ]
                (item,) = shown["items"]
                assert item["contentDetails"]["caption"] == ("true" if public else "false")
    assert seen[0]
    assert seen[0] == seen[1]


def test_only_the_owner_may(emulator):
    others = [token for token in emulator.tokens.values() if token != emulator.token]
    service = official(emulator, token=others[0])
    assert refusal(lambda: listed(service)) == (403, "forbidden")
    assert refusal(lambda: insert(service)) == (403, "forbidden")
    track = listed(official(emulator))[1]["id"]
    assert refusal(service.captions().download(id=track).execute) == (403, "forbidden")
    assert refusal(service.captions().delete(id=track).execute) == (403, "forbidden")
    assert refusal(lambda: listed(service, "0" * 11)) == (404, "videoNotFound")


def test_times_are_those_of_the_world(emulator):
    service = official(emulator)
    first = insert(service)["snippet"]["lastUpdated"]
    emulator.move(86_400 * 3)
    second = insert(service, name="later")["snippet"]["lastUpdated"]
    from datetime import datetime

    days = (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds() / 86_400
    assert days == pytest.approx(3, abs=0.01)


def test_a_plan_that_does_not_fit_is_told():
    from loquitur.emulator.caption_shelf import CaptionShelf
    from loquitur.emulator.world import World
    from loquitur.errors import UsageError

    track = {"video": VIDEO, "language": "en"}
    for wrong in (
        ["no table"], {"track": []}, {"seeded": "yes"}, {"syncing_lists": -1},
        {"tracks": [{"language": "en"}]}, {"tracks": [{**track, "kind": "odd"}]},
        {"tracks": [{**track, "drafted": True}]}, {"tracks": [{**track, "file": "/absent"}]},
    ):  # fmt: skip
        with pytest.raises(UsageError):
            CaptionShelf(World(plan={"captions": wrong}))


class _Official:
    """The five calls through Google's client, told as ours tells them."""

    def __init__(self, emulator: Emulator) -> None:
        self._captions = official(emulator).captions()

    def list(self, video: str) -> Any:
        return self._told(self._captions.list(part="snippet", videoId=video))

    def insert(self, content: bytes, **snippet: Any) -> Any:
        body = {"snippet": {"videoId": VIDEO, **snippet}}
        upload = media(content, resumable=len(content) > 1 << 20)
        return self._told(self._captions.insert(part="snippet", body=body, media_body=upload))

    def update(self, ident: str, content: bytes | None, draft: bool | None) -> Any:
        body: dict[str, Any] = {"id": ident}
        if draft is not None:
            body["snippet"] = {"isDraft": draft}
        part = "id" if draft is None else "id,snippet"
        upload = media(content) if content is not None else None
        return self._told(self._captions.update(part=part, body=body, media_body=upload))

    def download(self, ident: str, **given: str) -> Any:
        return self._told(self._captions.download(id=ident, **given))

    def delete(self, ident: str) -> Any:
        return self._told(self._captions.delete(id=ident))

    @staticmethod
    def _told(request: Any) -> Any:
        from googleapiclient.errors import HttpError

        try:
            answer = request.execute()
        except HttpError as exc:
            reason = json.loads(exc.content)["error"]["errors"][0]["reason"]
            return exc.status_code, reason
        if isinstance(answer, bytes):
            return answer or None
        items = answer.get("items", [answer]) if answer else []
        return [told_of(item) for item in items] or None


def told_of(item: dict[str, Any]) -> tuple[Any, ...]:
    names = ("videoId", "language", "name", "trackKind", "isDraft", "status")
    return (item["id"], *(item["snippet"][name] for name in names))


class _Ours:
    """The five calls as functions over our client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def list(self, video: str) -> Any:
        return self._told(lambda: captions.list_tracks(self._client, video))

    def insert(self, content: bytes, **snippet: Any) -> Any:
        draft = snippet.pop("isDraft", False)
        return self._told(
            lambda: captions.insert_track(self._client, VIDEO, content, draft=draft, **snippet)
        )

    def update(self, ident: str, content: bytes | None, draft: bool | None) -> Any:
        return self._told(lambda: captions.update_track(self._client, ident, content, draft=draft))

    def download(self, ident: str, tfmt: str | None = None, tlang: str | None = None) -> Any:
        return self._told(
            lambda: captions.download_track(self._client, ident, format=tfmt, language=tlang)
        )

    def delete(self, ident: str) -> Any:
        return self._told(lambda: captions.delete_track(self._client, ident))

    @staticmethod
    def _told(call: Any) -> Any:
        try:
            answer = call()
        except ComplaintError as exc:
            return exc.status, exc.reason
        if isinstance(answer, bytes) or answer is None:
            return answer
        tracks = answer if isinstance(answer, tuple) else (answer,)
        return [
            (one.id, one.video_id, one.language, one.name, one.kind, one.is_draft, one.status)
            for one in tracks
        ] or None


def scenario(calls: Any) -> list[Any]:
    """Every call in every outcome that both can be asked for; what each told."""
    seen = [calls.list(VIDEO), calls.list("0" * 11)]
    asr, sdh, german = (one[0] for one in seen[0])
    seen += [calls.insert(SRT, language="fr", name=""), calls.insert(SRT, language="fr", name="")]
    french = seen[2][0][0]
    seen += [calls.insert(SRT, language="FR", name="", isDraft=True)]
    seen += [calls.insert(b"", language="es", name="")]
    seen += [calls.insert(b"not a caption", language="es", name="no")]
    large = SRT + b"\n3\n00:00:05,000 --> 00:00:06,000\n" + b"words " * 200_000 + b"\n"
    seen += [calls.insert(large, language="ja", name="large", isDraft=True)]
    failed, japanese = seen[6][0][0], seen[7][0][0]
    seen += [calls.update(french, SRT.replace(b"Hello", b"Salut"), None)]
    seen += [calls.update(german, None, False), calls.update(sdh, SRT + b"\n", True)]
    seen += [calls.update(asr, SRT, None), calls.update("nothing", SRT, None)]
    seen += [calls.download(french), calls.download(japanese) == large, calls.download(failed)]
    seen += [calls.download(sdh, tfmt=form) for form in ("srt", "vtt", "sbv", "ttml", "scc")]
    seen += [calls.download(sdh, tlang="fr"), calls.download("nothing")]
    seen += [calls.delete(asr), calls.delete(french), calls.delete(french), calls.list(VIDEO)]
    return seen


def test_both_clients_are_told_the_same(tmp_path):
    with Emulator(seed=3, plan=PLAN) as emulator:
        theirs = scenario(_Official(emulator))
        their_units = [(call.method, call.cost) for call in emulator.calls()]
    with Emulator(seed=3, plan=PLAN) as emulator:
        settings = Settings(store=tmp_path, youtube_endpoint=emulator.endpoint)
        with open_client(settings) as client:
            ours = scenario(_Ours(client))
        our_units = [(call.method, call.cost) for call in emulator.calls()]
    for number, (one, other) in enumerate(zip(theirs, ours, strict=True)):
        assert one == other, number
    assert our_units == their_units
