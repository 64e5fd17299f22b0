"""The second way: youtube-transcript-api's own code, over HTTP to a site of this machine."""

from __future__ import annotations

import pytest
from keyless_worlds import (
    INNERTUBE,
    SYNTHETIC,
    VIDEO,
    access,
    info,
    innertube,
    needs_shared,
    player,
    serving,
    session,
    synthetic,
    watching,
)
from yt_dlp.utils import ExtractorError

from loquitur.errors import InputError, LoquiturError, MissingError, RemoteError, TransientError
from loquitur.youtube.keyless import scraper
from loquitur.youtube.keyless.failures import reason
from loquitur.youtube.keyless.preferring import chosen
from loquitur.youtube.keyless.scraper import Scraper
from loquitur.youtube.transcripts import Wanted, available, transcript, transcripts

LIBRARY = "youtube-transcript-api"


@pytest.fixture
def through(monkeypatch):
    """Calls that the second way makes end at a site."""

    def turn(site):
        monkeypatch.setattr(scraper, "session_of", lambda _: session(site))

    return turn


@needs_shared
def test_its_list(through):
    with serving(innertube(player("youtube"))) as site:
        through(site)
        found = available(VIDEO, access=access(), way=LIBRARY)
    assert [track.id for track in found.tracks] == [
        "zh", "cs", "en", "de", "hi", "ja", "ko", "es", "a.en",
    ]  # fmt: skip
    assert found.tracks[-1].name == "English (auto-generated)"
    assert found.spoken_language == "en"
    assert "zh-Hant" in [one.language for one in found.translations]
    assert [path for path, _, _ in site.asked] == ["/watch", "/youtubei/v1/player"]


@needs_shared
def test_the_recorded_text_keeps_what_looks_like_tags(through):
    body = (INNERTUBE / "transcript_srv1.xml").read_bytes()
    with serving(innertube(player("youtube"), {("en", "", "", ""): body})) as site:
        through(site)
        found = transcript(VIDEO, languages=("en",), access=access(), way=LIBRARY)
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in found.track.cues] == [
        (0, 1540, "Hey, this is just a test"),
        (1540, 5700, "this is not the original transcript"),
        (5700, 8939, "just something shorter, I made up for testing"),
    ]
    assert "<i>not</i>" in found.track.cues[1].payload
    assert (found.way, found.form, found.timed) == (LIBRARY, "srv1", False)


@needs_shared
def test_what_the_library_eats_is_there(through):
    bodies = synthetic("events.en-orig")
    bodies[("en", "asr", "", "")] = bodies.pop(("en", "asr", "", "srv1"))
    del bodies[("en", "asr", "", "json3")]
    with serving(innertube(player("youtube"), bodies)) as site:
        through(site)
        found = transcript(VIDEO, kinds="generated", words=True, access=access(), way=LIBRARY)
    assert "it's 3 < 5 isn't it [ __ ] well <b>bold</b> claim" in found.text
    assert not found.timed
    assert {word.start_ms for word in found.words} == {None}
    assert any(line.startswith("without times of words") for line in found.warnings)


@needs_shared
def test_words_come_as_json3_where_they_are_wanted(through):
    import json

    truth = json.loads((SYNTHETIC / "events.en-orig.truth.json").read_text(encoding="utf-8"))
    bodies = synthetic("events.en-orig")
    bodies[("en", "asr", "", "")] = bodies[("en", "asr", "", "srv1")]
    with serving(innertube(player("youtube"), bodies)) as site:
        through(site)
        found = transcript(VIDEO, kinds="generated", words=True, access=access(), way=LIBRARY)
    assert [(word.text, word.start_ms) for word in found.words] == [
        (word["word"], word["start_ms"]) for word in truth["words"]
    ]
    assert (found.form, found.timed) == ("json3", True)


@needs_shared
def test_it_translates(through):
    body = b'<transcript><text start="1" dur="2">bonjour</text></transcript>'
    with serving(innertube(player("youtube"), {("en", "", "fr", ""): body})) as site:
        through(site)
        found = transcript(VIDEO, languages=("en",), translate="fr", access=access(), way=LIBRARY)
        with pytest.raises(RemoteError) as caught:
            transcript(VIDEO, languages=("en",), translate="xx", access=access(), way=LIBRARY)
    assert (found.text, found.language, found.translated_from) == ("bonjour", "fr", "en")
    assert reason(caught.value) == "untranslatable"


REFUSALS = [
    ("youtube_age_restricted", "age"),
    ("youtube_request_blocked", "blocked"),
    ("youtube_transcripts_disabled", "disabled"),
    ("youtube_transcripts_disabled2", "disabled"),
    ("youtube_unplayable", "formats"),
    ("youtube_video_unavailable", "gone"),
]


@needs_shared
@pytest.mark.parametrize(("name", "means"), REFUSALS)
def test_recorded_refusals(name, means, through):
    with serving(innertube(player(name))) as site:
        through(site)
        with pytest.raises(RemoteError) as caught:
            transcript(VIDEO, access=access(), way=LIBRARY)
    assert reason(caught.value) == means
    assert "\n" not in caught.value.message + caught.value.hint
    assert caught.value.message.startswith(f"https://www.youtube.com/watch?v={VIDEO}: ")


@needs_shared
def test_a_track_behind_a_token(through):
    with serving(innertube(player("youtube_po_token_required"))) as site:
        through(site)
        with pytest.raises(RemoteError) as caught:
            transcript(VIDEO, languages=("en",), access=access(), way=LIBRARY)
    assert reason(caught.value) == "po-token"


def playable(status, sentence, *sub):
    runs = [{"text": one} for one in sub]
    return {
        "playabilityStatus": {
            "status": status,
            "reason": sentence,
            "errorScreen": {"playerErrorMessageRenderer": {"subreason": {"runs": runs}}},
        }
    }


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (playable("LOGIN_REQUIRED", "This video is private"), "private"),
        (playable("UNPLAYABLE", "Join this channel to get access to members-only content"),
         "members-only"),
        (playable("LIVE_STREAM_OFFLINE", "This live event will begin in 5 hours."), "not-begun"),
        (playable("LIVE_STREAM_OFFLINE", "This live event has ended."), "live"),
        (playable("UNPLAYABLE", "Video unavailable",
                  "The uploader has not made this video available in your country"), "gone"),
        (playable("UNPLAYABLE", "x", "who has blocked it in your country on copyright"), "geo"),
        (playable("UNPLAYABLE", "This video requires payment to watch."), "paid"),
        ((429, {}), "rate-limited"),
        ((403, {}), "other"),
        ((503, {}), "unreachable"),
        ((200, b"no json"), "unparsable"),
        ({"captions": None}, "unparsable"),
        ([], "unparsable"),
    ],
)  # fmt: skip
def test_what_the_player_says(answer, means, through):
    with serving(innertube(answer)) as site:
        through(site)
        with pytest.raises(RemoteError) as caught:
            transcript(VIDEO, access=access(), way=LIBRARY)
    assert reason(caught.value) == means
    assert isinstance(caught.value, TransientError) == (means in ("rate-limited", "unreachable"))


@pytest.mark.parametrize(
    ("page", "means"),
    [
        ('<div class="g-recaptcha"></div>', "blocked"),
        ("<html></html>", "unparsable"),
        ('<form action="https://consent.youtube.com/s"></form>', "cookies"),
    ],
)
def test_pages_without_a_player(page, means, through):
    with serving(innertube({}, page=page)) as site:
        through(site)
        with pytest.raises(RemoteError) as caught:
            transcript(VIDEO, access=access(), way=LIBRARY)
    assert reason(caught.value) == means


@needs_shared
@pytest.mark.parametrize(
    ("body", "means"),
    [
        (b"", "empty"),
        (b"<html><body>Sorry</body></html>", "page"),
        (b"<transcript></transcript>", "no-events"),
        (b"\x00\x01", "unparsable"),
        ((429, b""), "rate-limited"),
        ((404, b""), "other"),
    ],
)
def test_bodies_that_are_no_captions(body, means, through):
    with serving(innertube(player("youtube"), {("en", "", "", ""): body})) as site:
        through(site)
        with pytest.raises(RemoteError) as caught:
            transcript(VIDEO, languages=("en",), access=access(), way=LIBRARY)
    assert reason(caught.value) == means


def test_nobody_is_there(through):
    with serving(innertube({})) as site:
        through(site)
    with pytest.raises(TransientError, match="cannot be reached"):
        transcript(VIDEO, access=access(), way=LIBRARY)


def test_its_own_session_asks_youtube_alone(tmp_path):
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t0\tSID\topen\n")
    told = access(fetching={"cookies_file": cookies, "proxy": "http://127.0.0.1:9"})
    found = scraper.session_of(told)
    assert found.cookies.get("SID") == "open"
    assert found.proxies["https"] == "http://127.0.0.1:9"
    for url in ("http://127.0.0.1:9/x", "https://youtube.com.evil.test/x"):
        with pytest.raises(Exception, match="no host of YouTube") as caught:
            found.get(url)
        assert type(caught.value).__name__ == "InvalidURL"
    cookies.write_text("no cookies\n")
    with pytest.raises(InputError, match="cookie file"):
        transcript(VIDEO, access=told, way=LIBRARY)


def test_it_is_not_installed(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "youtube_transcript_api", None)
    with pytest.raises(MissingError) as caught:
        transcript(VIDEO, access=access(), way=LIBRARY)
    assert caught.value.hint == 'pip install "loquitur[youtube]"'


def blocking(_, __):
    raise ExtractorError("Sign in to confirm you're not a bot", expected=True)


@needs_shared
def test_the_second_way_mends_what_the_first_cannot(through, monkeypatch):
    body = (INNERTUBE / "transcript_srv1.xml").read_bytes()
    with serving(innertube(player("youtube"), {("en", "", "", ""): body})) as site:
        through(site)
        with watching(blocking, monkeypatch):
            found = transcript(VIDEO, languages=("en",), access=access())
    assert found.way == LIBRARY
    assert found.warnings[0] == f"yt-dlp: blocked; {LIBRARY} was taken"


@pytest.mark.parametrize(
    ("sentence", "asked"), [("Private video", 0), ("Sign in to confirm you're not a bot", 1)]
)
def test_the_second_way_is_asked_only_where_it_may_help(sentence, asked, through, monkeypatch):
    def answer(_, __):
        raise ExtractorError(sentence, expected=True)

    page = '<div class="g-recaptcha"></div>'
    with serving(innertube({}, page=page)) as site:
        through(site)
        with watching(answer, monkeypatch), pytest.raises(RemoteError) as caught:
            transcript(VIDEO, access=access())
    assert len(site.asked) == asked
    if asked:
        assert reason(caught.value) == "blocked"
        assert caught.value.hint.endswith(f"[{LIBRARY}: blocked]")


def test_the_second_may_say_better_why(through, monkeypatch):
    def answer(_, __):
        return info()

    private = playable("LOGIN_REQUIRED", "This video is private")
    with serving(innertube(private)) as site:
        through(site)
        with watching(answer, monkeypatch), pytest.raises(RemoteError) as caught:
            transcript(VIDEO, access=access())
    assert reason(caught.value) == "private"


def test_without_the_second_the_first_ones_reason_stays(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "youtube_transcript_api", None)
    with watching(blocking, monkeypatch), pytest.raises(RemoteError) as caught:
        transcript(VIDEO, access=access())
    assert reason(caught.value) == "blocked"
    assert caught.value.hint.endswith('[youtube-transcript-api: pip install "loquitur[youtube]"]')


@needs_shared
def test_one_session_serves_many(through):
    body = (INNERTUBE / "transcript_srv1.xml").read_bytes()
    videos = [VIDEO, "aaaaaaaaaaa", "bbbbbbbbbbb"]
    made = []
    with serving(innertube(player("youtube"), {("en", "", "", ""): body})) as site:
        own = session(site)
        with Scraper(access(), session=own) as way:
            for video in videos:
                found = way.look(video)
                track, _ = chosen(found.listing, ("en",))
                made.append(way.read(found, track).track)
        through(site)
        wanted = Wanted(languages=("en",), way=LIBRARY)
        outcomes = list(transcripts(videos, wanted, access=access()))
    assert len(made) == 3
    assert [one.transcript.video_id for one in outcomes] == videos
    assert len(own.hooks["response"]) == 0


def test_offline(through):
    with serving(innertube({})) as site:
        through(site)
        with pytest.raises(LoquiturError) as caught:
            transcript(VIDEO, access=access(fetching={"offline": True}), way=LIBRARY)
    assert caught.value.code == "LQ-REMOTE-OFFLINE"
    assert site.asked == []
