"""Transcripts without a key by the first way: yt-dlp's own code on pages served here."""

from __future__ import annotations

import json

import pytest
from keyless_worlds import (
    SYNTHETIC,
    VIDEO,
    access,
    entry,
    info,
    innertube,
    needs_shared,
    player,
    reached,
    serving,
    synthetic,
    timed_text,
    watching,
)
from yt_dlp.utils import ExtractorError

from loquitur.errors import InputError, LoquiturError, RemoteError, TransientError, UsageError
from loquitur.youtube.keyless.failures import FAILURES, reason
from loquitur.youtube.transcripts import Wanted, available, transcript, transcripts

TRUTHS = sorted(path.name.removesuffix(".truth.json") for path in SYNTHETIC.glob("*.truth.json"))
LINE = json.dumps(
    {"events": [{"tStartMs": 0, "dDurationMs": 900, "segs": [{"utf8": "hello"}]}]}
).encode()


def talking(site_url, stem, language):
    return info(
        automatic_captions={
            f"{language}-orig": entry(site_url, language, kind="asr", name="English (Original)"),
            language: entry(site_url, language, kind="asr", name="English"),
            "fr": entry(site_url, language, kind="asr", tlang="fr", name="French"),
        },
        subtitles={"live_chat": [{"ext": "json", "url": "https://x", "video_id": VIDEO,
                                  "protocol": "youtube_live_chat_replay"}]},
    )  # fmt: skip


@needs_shared
@pytest.mark.parametrize("stem", TRUTHS)
@pytest.mark.parametrize("form", ["json3", "vtt"])
def test_every_word_and_its_time_is_exact(stem, form, monkeypatch):
    truth = json.loads((SYNTHETIC / f"{stem}.truth.json").read_text(encoding="utf-8"))
    language = truth["language"]
    bodies = synthetic(stem, language=language)
    if form == "vtt":
        bodies[(language, "asr", "", "json3")] = b""
    with (
        serving(timed_text(bodies)) as site,
        watching(lambda _, __: talking(site.url, stem, language), monkeypatch),
    ):
        found = transcript(VIDEO, words=True, access=access())
    assert [(word.text, word.start_ms, word.line) for word in found.words] == [
        (word["word"], word["start_ms"], word["line"]) for word in truth["words"]
    ]
    assert found.text == truth["text"]
    assert [cue.text for cue in found.track.cues] == truth["lines"]
    assert (found.timed, found.is_generated, found.language) == (True, True, language)
    assert (found.way, found.form, found.listing.title) == ("yt-dlp", form, "A talk")
    assert all(word.start_ms < word.end_ms for word in found.words)
    assert ("read as vtt: json3 failed (empty)" in found.warnings) == (form == "vtt")
    path, query, _ = site.asked[-1]
    assert (path, query["fmt"]) == ("/api/timedtext", form)
    assert "xosf" not in query


@needs_shared
def test_a_word_ends_with_the_next_and_the_last_one_soon():
    from loquitur.youtube.keyless.bodies import Body, track_of
    from loquitur.youtube.keyless.reading import whole_lines
    from loquitur.youtube.keyless.said import words_of

    body = Body(data=(SYNTHETIC / "repeats.en-orig.json3").read_bytes(), form="json3")
    lines, _ = whole_lines(track_of(body, video_id=VIDEO), generated=True)
    words = words_of(lines, timed=True)
    assert [(word.start_ms, word.end_ms) for word in words[:4]] == [
        (919, 1039), (1039, 1199), (1199, 2399), (4599, 4799),
    ]  # fmt: skip
    assert words[-1].end_ms - words[-1].start_ms == 1200


@needs_shared
def test_tokens_are_classified_and_none_is_dropped(monkeypatch):
    with (
        serving(timed_text(synthetic("events.en-orig"))) as site,
        watching(lambda _, __: talking(site.url, "events.en-orig", "en"), monkeypatch),
    ):
        found = transcript(VIDEO, words=True, access=access())
    kinds = {}
    for word in found.words:
        kinds.setdefault(word.kind, []).append(word.text)
    assert kinds["sound"] == ["[Music]", "[Applause]", "[Laughter]"]
    assert kinds["turn"] == [">>", ">>"]
    assert kinds["masked"] == ["[", "__", "]"]
    assert "<b>bold</b>" in kinds["word"]


@needs_shared
def test_a_translation_has_no_times_of_words(monkeypatch):
    body = (SYNTHETIC / "gettysburg.translated.fr.json3").read_bytes()
    bodies = {**synthetic("gettysburg.en-orig"), ("en", "asr", "fr", "json3"): body}
    with (
        serving(timed_text(bodies)) as site,
        watching(lambda _, __: talking(site.url, "gettysburg.en-orig", "en"), monkeypatch),
    ):
        found = transcript(VIDEO, translate="fr", words=True, access=access())
    assert (found.language, found.translated_from, found.timed) == ("fr", "en", False)
    assert {word.start_ms for word in found.words} == {None}
    assert found.track.cues[0].text == "il y a quatre-vingt-sept ans nos pères"
    assert any("no times of words" in line for line in found.warnings)


@needs_shared
def test_a_refused_translation_does_not_fail_the_video(monkeypatch):
    bodies = synthetic("gettysburg.en-orig")
    bodies |= {("en", "asr", "fr", form): (429, b"slow") for form in ("json3", "vtt", "srv1")}
    with (
        serving(timed_text(bodies)) as site,
        watching(lambda _, __: talking(site.url, "gettysburg.en-orig", "en"), monkeypatch),
    ):
        found = transcript(VIDEO, translate="fr", access=access())
    assert (found.language, found.translated_from) == ("en", "")
    assert found.warnings[0].startswith("not translated into fr (rate-limited)")
    assert [query.get("tlang") for _, query, _ in site.asked] == ["fr", None]


def test_translations_are_listed_and_live_chat_is_no_caption(monkeypatch):
    with (
        serving(timed_text({})) as site,
        watching(lambda _, __: talking(site.url, "x", "en"), monkeypatch),
    ):
        found = available(f"https://youtu.be/{VIDEO}?list=PL123", access=access())
    assert [(track.id, track.language, track.is_generated) for track in found.tracks] == [
        ("a.en", "en", True)
    ]
    assert [one.language for one in found.translations] == ["fr"]
    assert (found.spoken_language, found.duration_ms) == ("en", 61_500)


def manuals(site_url):
    return info(
        language="en",
        subtitles={
            "de": entry(site_url, "de", name="German"),
            "en-GB": entry(site_url, "en-GB", name="English (UK)"),
            "iw": entry(site_url, "iw", name="Hebrew"),
            "zh-CN": entry(site_url, "zh-CN", name="Chinese"),
            "en-abc123": entry(site_url, "en-abc123", name="English - SDH", lang="en"),
        },
        automatic_captions={"en": entry(site_url, "en", kind="asr", name="English")},
    )


MANUAL = {
    (language, "", "", "json3"): LINE.replace(b"hello", language.encode())
    for language in ("de", "en-GB", "iw", "zh-CN", "en")
} | {("en", "asr", "", "json3"): LINE.replace(b"hello", b"automatic")}


@pytest.mark.parametrize(
    ("languages", "kinds", "text"),
    [
        ((), "any", "en"),
        (("en",), "any", "en"),
        (("en-GB",), "any", "en-GB"),
        (("en-US",), "any", "en"),
        (("en",), "generated", "automatic"),
        (("de", "en"), "any", "de"),
        (("fr", "de"), "any", "de"),
        (("he",), "any", "iw"),
        (("zh-Hans",), "any", "zh-CN"),
        (("zh",), "any", "zh-CN"),
        (("en-abc123",), "any", "en"),
        (("any",), "manual", "en"),
    ],
)
def test_the_track_that_is_meant(languages, kinds, text, monkeypatch):
    with (
        serving(timed_text(MANUAL)) as site,
        watching(lambda _, __: manuals(site.url), monkeypatch),
    ):
        found = transcript(VIDEO, languages=languages, kinds=kinds, access=access())
    assert found.text == text


@pytest.mark.parametrize(
    ("languages", "kinds", "name"),
    [
        (("fr",), "any", "no-language"),
        (("zh-Hant",), "any", "no-language"),
        (("de",), "generated", "no-language"),
    ],
)
def test_a_track_that_is_not_there(languages, kinds, name, monkeypatch):
    with (
        serving(timed_text(MANUAL)) as site,
        watching(lambda _, __: manuals(site.url), monkeypatch),
        pytest.raises(RemoteError) as caught,
    ):
        transcript(VIDEO, languages=languages, kinds=kinds, access=access())
    assert reason(caught.value) == name
    assert "automatic" in caught.value.message


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<!DOCTYPE html><html><head><title>Sorry...</title></head></html>", "page"),
        (b'{"wireMagic":"pb3"}', "no-events"),
        (b'{"wireMagic":"pb3","events":[]}', "no-events"),
        (b'{"wireMagic":"pb3","eve', "unparsable"),
        (b"\x00\xff\x00", "unparsable"),
    ],
)
def test_bodies_that_are_no_captions_are_told_apart(body, name, monkeypatch):
    bodies = {("en", "asr", "", form): body for form in ("json3", "vtt", "srv1")}
    bodies[("en", "asr", "", "vtt")] = bodies[("en", "asr", "", "srv1")] = b""
    with (
        serving(timed_text(bodies)) as site,
        watching(lambda _, __: talking(site.url, "x", "en"), monkeypatch),
        pytest.raises(RemoteError) as caught,
    ):
        transcript(VIDEO, access=access(), way="yt-dlp")
    assert reason(caught.value) == name
    assert caught.value.message.startswith(f"https://www.youtube.com/watch?v={VIDEO}: ")


@needs_shared
@pytest.mark.parametrize(
    ("name", "means"),
    [("empty_body", "empty"), ("html_instead", "page"), ("no_events", "no-events")],
)
def test_the_shared_failure_cases(name, means):
    from loquitur.youtube.keyless.bodies import Body, track_of

    body = Body(data=(SYNTHETIC / f"{name}.json3").read_bytes(), form="json3")
    with pytest.raises(RemoteError) as caught:
        track_of(body, video_id=VIDEO)
    assert reason(caught.value) == means


WARNED = [
    ("Sign in to confirm you\u2019re not a bot. Use --cookies", "blocked"),
    ("Private video. Sign in if you've been granted access to this video", "private"),
    ("Join this channel to get access to members-only content like this video", "members-only"),
    ("Sign in to confirm your age. This video may be inappropriate for some users.", "age"),
    ("This live event will begin in 5 hours.", "not-begun"),
    ("Premieres in 19 minutes", "not-begun"),
    ("This live event has ended.", "live"),
    ("Video unavailable", "gone"),
    ("This video has been removed by the uploader", "gone"),
    ("Video unavailable. The uploader has not made this video available in your country", "geo"),
    ("This video is DRM protected", "drm"),
    ("This video requires payment to watch.", "paid"),
    ("This content isn't available, try again later.", "rate-limited"),
    ("The provided YouTube account cookies are no longer valid.", "cookies"),
    (f"{VIDEO}: There are missing subtitles languages because a PO token was not provided.",
     "po-token"),
    ("This video is only available for registered users", "login"),
    ("Requested format is not available", "formats"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "name"), WARNED)
@pytest.mark.parametrize("raised", [False, True])
def test_each_sentence_has_its_name(sentence, name, raised, monkeypatch):
    def answer(extractor, video_id):
        if raised:
            raise ExtractorError(sentence, expected=True, video_id=video_id, ie="youtube")
        extractor.report_warning(sentence)
        return info()

    with watching(answer, monkeypatch), pytest.raises(LoquiturError) as caught:
        transcript(VIDEO, access=access(), way="yt-dlp")
    error = caught.value
    assert (reason(error), error.code) == (name, FAILURES[name].code)
    assert isinstance(error, TransientError) == (name == "rate-limited")
    assert error.exit_code == 5
    assert "\n" not in error.message + error.hint
    assert error.hint or name in ("geo", "drm")
    if name == "rate-limited":
        assert error.retry_after_s == 3600.0


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"formats": [{"format_id": "1", "url": "https://x/1.mp4", "ext": "mp4"}]}, "no-captions"),
        ({"is_live": True, "live_status": "is_live"}, "live"),
        ({"live_status": "post_live"}, "live"),
        ({"live_status": "is_upcoming"}, "not-begun"),
    ],
)
def test_a_video_without_captions(more, name, monkeypatch):
    with (
        watching(lambda _, __: info(**more), monkeypatch),
        pytest.raises(RemoteError) as caught,
    ):
        transcript(VIDEO, access=access())
    assert reason(caught.value) == name


def test_an_unknown_warning_is_told(monkeypatch):
    def answer(extractor, _):
        extractor.report_warning("The moon is wrong")
        return info()

    with watching(answer, monkeypatch), pytest.raises(RemoteError, match="The moon is wrong"):
        transcript(VIDEO, access=access(), way="yt-dlp")


def test_a_token_warning_is_surfaced_beside_what_came(monkeypatch):
    told = f"{VIDEO}: There are missing subtitles languages because a PO token was not provided."

    def answer(extractor, _):
        extractor.report_warning(told)
        extractor.report_warning("No supported JavaScript runtime could be found")
        return manuals(site.url)

    with serving(timed_text(MANUAL)) as site, watching(answer, monkeypatch):
        found = transcript(VIDEO, access=access())
    assert found.warnings == (told,)


def test_a_track_that_asks_to_wait_says_how_long(monkeypatch):
    def script(path, query):
        return 429, b"", {"Retry-After": "77"}

    with (
        serving(script) as site,
        watching(lambda _, __: manuals(site.url), monkeypatch),
        pytest.raises(TransientError) as caught,
    ):
        transcript(VIDEO, access=access())
    assert (reason(caught.value), caught.value.retry_after_s) == ("rate-limited", 77.0)
    assert len(site.asked) == 1


def extracted(name):
    """A recorded player answer as yt-dlp wants one: of this video, and with sound."""
    answer = player(name)
    answer.setdefault("videoDetails", {})["videoId"] = VIDEO
    sound = {"itag": 18, "url": "https://rr1.googlevideo.com/x?c=WEB", "mimeType": "video/mp4"}
    answer["streamingData"] = {"formats": [sound]}
    return answer


YTCFG = (
    '<html><script>ytcfg.set({"INNERTUBE_CONTEXT": {"client": {"clientName": "WEB",'
    ' "clientVersion": "2.20261001.00.00", "hl": "en"}}});</script></html>'
)


@needs_shared
@pytest.mark.parametrize(
    ("name", "tracks", "spoken"),
    [
        ("youtube", ["zh", "cs", "en", "de", "hi", "ja", "ko", "es", "a.en"], "en"),
        ("youtube_altered_user_agent",
         ["zh", "cs", "en", "de", "hi", "ja", "ko", "es", "a.en"], "en"),
        ("youtube_ww1_nl_en", ["en", "a.en"], "en"),
    ],
)  # fmt: skip
def test_recorded_players_through_yt_dlps_extractor(name, tracks, spoken, monkeypatch):
    bodies = {("en", "", "", "json3"): LINE}
    answer = extracted(name)
    with serving(innertube(answer, bodies, page=YTCFG)) as site:
        reached(monkeypatch, site)
        found = available(VIDEO, access=access(), way="yt-dlp")
        said = transcript(VIDEO, languages=("en",), access=access(), way="yt-dlp")
    assert [track.id for track in found.tracks] == tracks
    assert found.spoken_language == spoken
    assert {one.language for one in found.translations} >= {"ar", "zh-Hant", "nl"}
    assert all(len(one.language) < 8 for one in found.translations)
    assert (said.text, said.is_generated) == ("hello", False)


@needs_shared
@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("youtube_age_restricted", "age"),
        ("youtube_request_blocked", "blocked"),
        ("youtube_video_unavailable", "gone"),
        ("youtube_unplayable", "blocked"),
        ("youtube_transcripts_disabled", "no-captions"),
        ("youtube_transcripts_disabled2", "no-captions"),
        ("youtube_po_token_required", "po-token"),
    ],
)
def test_recorded_refusals_through_yt_dlps_extractor(name, means, monkeypatch):
    answer = extracted(name)
    if "disabled" not in name and "token" not in name:
        del answer["streamingData"]
    if "token" in name:
        for track in answer["captions"]["playerCaptionsTracklistRenderer"]["captionTracks"]:
            track["baseUrl"] += "&exp=xpe" if "exp=" not in track["baseUrl"] else ""
    with serving(innertube(answer, page=YTCFG)) as site:
        reached(monkeypatch, site)
        with pytest.raises(RemoteError) as caught:
            transcript(VIDEO, access=access(), way="yt-dlp")
    assert reason(caught.value) == means


@pytest.mark.parametrize("video", ["", "no id", "https://vimeo.com/1", "https://youtube.com/@name"])
def test_what_is_no_video(video):
    with pytest.raises(InputError) as caught:
        transcript(video, access=access())
    assert caught.value.code == "LQ-INPUT-ADDRESS"


def test_wrong_wishes():
    with pytest.raises(UsageError, match="no way is called 'yt-dpl'") as caught:
        Wanted(way="yt-dpl")
    assert "yt-dlp" in caught.value.hint
    with pytest.raises(UsageError, match="kind of track"):
        Wanted(kinds="best")
    with pytest.raises(UsageError, match="stands in"):
        transcript(VIDEO, access=access(), way="emulated")


def test_nothing_is_asked_offline(monkeypatch):
    def answer(*_):
        raise AssertionError("asked")

    with watching(answer, monkeypatch), pytest.raises(RemoteError) as caught:
        transcript(VIDEO, access=access(fetching={"offline": True}))
    assert reason(caught.value) == "offline"


def test_many_go_on_after_one_that_fails_and_wait_between(monkeypatch):
    slept = []

    def answer(extractor, video_id):
        if video_id == "-dashedIdea":
            raise ExtractorError("Private video", expected=True)
        return manuals(site.url)

    videos = [VIDEO, "-dashedIdea", "nothing", "https://youtu.be/aaaaaaaaaaa"]
    with serving(timed_text(MANUAL)) as site, watching(answer, monkeypatch):
        found = list(transcripts(videos, access=access(sleep_s=2.0, slept=slept)))
    assert [(one.video_id, one.reason) for one in found] == [
        (VIDEO, ""), ("-dashedIdea", "private"), ("", "address"), ("aaaaaaaaaaa", ""),
    ]  # fmt: skip
    assert [wait for wait in slept if wait >= 1] == [2.0, 2.0, 2.0]


def test_a_site_that_refuses_again_and_again_is_left_alone(monkeypatch):
    asked, slept = [], []

    def answer(_, video_id):
        asked.append(video_id)
        raise ExtractorError("Sign in to confirm you're not a bot", expected=True)

    videos = [f"video{number:06d}" for number in range(8)]
    with watching(answer, monkeypatch):
        wanted = Wanted(way="yt-dlp")
        found = list(transcripts(videos, wanted, access=access(sleep_s=8.0, slept=slept)))
    assert [one.reason for one in found] == ["blocked"] * 5 + ["not-asked"] * 3
    assert len(asked) == 5
    assert [wait for wait in slept if wait >= 4] == [16.0, 32.0, 60.0, 60.0]


def test_cookies_go_along_and_are_not_written(tmp_path, monkeypatch):
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\topen\n"
    )
    before = cookies.read_bytes(), cookies.stat().st_mtime_ns
    with (
        serving(timed_text(MANUAL)) as site,
        watching(lambda _, __: manuals(site.url), monkeypatch),
    ):
        transcript(VIDEO, access=access(fetching={"cookies_file": cookies}))
    assert site.asked[0][2]["Cookie"] == "session=open"
    assert (cookies.read_bytes(), cookies.stat().st_mtime_ns) == before


def test_a_proxy_is_asked(monkeypatch):
    with serving(timed_text(MANUAL)) as proxy:
        page = manuals("http://captions.test")
        with watching(lambda _, __: page, monkeypatch):
            found = transcript(VIDEO, access=access(fetching={"proxy": proxy.url}))
    assert found.text == "en"
    assert proxy.asked


@needs_shared
def test_what_people_made_keeps_lines_that_are_there_at_once(monkeypatch):
    body = (SYNTHETIC / "manual.en.json3").read_bytes()
    with (
        serving(timed_text({("en", "", "", "json3"): body})) as site,
        watching(lambda _, __: info(subtitles={"en": entry(site.url, "en")}), monkeypatch),
    ):
        found = transcript(VIDEO, words=True, access=access())
    spans = [(cue.start_ms, cue.end_ms) for cue in found.track.cues]
    assert spans[2:] == [
        (22640, 26960), (22640, 26960), (27000, 28000), (28000, 29000), (29000, 30500),
        (31000, 32000),
    ]  # fmt: skip
    assert "2 lines without a length are shown for up to 2 s" in found.warnings
    assert not found.timed
    assert {word.start_ms for word in found.words} == {None}
    assert [word.text for word in found.words[-2:]] == ["zero", "width"]
