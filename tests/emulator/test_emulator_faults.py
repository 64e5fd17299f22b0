"""What goes wrong on purpose: at the right call, before or after its effect, at the given rate."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
from answers import Shelf
from asking import ask

from loquitur.emulator import Emulator

VIDEOS = "/youtube/v3/videos"
BODY = (
    b'--=b\nContent-Type: application/json\n\n{"snippet": {"language": "en", "name": ""}}\n'
    b"--=b\nContent-Type: text/vtt\nContent-Transfer-Encoding: binary\n\nWEBVTT\n\n--=b--"
)
RELATED = {"Content-Type": 'multipart/related; boundary="=b"'}


def _insert(emulator: Emulator) -> int:
    path = "/upload/youtube/v3/captions"
    query = {"part": "snippet", "uploadType": "multipart"}
    return ask(emulator, "POST", path, BODY, token=emulator.token, headers=RELATED, **query).status


def test_the_nth_call_of_a_method_goes_wrong(plain: Emulator) -> None:
    entries = [
        {"method": "videos.list", "at": 2, "kind": "backend", "times": 2},
        {"method": "videos.list", "at": 5, "kind": "per_minute", "retry_after": 7},
        {"method": "captions.insert", "at": 1, "kind": "unavailable"},
    ]
    assert ask(plain, "POST", "/emulator/faults", entries).status == 200
    got = [ask(plain, "GET", VIDEOS, part="id", id="v1") for _ in range(6)]
    assert [one.status for one in got] == [200, 500, 500, 200, 429, 200]
    assert got[4].headers["retry-after"] == "7"
    assert plain.spent("shared") == 5, "a call that fails inside costs, a throttled one does not"
    left = ask(plain, "GET", "/emulator/faults").json["schedule"]
    assert [one["method"] for one in left] == ["captions.insert"]
    ask(plain, "DELETE", "/emulator/faults")
    assert _insert(plain) == 200


def test_a_lost_answer_has_taken_effect_and_a_reset_has_not(plain: Emulator, shelf: Shelf) -> None:
    plain.fault("captions.insert", "reset")
    with pytest.raises(ConnectionResetError):
        _insert(plain)
    assert shelf.stored == []
    plain.fault("captions.insert", "lost_answer")
    with pytest.raises(ConnectionResetError):
        _insert(plain)
    assert len(shelf.stored) == 1
    plain.fault("captions.insert", "unavailable", after=True)
    assert _insert(plain) == 503
    assert len(shelf.stored) == 2
    calls = plain.calls("captions.insert")
    assert [(one.status, one.fault, one.cost) for one in calls] == [
        (0, "reset", 400), (0, "lost_answer", 400), (503, "unavailable", 400)]  # fmt: skip


def test_answers_come_late_or_cut_short(plain: Emulator) -> None:
    plain.fault("videos.list", "slow", seconds=0.15)
    started = time.monotonic()
    assert ask(plain, "GET", VIDEOS, part="id", id="v1").status == 200
    assert time.monotonic() - started >= 0.15
    plain.fault("videos.list", "cut")
    with pytest.raises(Exception, match="IncompleteRead"):
        ask(plain, "GET", VIDEOS, part="id", id="v1")


def test_the_rate_is_kept_and_the_seed_decides() -> None:
    def statuses(seed: int) -> list[int]:
        plan = {"faults": {"rate": 0.1}, "quota": {"shared": 10**6}}
        with Emulator(seed=seed, plan=plan, handlers=Shelf().handlers()) as emulator:
            for _ in range(250):
                try:
                    ask(emulator, "GET", VIDEOS, part="id", id="v1")
                except ConnectionResetError:
                    continue
            return [one.status for one in emulator.calls()]

    first = statuses(3)
    assert first == statuses(3) != statuses(4)
    counts = Counter(first)
    assert len(first) == 250
    assert 10 <= 250 - counts[200] <= 45
    assert {0, 429, 500, 503} <= set(counts)


def test_comments_also_fail_to_be_processed() -> None:
    with Emulator(plan={"faults": {"rate": 1.0}}) as emulator:
        reasons = set()
        for _ in range(60):
            try:
                got = ask(
                    emulator, "GET", "/youtube/v3/commentThreads", part="id", videoId="x" * 11
                )
            except ConnectionResetError:
                continue
            reasons.add(got.reason)
        assert "processingFailure" in reasons


@pytest.mark.parametrize(
    "body",
    [
        [{"method": "videos.list", "kind": "earthquake"}],
        [{"method": "videos.list", "kind": "backend", "at": 0}],
        [{"method": "videos.list", "kind": "backend", "wehn": 1}],
        ["backend"],
        {"rate": 2},
        {"rate": "often"},
        7,
    ],
)
def test_faults_that_cannot_be_are_refused(plain: Emulator, body: object) -> None:
    got = ask(plain, "POST", "/emulator/faults", json.dumps(body))
    assert got.status == 400
    assert "/emulator/faults: " in got.json["error"]


def test_the_emulators_own_endpoints_tell_what_there_is(plain: Emulator) -> None:
    ask(plain, "GET", VIDEOS, part="id", id="v1")
    ask(plain, "GET", VIDEOS, part="snippet", id="v2")
    calls = ask(plain, "GET", "/emulator/calls", method="videos.list", last=1).json
    assert calls["count"] == 2
    assert calls["calls"][0]["given"] == {"part": "snippet", "id": "v2"}
    assert calls["calls"][0] | {"at": 0} == calls["calls"][0] | {"at": 0, "status": 200, "cost": 1}
    before = plain.world.now()
    clock = ask(plain, "POST", "/emulator/clock", {"seconds": 100}).json["now"]
    assert before + 100 <= clock <= plain.world.now()
    told = ask(plain, "GET", "/emulator/quota").json
    assert told["today"][str(100000000001)]["shared"] == 2
    key = ask(plain, "POST", "/emulator/keys", {"state": "restricted"}).json["api_key"]
    assert ask(plain, "GET", VIDEOS, key=key, part="id", id="v1").reason == "ipRefererBlocked"
    ask(plain, "POST", "/emulator/keys", {"key": key, "state": "good"})
    assert ask(plain, "GET", VIDEOS, key=key, part="id", id="v1").status == 200
    token = ask(plain, "POST", "/emulator/tokens", {"channel": "UCx", "expires_in": 60}).json
    path = "/youtube/v3/captions/track"
    assert ask(plain, "GET", path, token=token["token"]).status == 200
    plain.move(61)
    assert ask(plain, "GET", path, token=token["token"]).reason == "authError"
    assert ask(plain, "POST", "/emulator/reset").status == 200
    assert ask(plain, "GET", "/emulator/calls").json["count"] == 0
    assert ask(plain, "GET", "/emulator/credentials").json["api_key"] == plain.api_key
    assert ask(plain, "GET", "/emulator/nothing").status == 404
    assert ask(plain, "POST", "/emulator/quota", {"limits": {"gold": 1}}).status == 400
    unknown = {"limits": {"shared": 1}, "spent": {"shared": 1}, "key": "AIzaNothing"}
    assert ask(plain, "POST", "/emulator/quota", unknown).status == 400
    assert plain.front.desk.quota.limits["shared"] == 1_000_000, "what is refused changes nothing"
    assert ask(plain, "POST", "/emulator/clock", "{").status == 400
