"""Logging in, keeping, refreshing and taking back, against the emulator over HTTP."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import socket
import stat
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from loquitur.errors import InputError, MissingError, RemoteError, TransientError
from loquitur.settings import Settings
from loquitur.youtube import consent, logins
from loquitur.youtube.client_secrets import find_client_secrets, read_client_secrets
from loquitur.youtube.clocks import ServiceClock
from loquitur.youtube.complaints import KeyProblemError, LoginNeededError, UnavailableError
from loquitur.youtube.logins import StoredLogin
from loquitur.youtube.sessions import open_client, open_wire

pytest.importorskip("google.auth")


BROWSER = httpx.Client(verify=False, follow_redirects=False, timeout=30, trust_env=False)


@pytest.fixture(scope="module", autouse=True)
def closed_in_the_end():
    yield
    BROWSER.close()


@pytest.fixture
def endpoint(emulator):
    return emulator.endpoint + "/"


@pytest.fixture
def settings(emulator, tmp_path):
    return Settings(store=tmp_path / "store", youtube_endpoint=emulator.endpoint)


@pytest.fixture
def app(settings):
    return find_client_secrets(settings, open_wire(settings, ServiceClock()))


class Person:
    """Somebody with a browser, maybe on another machine."""

    def __init__(self, emulator, *, here=True, mode="grant"):
        emulator.front.login.set({"mode": mode})
        self.here = here
        self.page = ""
        self.ended = ""
        self.lines: list[str] = []
        self.told: list[str] = []

    def show(self, address):
        self.address = address

    def browse(self, address):
        def go():
            answer = BROWSER.get(address)
            self.page, self.ended = answer.text, answer.headers.get("location", "")
            if self.here and self.ended:
                self.page = BROWSER.get(self.ended).text

        self.thread = threading.Thread(target=go)
        self.thread.start()
        return True

    def read_line(self, within_s):
        if not self.lines:
            time.sleep(min(within_s, 0.01))
            return None
        return self.lines.pop(0)

    def asking(self, *, timeout_s=10.0, types=False):
        return consent.Asking(
            show=self.show, browse=self.browse, read_line=self.read_line if types else None,
            refuse=self.told.append, timeout_s=timeout_s,
        )  # fmt: skip


def log_in(app, person, endpoint, *, scopes=(consent.FORCE_SSL,), clock=None, **more):
    return consent.log_in(
        app, scopes, person.asking(**more), endpoint=endpoint, clock=clock or ServiceClock()
    )


def test_a_browser_here_agrees(app, emulator, endpoint):
    person = Person(emulator)
    login = log_in(app, person, endpoint)
    person.thread.join()
    assert "logged in" in person.page
    assert login.scopes == (consent.FORCE_SSL,)
    assert login.expires_at == pytest.approx(time.time() + 3600, abs=30)
    query = parse_qs(urlsplit(person.address).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["access_type"] == ["offline"]
    assert len(query["state"][0]) >= 32
    assert query["redirect_uri"][0].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("what", ["code", "address"])
def test_a_browser_elsewhere_agrees_and_the_answer_is_pasted(app, emulator, endpoint, what):
    person = Person(emulator, here=False)

    def paste():
        person.thread.join()
        code = parse_qs(urlsplit(person.ended).query)["code"][0]
        person.lines = [
            "not a code at all\n",
            "\n",
            f"{code if what == 'code' else person.ended}\n",
        ]

    threading.Timer(0.2, paste).start()
    assert log_in(app, person, endpoint, types=True).refresh_token
    assert len(person.told) == 1
    assert "no code" in person.told[0]


def test_the_end_of_typing_leaves_the_browser_to_answer(app, emulator, endpoint):
    person = Person(emulator)
    person.lines = [""]
    assert log_in(app, person, endpoint, types=True).token


def test_refused_and_late(app, emulator, endpoint):
    with pytest.raises(LoginNeededError, match="access_denied") as caught:
        log_in(app, Person(emulator, mode="deny"), endpoint)
    assert "test users" in caught.value.hint
    start = time.monotonic()
    with pytest.raises(LoginNeededError, match=r"within 0\.3 s"):
        log_in(app, Person(emulator, mode="silent"), endpoint, timeout_s=0.3)
    assert time.monotonic() - start < 60


def test_a_connection_that_a_browser_opened_in_advance_stops_nothing(app, emulator, endpoint):
    person, idle = Person(emulator), []
    usual = person.browse

    def browse(address):
        place = urlsplit(parse_qs(urlsplit(address).query)["redirect_uri"][0])
        idle.append(socket.create_connection((place.hostname, place.port)))
        return usual(address)

    person.browse = browse
    start = time.monotonic()
    try:
        assert log_in(app, person, endpoint).token
    finally:
        idle[0].close()
    assert time.monotonic() - start < 9  # who says nothing is heard for 10 s


def test_an_answer_to_another_question_is_none(app, emulator, endpoint):
    person = Person(emulator, mode="silent")
    statuses = []

    def browse(address):
        place = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        statuses.extend(
            BROWSER.get(f"{place}/?{query}").status_code
            for query in ("code=4/0stolen&state=wrong", "code=4/0stolen", "", "state=x")
        )
        return True

    person.browse = browse
    with pytest.raises(LoginNeededError, match="within"):
        log_in(app, person, endpoint, timeout_s=0.1)
    assert statuses == [404] * 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("4/0AbCd-ef", "4/0AbCd-ef"),
        ("  '4/0AbCd-ef'  \n", "4/0AbCd-ef"),
        ("http://127.0.0.1:1/?state=S&code=4/0AbCd-ef&scope=x", "4/0AbCd-ef"),
        ("http://127.0.0.1:1/?code=4%2F0AbCd-ef&state=S", "4/0AbCd-ef"),
        ("?code=4/0AbCd-ef&state=S", "4/0AbCd-ef"),
        ("code=4/0AbCd-ef", "4/0AbCd-ef"),
    ],
)
def test_what_may_be_pasted(text, code):
    assert consent.code_in(text, "S") == code


@pytest.mark.parametrize(
    "text",
    ["", "   ", "two words", "x" * 5000, "http://127.0.0.1:1/?code=4/0x&state=other",
     "http://127.0.0.1:1/?code=4/0x", "https://example.org/", "http://[::1"],
)  # fmt: skip
def test_what_is_no_code(text):
    with pytest.raises(InputError):
        consent.code_in(text, "S")


def test_a_code_that_was_used_up(app, emulator, endpoint):
    emulator.fault("token", "refresh_token_dead")
    with pytest.raises(LoginNeededError, match="code was refused") as caught:
        log_in(app, Person(emulator), endpoint)
    assert "holds once" in caught.value.hint


def test_a_wrong_secret_is_the_apps_problem_and_not_shown(app, emulator, endpoint):
    wrong = replace(app, client_secret="GOCSPX-wrong-secret")
    with pytest.raises(KeyProblemError, match="client secrets") as caught:
        log_in(wrong, Person(emulator), endpoint)
    assert "wrong-secret" not in f"{caught.value} {vars(caught.value)}"


@pytest.mark.parametrize("kind", ["reset", "html_503", "plain_string"])
def test_a_token_server_in_trouble(app, emulator, endpoint, kind):
    emulator.fault("token", kind, times=9)
    with pytest.raises(RemoteError) as caught:
        log_in(app, Person(emulator), endpoint)
    assert "\n" not in caught.value.message
    assert isinstance(caught.value, TransientError) == (kind != "plain_string")


def test_what_is_saved_is_for_its_user_alone_and_for_its_endpoint(app, emulator, endpoint):
    login = log_in(app, Person(emulator), endpoint)
    path = logins.save(login)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    kept = logins.load(endpoint)
    assert kept == replace(login, expires_at=kept.expires_at)
    assert abs(kept.expires_at - login.expires_at) <= 1
    assert logins.load("https://youtube.googleapis.com/") is None
    assert login.token not in repr(login)
    path.chmod(0o644)
    logins.load(endpoint)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_google_auth_reads_what_is_saved(app, emulator, endpoint):
    from google.oauth2.credentials import Credentials

    path = logins.save(log_in(app, Person(emulator), endpoint))
    found = Credentials.from_authorized_user_file(str(path))
    assert (found.valid, found.scopes) == (True, [consent.FORCE_SSL])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"token": 5}', "<html>", "\x00" * 50])
def test_a_damaged_file_is_told_where_it_is_needed_and_replaced_by_the_next_login(
    settings, endpoint, text
):
    path = logins.place_of(endpoint)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(InputError, match="damaged"):
        logins.load(endpoint)
    with open_client(settings) as client:  # an emulator's own token is there
        assert client.call("i18nRegions.list", part="snippet")["items"]


def test_a_damaged_file_does_not_keep_a_key_from_working(settings, emulator, endpoint, monkeypatch):
    path = logins.place_of(endpoint)
    path.parent.mkdir(parents=True)
    path.write_text("{")
    monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", emulator.api_key)
    with open_client(settings) as client:
        assert client.call("i18nRegions.list", part="snippet")["items"]
        with pytest.raises(InputError, match="damaged"):
            client.call("channels.list", part="id", mine=True)


def test_an_expired_token_is_refreshed_and_saved_again(app, settings, emulator, endpoint):
    login = log_in(app, Person(emulator), endpoint)
    logins.save(replace(login, expires_at=time.time() - 5))
    with open_client(settings) as client:
        assert client.call("channels.list", part="id", mine=True)["items"]
    again = logins.load(endpoint)
    assert again.token != login.token
    assert again.refresh_token == login.refresh_token
    assert again.expires_at > time.time() + 3000
    tokens = [entry for entry in emulator.calls() if entry.method == "token"]
    assert [entry.given["grant_type"] for entry in tokens] == [
        "authorization_code",
        "refresh_token",
    ]


def test_a_token_refused_before_its_time_is_renewed_once(app, settings, emulator, endpoint):
    login = log_in(app, Person(emulator), endpoint)
    logins.save(login)
    del emulator.front.desk.credentials.tokens[login.token]
    with open_client(settings) as client:
        assert client.call("channels.list", part="id", mine=True)["items"]
    statuses = [entry.status for entry in emulator.calls("channels.list")]
    assert statuses == [401, 200]


def test_a_token_that_ends_at_once_is_no_endless_loop(app, settings, emulator, endpoint):
    emulator.front.login.set({"expires_in": 0})
    logins.save(log_in(app, Person(emulator), endpoint))
    with open_client(settings) as client, pytest.raises(LoginNeededError):
        client.call("channels.list", part="id", mine=True)
    assert len(emulator.calls("channels.list")) <= 2


def test_a_dead_refresh_token_says_why_and_what_to_do(app, settings, emulator, endpoint):
    login = log_in(app, Person(emulator), endpoint)
    logins.save(login)
    emulator.move(8 * 86_400)  # an app in testing mode
    with open_client(settings) as client, pytest.raises(LoginNeededError) as caught:
        client.call("channels.list", part="id", mine=True)
    assert "7 days" in caught.value.hint
    assert "publish the app" in caught.value.hint
    assert "youtube auth" in caught.value.hint
    assert caught.value.reason == "invalid_grant"
    emulator.move(-8 * 86_400)
    assert login.refresh_token not in f"{caught.value} {vars(caught.value)}"
    assert logins.load(endpoint) is not None


def test_a_wrong_clock_is_told(app, emulator, endpoint):
    login = log_in(app, Person(emulator), endpoint)
    emulator.front.login.kill()
    fast = ServiceClock(now=lambda: time.time() + 7_200)
    logins.save(login)
    with pytest.raises(LoginNeededError) as caught:
        StoredLogin(login, clock=fast).renew()
    assert "2 h 0 min ahead of the service's" in caught.value.hint
    assert not logins.skew_note(ServiceClock())


@pytest.mark.parametrize(
    ("kind", "error"), [("reset", UnavailableError), ("unavailable", UnavailableError)]
)
def test_a_refresh_that_cannot_reach_the_server(app, emulator, endpoint, kind, error, monkeypatch):
    login = log_in(app, Person(emulator), endpoint)
    logins.save(login)
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)
    emulator.fault("token", kind, times=20)
    with pytest.raises(error):
        StoredLogin(login, clock=ServiceClock()).renew()
    assert logins.load(endpoint) is not None


def test_a_folder_that_cannot_be_written_keeps_nobody_from_calling(
    app, settings, emulator, endpoint, monkeypatch
):
    login = log_in(app, Person(emulator), endpoint)
    logins.save(replace(login, expires_at=time.time() - 5))
    data = logins.place_of(endpoint).read_bytes()

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    real = os.open

    def opened(path, flags, *more, **given):
        return refuse() if flags & (os.O_WRONLY | os.O_RDWR) else real(path, flags, *more, **given)

    # as root runs tests too, for whom no folder is read-only
    with monkeypatch.context() as patch:
        patch.setattr("loquitur.youtube.logins.os.open", opened)
        found = StoredLogin(logins.load(endpoint), clock=ServiceClock())
        assert found.access_token() not in ("", login.token)
    assert logins.place_of(endpoint).read_bytes() == data


def _refresh(config, saved_endpoint, ready, queue):
    os.environ["XDG_CONFIG_HOME"] = config
    login = StoredLogin(logins.load(saved_endpoint), clock=ServiceClock())
    ready.wait()
    queue.put(login.access_token())


@pytest.mark.slow
def test_two_processes_refresh_once(app, emulator, endpoint, tmp_path):
    logins.save(replace(log_in(app, Person(emulator), endpoint), expires_at=time.time() - 5))
    context = multiprocessing.get_context("spawn")
    ready, queue = context.Barrier(3), context.Queue()
    config = str(tmp_path / "config")
    workers = [
        context.Process(target=_refresh, args=(config, endpoint, ready, queue)) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    tokens = {queue.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(tokens) == 1
    refreshes = [e for e in emulator.calls("token") if e.given["grant_type"] == "refresh_token"]
    assert len(refreshes) == 1


def test_threads_refresh_once(app, emulator, endpoint):
    logins.save(replace(log_in(app, Person(emulator), endpoint), expires_at=time.time() - 5))
    login = StoredLogin(logins.load(endpoint), clock=ServiceClock())
    tokens = []
    threads = [
        threading.Thread(target=lambda: tokens.append(login.access_token())) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tokens), len(set(tokens))) == (6, 1)


def test_taken_back_here_and_there(app, settings, emulator, endpoint):
    login = log_in(app, Person(emulator), endpoint)
    logins.save(login)
    assert consent.revoke(login, clock=ServiceClock()) == ""
    assert logins.forget(endpoint)
    assert not logins.forget(endpoint)
    with pytest.raises(LoginNeededError):
        StoredLogin(login, clock=ServiceClock()).renew()
    assert logins.load(endpoint) is None  # a refresh does not bring it back
    assert consent.revoke(login, clock=ServiceClock()) == ""  # what is gone is gone


def test_a_server_that_could_not_be_told(app, emulator, endpoint):
    login = replace(log_in(app, Person(emulator), endpoint), revoke_uri="http://127.0.0.1:9/revoke")
    assert "cannot be reached" in consent.revoke(login, clock=ServiceClock())


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "secrets.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


GOOD = {
    "client_id": "1-a.apps.googleusercontent.com", "client_secret": "GOCSPX-hidden-one",
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
}  # fmt: skip


def test_a_good_file(file):
    found = read_client_secrets(file({"installed": GOOD}))
    assert (found.client_id, found.token_uri) == (GOOD["client_id"], GOOD["token_uri"])
    assert found.revoke_uri == "https://oauth2.googleapis.com/revoke"
    assert "hidden-one" not in repr(found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (b"<!doctype html><html>Sign in</html>", "a web page"),
        (b"client_id = 5", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 9000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"x" * 70_000, "more than 64 KB"),
        ({"web": GOOD}, "a web application"),
        ({"type": "service_account", "private_key": "k"}, "service account"),
        ({"type": "authorized_user", "refresh_token": "r"}, "a saved login"),
        ({"token": "t", "refresh_token": "r"}, "a saved login"),
        ({"api_key": "k"}, "no 'installed' table"),
        ({"installed": {**GOOD, "client_secret": ""}}, "it has no client_secret"),
        ({"installed": {"client_id": 5}}, "no client_id, client_secret, auth_uri, token_uri"),
        ({"installed": {**GOOD, "token_uri": "http://x.org/token"}}, "token_uri must be"),
        ({"installed": {**GOOD, "auth_uri": "javascript:alert(1)"}}, "auth_uri must be an https"),
        ({"installed": {**GOOD, "auth_uri": "https://[::1"}}, "auth_uri must be an https"),
    ],
)  # fmt: skip
def test_each_wrong_file_is_told_by_what_it_is(file, content, said):
    with pytest.raises(InputError, match=said) as caught:
        read_client_secrets(file(content))
    assert "\n" not in caught.value.message
    assert "Desktop app" in caught.value.hint
    assert "hidden-one" not in f"{caught.value} {vars(caught.value)}"
    assert len(caught.value.message) < 400


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_client_secrets(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_client_secrets(tmp_path)


def test_where_the_app_is_looked_for(file, tmp_path, settings, emulator):
    def find(settings, given=""):
        return find_client_secrets(settings, open_wire(settings, ServiceClock()), given).client_id

    real = Settings(store=tmp_path / "store")
    with pytest.raises(MissingError, match="no client secrets"):
        find(real)
    usual = tmp_path / "config" / "loquitur" / "client_secrets.json"
    usual.parent.mkdir(parents=True, exist_ok=True)
    usual.write_text(json.dumps({"installed": {**GOOD, "client_id": "usual"}}))
    assert find(real) == "usual"
    named = str(file({"installed": {**GOOD, "client_id": "named"}}))
    assert find(replace(real, youtube_client_secrets=named)) == "named"
    assert find(replace(settings, youtube_client_secrets=named)).endswith("googleusercontent.com")
    assert find(settings, named) == "named"
