"""`youtube auth` and `youtube quota`, against the emulator."""

from __future__ import annotations

import datetime as dt
import json
import threading

import httpx
import pytest

from loquitur.emulator import Emulator
from loquitur.settings import Settings
from loquitur.youtube import consent, logins
from loquitur.youtube.sessions import open_client

pytest.importorskip("google.auth")


@pytest.fixture(autouse=True)
def emulator(monkeypatch, loquitur):
    with Emulator(seed=1) as found:
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", found.endpoint)
        yield found


@pytest.fixture
def person(monkeypatch):
    """Somebody who agrees to whatever the browser shows."""

    def browse(address):
        threading.Thread(
            target=httpx.get, args=(address,), kwargs={"follow_redirects": True}
        ).start()
        return True

    monkeypatch.setattr("webbrowser.open", browse)


def test_auth_status_refresh_and_revoke(loquitur, emulator, person):
    missing = loquitur("youtube", "auth", "--status", "--json")
    assert (missing.code, missing.error["code"]) == (3, "LQ-YOUTUBE-NO-LOGIN")
    found = loquitur("youtube", "auth", "--channel", "--json").json
    assert found["scopes"] == [consent.FORCE_SSL]
    assert found["channel"]["title"] == "Loquitur Studio"
    status = loquitur("youtube", "auth", "--status").out
    assert "youtube.force-ssl" in status
    assert "testing mode" in status
    before = found["expires_at"]
    emulator.front.login.set({"expires_in": 7200})
    assert loquitur("youtube", "auth", "--refresh", "--json").json["expires_at"] > before
    assert loquitur("youtube", "auth", "--revoke", "--json").json == {
        "revoked": True, "deleted": True, "problem": None,
    }  # fmt: skip
    assert loquitur("youtube", "auth", "--revoke").code == 3
    assert loquitur("youtube", "auth", "--revoke", "--status").code == 2


def test_the_status_tells_of_a_token_that_is_set(loquitur, monkeypatch):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_TOKEN", "ya29.something")
    told = loquitur("youtube", "auth", "--status", "--json").error
    assert told["code"] == "LQ-YOUTUBE-NO-LOGIN"
    assert "while LOQUITUR_YOUTUBE_TOKEN is set" in told["hint"]


def test_auth_without_a_browser_takes_a_pasted_line(loquitur):
    answer = loquitur("youtube", "auth", "--no-browser", "--timeout", "0.3", stdin="")
    assert answer.code == 5
    assert "open this address" in answer.err
    assert "within 0.3 s" in answer.err
    answer = loquitur(
        "youtube", "auth", "--no-browser", "--timeout", "5", "--json", stdin="4/0wrong-code\n"
    )
    assert answer.code == 5
    assert "code was refused" in answer.err


def test_revoke_deletes_although_the_server_cannot_be_told(loquitur, emulator, person):
    assert loquitur("youtube", "auth").code == 0
    emulator.close()
    answer = loquitur("youtube", "auth", "--revoke")
    assert answer.code == 0
    assert "could not be told" in answer.err
    assert logins.load(emulator.endpoint + "/") is None


def test_reading_alone_is_asked_for(loquitur, person):
    found = loquitur("youtube", "auth", "--read-only", "--json").json
    assert found["scopes"] == [consent.READ_ONLY]


def test_a_missing_library_is_told_before_anybody_is_asked(loquitur, emulator, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = loquitur("youtube", "auth", "--no-browser", "--json")
    assert (answer.code, answer.error["hint"]) == (3, 'pip install "loquitur[youtube]"')
    assert not emulator.calls()


def test_quota_through_the_command_line(loquitur, emulator, monkeypatch, tmp_path):
    monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", ",".join(emulator.api_keys[:2]))
    monkeypatch.setenv("LOQUITUR_YOUTUBE_LIMITS", "shared=500:search=7")
    settings = Settings(store=tmp_path / "store", youtube_endpoint=emulator.endpoint)
    with open_client(settings) as client:
        client.call("search.list", part="id", q="tardigrade")
    found = loquitur("youtube", "quota", "--json", "--days", "3").json
    rows = {(row["whose"], row["bucket"]): row for row in found["buckets"]}
    assert rows["key 1", "search"]["left"] == 6
    assert rows["key 2", "search"]["left"] == 7
    assert rows["key 1", "shared"]["limit"] == 500
    assert [day["spent"] for day in found["days"]] == [1]
    day = dt.datetime.fromisoformat(found["resets_at"])
    assert day > dt.datetime.now(dt.UTC)
    text = loquitur("youtube", "quota").out
    assert "midnight Pacific time" in text
    assert found["resets_at"] in text
    assert emulator.api_keys[0] not in text + json.dumps(found)


def test_the_table_of_costs(loquitur):
    found = loquitur("youtube", "quota", "--costs", "--json").json
    row = next(row for row in found["costs"] if row["method"] == "captions.download")
    assert (row["bucket"], row["units"], row["read"]) == ("shared", 200, "2026-11")
    assert "captions.download" in loquitur("youtube", "quota", "--costs").out


def test_quota_without_any_key(loquitur, monkeypatch):
    monkeypatch.delenv("LOQUITUR_YOUTUBE_ENDPOINT", raising=False)
    answer = loquitur("youtube", "quota")
    assert answer.code == 0
    assert "no key is set" in answer.err
    assert loquitur("youtube", "quota", "--json").json["buckets"] == []
