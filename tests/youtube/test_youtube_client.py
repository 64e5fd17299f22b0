"""The client against the emulator, over HTTP."""

from __future__ import annotations

import json
import logging
import secrets
import socket
import threading
import time
from pathlib import Path

import pytest

from loquitur.emulator import Emulator
from loquitur.errors import MissingError, RemoteError, TransientError, UsageError
from loquitur.settings import Settings
from loquitur.youtube import client as clients
from loquitur.youtube.complaints import (
    BucketEmptyError,
    ComplaintError,
    GoneError,
    KeyProblemError,
    LoginNeededError,
    NotYoursError,
    RefusedInputError,
    UnansweredError,
    UnavailableError,
)
from loquitur.youtube.retrying import Patience
from loquitur.youtube.sessions import open_client
from loquitur.youtube.tags import Tags

SRT = (
    b"1\n00:00:00,000 --> 00:00:01,500\nGood morning.\n\n"
    b"2\n00:00:02,000 --> 00:00:03,000\nHarbour.\n"
)


@pytest.fixture
def opened(emulator, tmp_path, monkeypatch):
    """Opens clients of the emulator, which never sleep."""
    made = []

    def open_one(*, key="", token="", patience=None, **settings):
        if key:
            monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", key)
        if token:
            monkeypatch.setenv("LOQUITUR_YOUTUBE_TOKEN", token)
        given = {"store": tmp_path / "store", "youtube_endpoint": emulator.endpoint} | settings
        made.append(
            open_client(Settings(**given), patience=patience or Patience(sleep=lambda _: None))
        )
        return made[-1]

    yield open_one
    for client in made:
        client.close()


def a_video(client):
    found = client.call("search.list", part="id", q="tardigrade", type="video")
    return found["items"][0]["id"]["videoId"]


def own_video(client):
    channel = client.call("channels.list", part="contentDetails", mine=True)["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    page = client.call("playlistItems.list", part="contentDetails", playlistId=uploads)
    return page["items"][0]["contentDetails"]["videoId"]


def test_the_endpoint_alone_is_enough(opened, emulator):
    client = opened()
    assert client.call("videos.list", part="id", id=a_video(client))["items"]
    assert [entry.status for entry in emulator.calls()] == [200, 200]
    assert client.purse.ledger.today(client.purse.credentials.payers[0], "search").units == 1


def test_a_refusal_is_an_error_of_ours(opened):
    with pytest.raises(ComplaintError):
        opened().call("channels.update", part="snippet", body={"id": "UC"})


def test_what_breaks_the_table_is_not_sent_and_not_paid_for(opened, emulator):
    client = opened()
    for given in ({}, {"part": "snippet", "ids": "x"}, {"part": "snippet", "maxResults": 51}):
        with pytest.raises(UsageError):
            client.call("search.list", **given)
    assert not emulator.calls()
    assert all(row.units == 0 for row in client.purse.ledger.spent())


def test_a_missing_key_is_told_before_anything_is_sent(opened):
    with pytest.raises(MissingError) as caught:
        opened(youtube_endpoint="", offline=True).call("videos.list", part="id", id="x")
    assert "LOQUITUR_YOUTUBE_API_KEY" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_key_alone_does_not_download_captions_and_no_unit_is_spent(opened, emulator):
    client = opened(key=emulator.api_key)
    with pytest.raises(MissingError, match=r"401.*owner") as caught:
        client.download("captions.download", id="x")
    assert "transcript" in caught.value.hint
    assert not emulator.calls()
    for method_id, given in (("channels.list", {"mine": True}), ("search.list", {"forMine": True})):
        with pytest.raises(MissingError):
            client.call(method_id, part="snippet", **given)
    assert not emulator.calls()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AIza with blank", "a blank"),
        ("'AIzaSyA'", "a quote"),
        ("AIzaSyÄ", "characters that no key has"),
        ("good,also good", "entry 2 has a blank"),
        ("x" * 5000, "5000 characters"),
    ],
)
def test_a_key_that_is_none_is_told_without_showing_it(opened, text, said):
    with pytest.raises(MissingError, match=said) as caught:
        opened(key=text)
    assert text not in caught.value.message


def test_empty_places_in_a_list_of_keys_are_skipped(opened, emulator):
    client = opened(key=f" {emulator.api_key} ,, {emulator.api_key},")
    assert len(client.purse.credentials.projects) == 1
    assert client.call("i18nRegions.list", part="snippet")["items"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("invalid", "wrong"), ("legacy", "wrong"), ("revoked", "wrong"), ("expired", "wrong"),
        ("restricted", "other IP addresses"), ("blocked", "not allowed to use"),
        ("disabled", "not enabled"),
    ],
)  # fmt: skip
def test_each_bad_key_is_told_by_what_is_wrong_with_it(opened, emulator, state, said):
    key = emulator.front.desk.credentials.bad[state]
    with pytest.raises(KeyProblemError, match=said) as caught:
        opened(key=key).call("i18nRegions.list", part="snippet")
    assert caught.value.exit_code == 5
    assert caught.value.hint
    assert ("API restrictions" in caught.value.hint) == (state == "blocked")
    assert key not in f"{caught.value!r} {vars(caught.value)}"
    assert len(emulator.calls()) == 1  # not tried again


def test_which_of_several_keys_is_bad_is_told(opened, emulator):
    bad = emulator.front.desk.credentials.bad["expired"]
    with pytest.raises(KeyProblemError) as caught:
        opened(key=f"{bad},{emulator.api_key}").call("i18nRegions.list", part="snippet")
    assert "key 1 of 2" in caught.value.hint


def test_no_key_and_no_token_in_addresses_logs_or_errors(opened, emulator, caplog):
    caplog.set_level(logging.DEBUG)
    client = opened(key=emulator.api_key, token=emulator.token)
    client.call("i18nRegions.list", part="snippet")
    for kind in ("plain_string", "unknown_reason", "html_502", "key_invalid", "reset"):
        emulator.fault("i18nRegions.list", kind, times=9)
        with pytest.raises(RemoteError) as caught:
            client.call("i18nRegions.list", part="snippet", hl="de")
        emulator.front.desk.faults.forget()
        chain, error = "", caught.value
        while error is not None:
            chain += f"{error!r} {vars(error)} "
            error = error.__cause__
        for secret in (emulator.api_key, emulator.token):
            assert secret not in chain
    for secret in (emulator.api_key, emulator.token):
        assert secret not in caplog.text
        assert secret not in json.dumps([entry.plain() for entry in emulator.calls()])


def test_the_ledger_is_asked_before_each_call(opened, emulator):
    client = opened(youtube_limits={"search": "2"})
    asked = {"part": "id", "q": "tardigrade"}
    client.call("search.list", **asked)
    client.call("search.list", **asked)
    with pytest.raises(BucketEmptyError) as caught:
        client.call("search.list", **asked)
    assert caught.value.reason == "ledger"
    assert len(emulator.calls("search.list")) == 2
    client.call("i18nRegions.list", part="snippet")  # the other buckets go on


def test_a_bucket_that_the_service_calls_empty_is_not_asked_again(opened, emulator):
    emulator.front.desk.quota.limits["search"] = 3
    client = opened()
    for _ in range(3):
        client.call("search.list", part="id", q="tardigrade")
    with pytest.raises(BucketEmptyError, match="empty says the service"):
        client.call("search.list", part="id", q="tardigrade")
    assert len(emulator.calls("search.list")) == 4
    with pytest.raises(BucketEmptyError):
        client.call("search.list", part="id", q="tardigrade")
    assert len(emulator.calls("search.list")) == 4  # a spent bucket is never retried
    emulator.move_to_next_day()
    client.call("search.list", part="id", q="tardigrade")  # the next day, by the service's clock


def test_another_process_goes_on_when_the_service_has_another_day(opened, emulator):
    client = opened(youtube_limits={"search": "1"})
    client.call("search.list", part="id", q="tardigrade")
    emulator.move_to_next_day()
    other = opened(youtube_limits={"search": "1"}, key=emulator.api_key)
    (project,) = other.purse.credentials.payers
    other.purse.ledger.mark_full(project, "search")  # of the day that this machine's clock shows
    assert other.call("search.list", part="id", q="tardigrade")["items"]


def test_several_keys_are_spent_one_after_the_other(opened, emulator):
    client = opened(key=",".join(emulator.api_keys), youtube_limits={"search": "2"})
    for _ in range(6):
        client.call("search.list", part="id", q="tardigrade")
    assert [entry.project for entry in emulator.calls()] == sorted(
        entry.project for entry in emulator.calls()
    )
    assert [emulator.spent("search", key=key) for key in emulator.api_keys] == [2, 2, 2]
    with pytest.raises(BucketEmptyError):
        client.call("search.list", part="id", q="tardigrade")


def test_a_key_that_the_service_calls_empty_is_passed_over_at_once(opened, emulator):
    emulator.front.desk.quota.limits["search"] = 1
    client = opened(key=",".join(emulator.api_keys[:2]))
    client.call("search.list", part="id", q="tardigrade")
    client.call("search.list", part="id", q="tardigrade")
    assert [entry.status for entry in emulator.calls()] == [200, 429, 304]


@pytest.mark.parametrize(
    "kind", ["backend", "unavailable", "html_502", "reset", "cut", "per_minute"]
)
def test_what_passes_is_tried_again_and_each_try_is_paid_for(opened, emulator, kind):
    client = opened()
    emulator.fault("i18nRegions.list", kind, times=3)
    assert client.call("i18nRegions.list", part="snippet")["items"]
    assert len(emulator.calls()) == 4
    assert client.purse.ledger.today(client.purse.credentials.payers[0], "shared").units == 4


def test_five_more_tries_and_no_more(opened, emulator):
    emulator.fault("i18nRegions.list", "backend", times=9)
    with pytest.raises(UnavailableError):
        opened().call("i18nRegions.list", part="snippet")
    assert len(emulator.calls()) == 6


def test_the_wait_is_never_shorter_than_asked_for(opened, emulator):
    slept = []
    client = opened(patience=Patience(sleep=slept.append))
    emulator.fault("i18nRegions.list", "per_minute", retry_after=7)
    client.call("i18nRegions.list", part="snippet")
    assert 7.0 <= slept[0] <= 8.0


def test_no_wait_for_what_does_not_pass(opened, emulator):
    client = opened()
    emulator.fault("i18nRegions.list", "bad_page_token")
    with pytest.raises(RefusedInputError):
        client.call("i18nRegions.list", part="snippet")
    assert len(emulator.calls()) == 1


def test_an_unchanged_answer_does_not_travel_again_and_costs_the_same(opened, emulator):
    client = opened()
    first = client.call("i18nRegions.list", part="snippet")
    again = client.call("i18nRegions.list", part="snippet")
    other = client.call("i18nRegions.list", part="snippet", fields="items/id")
    assert first == again
    assert other.keys() == {"items"}
    assert [entry.status for entry in emulator.calls()] == [200, 304, 200]
    assert emulator.spent("shared") == 3


def test_kept_answers_have_a_bound():
    tags = Tags(most_bytes=1000)
    for number in range(50):
        tags.keep(f"q{number}", '"t"', bytes(100))
        tags.keep(f"q{number}", '"u"', bytes(90))
    assert sum(tags.find(f"q{number}") is not None for number in range(50)) == 11
    assert tags.find("q49") == ('"u"', bytes(90))
    tags.keep("no tag", "", b"x")
    assert tags.find("no tag") is None


def test_pages_end_where_there_is_no_token(opened):
    pages = list(opened().pages("search.list", part="id", q="saxophone repair", maxResults=50))
    assert sum(len(page.get("items", [])) for page in pages) >= 400
    assert "nextPageToken" not in pages[-1]


def test_an_address_too_long_travels_as_a_form(opened, emulator):
    client = opened()
    found = client.call("search.list", part="id", q="tardigrade | " + "long " * 500)
    assert "items" in found
    assert emulator.calls()[-1].given["q"].startswith("tardigrade | long")


def test_nothing_listens_and_nothing_is_counted(opened):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        client = opened(key="AIzaSomething", youtube_endpoint=f"http://127.0.0.1:{port}")
        with pytest.raises(TransientError, match="cannot be reached"):
            client.call("videos.list", part="id", id="x")
        assert client.purse.ledger.today(client.purse.credentials.payers[0], "shared").units == 0


def test_an_emulator_that_is_gone_is_told_as_that(opened):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = opened(youtube_endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}")
        for method, given in (("captions.list", {"videoId": "x" * 11}), ("search.list", {})):
            with pytest.raises(UnavailableError, match="cannot be reached") as caught:
                client.call(method, part="id", **given)
            assert "youtube emulate" in caught.value.hint
        assert client.purse.ledger.spent() == ()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.org",
        "ftp://127.0.0.1",
        "nonsense",
        "http://",
        "https://x/?key=1",
        "http://[::1",
    ],
)
def test_an_endpoint_that_is_none(opened, endpoint):
    with pytest.raises(UsageError, match="youtube_endpoint"):
        opened(youtube_endpoint=endpoint)


def test_offline_means_offline_but_not_for_this_machine(opened, emulator):
    assert opened(offline=True).call("i18nRegions.list", part="snippet")["items"]
    client = opened(key="AIzaSomething", youtube_endpoint="", offline=True)
    with pytest.raises(RemoteError, match="switched off"):
        client.call("i18nRegions.list", part="snippet")


def test_a_redirect_is_not_followed_with_a_key(opened):
    with one_answer(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\n\r\n"
    ) as port:
        client = opened(key="AIzaSomething", youtube_endpoint=f"http://127.0.0.1:{port}")
        with pytest.raises(ComplaintError, match="HTTP 302"):
            client.call("i18nRegions.list", part="snippet")


@pytest.mark.parametrize("body", [b"not json", b"[1]", b"[" * 5000])
def test_an_answer_that_is_no_json_is_tried_again_then_told(opened, body):
    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with one_answer(head + body) as port:
        client = opened(key="AIzaSomething", youtube_endpoint=f"http://127.0.0.1:{port}")
        with pytest.raises(TransientError, match="no JSON"):
            client.call("i18nRegions.list", part="snippet")


class one_answer:  # noqa: N801
    """A server that answers everything with the same bytes."""

    def __init__(self, answer):
        self.answer = answer

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()
        return self.socket.getsockname()[1]

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(self.answer)

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def upload(client, media=SRT):
    """A new track, of a name of its own."""
    name = secrets.token_hex(6)
    body = {"snippet": {"videoId": own_video(client), "language": "en", "name": name}}
    return client.upload("captions.insert", part="snippet", body=body, media=media)


def tracks(client):
    found = client.call("captions.list", part="snippet", videoId=own_video(client))
    return [item for item in found["items"] if item["snippet"]["trackKind"] == "standard"]


def test_a_file_and_back(opened):
    client = opened()
    before = len(tracks(client))
    track = upload(client)
    assert len(tracks(client)) == before + 1
    assert b"Good morning." in client.download("captions.download", id=track["id"], tfmt="srt")
    client.call("captions.delete", id=track["id"])
    assert len(tracks(client)) == before


@pytest.mark.parametrize("kind", ["lost_answer", "unavailable", "backend", "reset"])
def test_a_file_that_may_have_been_taken_is_never_sent_again_blindly(opened, emulator, kind):
    client = opened()
    before = len(tracks(client))
    emulator.fault("captions.insert", kind)
    with pytest.raises(UnansweredError, match="may have been taken"):
        upload(client)
    assert len(emulator.calls("captions.insert")) == 1
    assert len(tracks(client)) - before == (kind == "lost_answer")


def test_a_file_that_was_turned_away_is_sent_again(opened, emulator):
    client = opened()
    emulator.fault("captions.insert", "per_minute", times=2)
    assert upload(client)["id"]
    assert len(emulator.calls("captions.insert")) == 3


def test_a_delete_without_an_answer_is_not_repeated(opened, emulator):
    client = opened()
    track = upload(client)
    emulator.fault("captions.delete", "lost_answer")
    with pytest.raises(UnansweredError):
        client.call("captions.delete", id=track["id"])
    assert len(emulator.calls("captions.delete")) == 1


@pytest.fixture
def in_pieces(monkeypatch):
    """Files go in pieces of 256 KiB; gives one of four and a half of them."""
    monkeypatch.setattr(clients, "PIECE_BYTES", 256 * 1024)
    cues = []
    for number in range(14_000):
        at = number * 250
        stamp = f"{at // 3600000:02}:{at // 60000 % 60:02}:{at // 1000 % 60:02},"
        cues.append(f"{number + 1}\n{stamp}{at % 1000:03} --> {stamp}{at % 1000 + 200:03}\n"
                    f"Line {number} of a very long day at the harbour.\n\n")  # fmt: skip
    media = "".join(cues).encode()
    assert 4 * 256 * 1024 < len(media) < 5 * 256 * 1024
    return media


@pytest.mark.parametrize(
    ("kind", "at"), [("unavailable", 3), ("reset", 1), ("partial", 3), ("per_minute", 1)]
)
def test_a_long_file_goes_on_where_it_broke_off(opened, emulator, in_pieces, kind, at):
    client = opened()
    before = len(tracks(client))
    emulator.fault("captions.insert#chunk", kind, at=at)
    track = upload(client, in_pieces)
    assert len(tracks(client)) == before + 1
    assert b"Line 13999 of" in client.download("captions.download", id=track["id"], tfmt="srt")
    assert len(emulator.calls("captions.insert")) == 1  # paid for once
    sent = sum(int(entry.given["size"]) for entry in emulator.calls("captions.insert#chunk"))
    assert sent <= len(in_pieces) + 256 * 1024


def test_a_lost_last_answer_of_a_long_file_is_asked_for(opened, emulator, in_pieces):
    client = opened()
    before = len(tracks(client))
    emulator.fault("captions.insert#chunk", "lost_answer", at=5)
    assert upload(client, in_pieces)["id"]
    assert len(tracks(client)) == before + 1


def test_an_upload_that_may_be_whole_and_is_gone_is_left_open(opened, emulator, in_pieces):
    client = opened()
    emulator.fault("captions.insert#chunk", "lost_answer", at=5)
    emulator.fault("captions.insert#chunk", "expired_upload", at=6)
    with pytest.raises(UnansweredError):
        upload(client, in_pieces)


def test_an_upload_address_that_is_gone_early_is_an_error(opened, emulator, in_pieces):
    client = opened()
    emulator.fault("captions.insert#chunk", "expired_upload", at=2)
    with pytest.raises(ComplaintError) as caught:
        upload(client, in_pieces)
    assert not isinstance(caught.value, UnansweredError)


def test_an_upload_never_goes_on_at_another_server(opened, in_pieces):
    head = b"HTTP/1.1 200 OK\r\nLocation: http://127.0.0.2:1/x\r\nContent-Length: 0\r\n\r\n"
    with one_answer(head) as port:
        client = opened(token="ya29.something", youtube_endpoint=f"http://127.0.0.1:{port}")
        with pytest.raises(RemoteError, match="another server"):
            client.upload("captions.insert", part="snippet", body={}, media=in_pieces)


def test_a_token_is_used_for_owners_calls_and_the_key_for_the_others(opened, emulator):
    client = opened(key=emulator.api_keys[1], token=emulator.token)
    client.call("i18nRegions.list", part="snippet")
    client.call("channels.list", part="id", mine=True)
    projects = [entry.project for entry in emulator.calls()]
    assert projects[0] != projects[1]
    # what the login spends is counted with the first key: too much is safer than too little
    assert client.purse.ledger.today(client.purse.credentials.payers[0], "shared").units == 2


def test_a_token_that_is_over_needs_a_login(opened, emulator):
    with pytest.raises(LoginNeededError) as caught:
        opened(token="ya29.never-given").call("channels.list", part="id", mine=True)
    assert "youtube auth" in caught.value.hint
    assert "never-given" not in f"{caught.value} {vars(caught.value)}"
    assert len(emulator.calls()) == 1


def test_a_token_that_is_set_is_told_to_stand_before_a_login(opened, emulator):
    video = own_video(opened(token=emulator.token))
    stranger = next(token for token in emulator.tokens.values() if token != emulator.token)
    for token in (emulator.front.desk.credentials.reader, "ya29.never-given", stranger):
        with pytest.raises((LoginNeededError, NotYoursError)) as caught:
            opened(token=token).call("captions.list", part="snippet", videoId=video)
        assert "LOQUITUR_YOUTUBE_TOKEN is set" in caught.value.hint
    with pytest.raises(GoneError) as gone:
        opened(token=emulator.token).call("captions.list", part="snippet", videoId="aaaaaaaaaaa")
    assert "TOKEN" not in gone.value.hint


def test_a_token_that_does_not_reach_that_far_says_so(opened, emulator):
    client = opened(token=emulator.front.desk.credentials.reader)
    assert client.call("channels.list", part="id", mine=True)["items"]
    with pytest.raises(LoginNeededError, match="does not reach that far"):
        client.call("captions.list", part="snippet", videoId=own_video(client))


def test_threads_share_a_client(opened, emulator):
    client = opened(youtube_limits={"search": "20"})
    found = []

    def ask():
        for _ in range(10):
            try:
                found.append(client.call("search.list", part="id", q="tardigrade"))
            except BucketEmptyError:
                found.append(None)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), found.count(None)) == (40, 20)
    assert len(emulator.calls("search.list")) == 20


def test_a_light_core_stays_light():
    import subprocess
    import sys

    code = (
        "import sys, loquitur.youtube.sessions; "
        "print([n for n in ('httpx', 'google', 'requests', 'polars') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def job(client):
    """5,000 calls: pages, details, statistics; gives all that came."""
    found = []
    for number in range(5_000):
        if number % 10 == 0:
            found.append(client.call("i18nRegions.list", part="snippet", hl="de"))
        else:
            ident = f"loquitur{number:03}"[:11]
            found.append(client.call("videos.list", part="id,statistics", id=ident))
    return found


@pytest.mark.slow
def test_five_percent_of_faults_change_nothing_in_five_thousand_calls(tmp_path):
    results, times = [], []
    for rate in (0.0, 0.05):
        plan = {"faults": {"rate": rate}, "quota": {"shared": 10_000}}
        with Emulator(seed=7, plan=plan) as emulator:
            settings = Settings(store=tmp_path / str(rate), youtube_endpoint=emulator.endpoint)
            with open_client(settings, patience=Patience(sleep=lambda _: None)) as client:
                start = time.monotonic()
                results.append(job(client))
                times.append(time.monotonic() - start)
                project = client.purse.credentials.payers[0]
                counted = client.purse.ledger.today(project, "shared").units
                assert emulator.spent("shared") <= counted == len(emulator.calls()) <= 10_000
                if rate:
                    faults = sum(bool(entry.fault) for entry in emulator.calls())
                    assert 150 < faults < 400
    assert results[0] == results[1]


def test_the_store_may_begin_with_youtube(opened, tmp_path):
    from loquitur.store import Store

    opened().call("i18nRegions.list", part="snippet")
    assert (tmp_path / "store" / "youtube" / "ledger.sqlite3").is_file()
    assert Store.open(Path(tmp_path / "store")).root
