"""The gate: credentials, prices, parameters; the same over real HTTP as the service's documents."""

from __future__ import annotations

import threading

import pytest
from asking import ask

from loquitur.emulator import Emulator
from loquitur.errors import InputError

VIDEOS = "/youtube/v3/videos"


def test_unknown_missing_and_wrong_parameters(emulator: Emulator) -> None:
    cases = [
        ({"part": "id", "id": "x", "colour": "red"}, "unexpectedParameter", "colour"),
        ({"id": "x"}, "missingRequiredParameter", "part"),
        ({"part": "", "id": "x"}, "missingRequiredParameter", "part"),
        ({"part": "id,sauce", "id": "x"}, "unknownPart", "part"),
        ({"part": "id", "chart": "mostPopular", "maxResults": 5000}, "invalidParameter",
         "maxResults"),
        ({"part": "id", "chart": "mostPopular", "maxResults": "many"}, "invalidValue",
         "maxResults"),
        ({"part": "id", "chart": "worst"}, "invalidParameter", "chart"),
        ({"part": "id", "id": "x", "fields": "items(id"}, "invalidParameter", "fields"),
        ({"part": "id", "id": "x", "fields": "items/nothing"}, "invalidParameter", "fields"),
        ({"part": "id", "id": "x", "alt": "csv"}, "invalidParameter", "alt"),
        ({"part": "id", "id": "x", "alt": "media"}, "invalidParameter", "alt"),
        ({"part": "id", "id": "x", "prettyPrint": "maybe"}, "invalidValue", "prettyPrint"),
    ]  # fmt: skip
    for query, reason, location in cases:
        got = ask(emulator, "GET", VIDEOS, **query)
        assert (got.status, got.reason) == (400, reason), query
        assert got.json["error"]["errors"][0]["location"] == location
    assert emulator.spent("shared") == len(cases)


def test_unknown_paths_are_lost_and_free(emulator: Emulator) -> None:
    assert ask(emulator, "GET", "/youtube/v3/nothing", part="id").status == 404
    assert ask(emulator, "POST", VIDEOS + "/list", part="id").status == 404
    assert emulator.spent("shared") == 0


def test_keys_say_what_is_wrong_with_them(emulator: Emulator) -> None:
    bad = emulator.front.desk.credentials.bad
    expected = {
        bad["invalid"]: (400, "badRequest"),
        bad["legacy"]: (400, "keyInvalid"),
        bad["expired"]: (400, "badRequest"),
        bad["revoked"]: (400, "badRequest"),
        bad["restricted"]: (403, "ipRefererBlocked"),
        bad["blocked"]: (403, "forbidden"),
        bad["disabled"]: (403, "accessNotConfigured"),
        "AIzaNothing": (400, "badRequest"),
        None: (403, "forbidden"),
    }
    for key, found in expected.items():
        got = ask(emulator, "GET", VIDEOS, key=key, part="id", id="x")
        assert (got.status, got.reason) == found, key
    assert emulator.spent("shared") == 0


def test_owners_need_a_login_and_scopes(emulator: Emulator) -> None:
    path = "/youtube/v3/captions"
    assert ask(emulator, "GET", path, part="id", videoId="x").reason == "required"
    assert ask(emulator, "GET", "/youtube/v3/captions/abc").reason == "required"
    mine = ask(emulator, "GET", "/youtube/v3/channels", part="id", mine="true")
    assert (mine.status, mine.reason) == (401, "required")
    dead = ask(emulator, "GET", path, token="ya29.none", part="id", videoId="x")
    assert (dead.status, dead.reason) == (401, "authError")
    reader = emulator.front.desk.credentials.reader
    narrow = ask(emulator, "GET", path, token=reader, part="id", videoId="x")
    assert (narrow.status, narrow.reason) == (403, "insufficientPermissions")


def test_many_at_once_never_spend_more_than_there_is() -> None:
    with Emulator(plan={"quota": {"shared": 100}}) as emulator:
        found: list[int] = []

        def calls() -> None:
            query = {"part": "id", "id": "no-such-id0"}
            found.extend(ask(emulator, "GET", VIDEOS, **query).status for _ in range(40))

        threads = [threading.Thread(target=calls) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (found.count(200), found.count(403)) == (100, 60)
        assert [entry.number for entry in emulator.calls()] == list(range(1, 161))


def test_a_plan_that_does_not_fit_is_refused_at_once() -> None:
    for plan, said in (
        ({"quotas": {}}, "the plan: a world has no 'quotas'"),
        ({"quota": {"search": "all"}}, "the plan: quota.search is a whole number"),
        ({"pool": -1}, "the plan: the world's plan"),
    ):
        with pytest.raises(InputError, match=said):
            Emulator(plan=plan)


def test_threads_and_connections_are_gone_after_the_block() -> None:
    before = threading.active_count()
    with Emulator() as emulator:
        ask(emulator, "GET", "/emulator/clock")
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        ask(emulator, "GET", "/emulator/clock")
