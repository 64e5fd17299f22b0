"""The OAuth pair, as Google's own libraries use it and by hand."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from asking import Got, ask

from loquitur.emulator import Emulator
from loquitur.emulator.credentials import FORCE_SSL
from loquitur.emulator.login import CLIENT_ID, CLIENT_SECRET

BACK = "http://127.0.0.1:9999/"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
PATH = "/youtube/v3/captions/track"


def _consent(emulator: Emulator, **more: str) -> Got:
    query = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": BACK,
             "scope": FORCE_SSL, "state": "s t", **more}  # fmt: skip
    return ask(emulator, "GET", "/o/oauth2/auth", key=None, **query)


def _post(emulator: Emulator, path: str, **form: str) -> Got:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return ask(emulator, "POST", path, urlencode(form), key=None, headers=headers)


def _code(got: Got) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(got.headers["location"]).query))


def _login(emulator: Emulator, **more: str) -> dict[str, Any]:
    code = _code(_consent(emulator, **more))["code"]
    got = _post(emulator, "/token", grant_type="authorization_code", code=code,
                redirect_uri=BACK, **CLIENT)  # fmt: skip
    assert got.status == 200, got.content
    return got.json


def test_a_login_from_consent_to_revocation(plain: Emulator) -> None:
    sent = _consent(plain)
    assert sent.status == 302
    assert _code(sent)["state"] == "s t"
    found = _login(plain)
    assert found["token_type"] == "Bearer"
    assert ask(plain, "GET", PATH, key=None, token=found["access_token"]).status == 200
    info = ask(plain, "GET", "/tokeninfo", key=None, access_token=found["access_token"]).json
    assert (info["scope"], info["aud"]) == (FORCE_SSL, CLIENT_ID)
    plain.move(3601)
    assert ask(plain, "GET", PATH, key=None, token=found["access_token"]).status == 401
    refreshed = _post(plain, "/token", grant_type="refresh_token",
                      refresh_token=found["refresh_token"], **CLIENT).json  # fmt: skip
    assert "refresh_token" not in refreshed
    assert ask(plain, "GET", PATH, key=None, token=refreshed["access_token"]).status == 200
    assert _post(plain, "/revoke", token=refreshed["access_token"]).status == 200
    assert ask(plain, "GET", PATH, key=None, token=refreshed["access_token"]).status == 401
    dead = _post(plain, "/token", grant_type="refresh_token",
                 refresh_token=found["refresh_token"], **CLIENT)  # fmt: skip
    assert (dead.status, dead.json["error"]) == (400, "invalid_grant")
    assert dead.json["error_description"] == "Token has been expired or revoked."
    assert _post(plain, "/revoke", token="none").status == 400
    assert [entry.method for entry in plain.calls("revoke")] == ["revoke"] * 2
    assert found["refresh_token"] not in str(plain.calls())


def test_a_login_of_an_app_in_testing_dies_after_seven_days(plain: Emulator) -> None:
    found = _login(plain)
    again = {"grant_type": "refresh_token", "refresh_token": found["refresh_token"], **CLIENT}
    plain.move(7 * 24 * 3600 - 60)
    assert _post(plain, "/token", **again).status == 200
    plain.move(61)
    assert _post(plain, "/token", **again).json["error"] == "invalid_grant"
    ask(plain, "POST", "/emulator/login", {"testing": False})
    assert _post(plain, "/token", **again).status == 200
    ask(plain, "DELETE", "/emulator/tokens")
    assert _post(plain, "/token", **again).json["error"] == "invalid_grant"


def test_the_proof_key_is_checked(plain: Emulator) -> None:
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    more = {"code_challenge": challenge, "code_challenge_method": "S256"}
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, **CLIENT}
    for given, status in (({}, 400), ({"code_verifier": "w" * 50}, 400),
                          ({"code_verifier": verifier}, 200)):  # fmt: skip
        code = _code(_consent(plain, **more))["code"]
        got = _post(plain, "/token", code=code, **form, **given)
        assert got.status == status
        assert _post(plain, "/token", code=code, **form, **given).json["error"] == "invalid_grant"


def test_consent_can_be_denied_shown_or_refused(plain: Emulator) -> None:
    ask(plain, "POST", "/emulator/login", {"mode": "deny"})
    assert _code(_consent(plain)) == {"error": "access_denied", "state": "s t"}
    ask(plain, "POST", "/emulator/login", {"mode": "page"})
    assert b"<code>4/0" in _consent(plain).content
    ask(plain, "POST", "/emulator/login", {"mode": "grant"})
    assert b"<code>4/0" in _consent(plain, redirect_uri="").content
    for wrong in ({"client_id": "other"}, {"redirect_uri": "https://example.org/"},
                  {"response_type": "token"}):  # fmt: skip
        assert _consent(plain, **wrong).status == 400
    assert ask(plain, "POST", "/emulator/login", {"mode": "sulk"}).status == 400


def test_wrong_clients_and_grants(plain: Emulator) -> None:
    code = _code(_consent(plain))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    secret = {"client_id": CLIENT_ID, "client_secret": "x"}
    for given, error in (
        ({**form, "client_id": "x", "client_secret": "y"}, "invalid_client"),
        ({**form, **secret}, "invalid_client"),
        ({**CLIENT, "grant_type": "password"}, "unsupported_grant_type"),
        ({**form, **CLIENT, "redirect_uri": "http://localhost/"}, "redirect_uri_mismatch"),
        ({**form, **CLIENT}, "invalid_grant"),
    ):
        assert _post(plain, "/token", **given).json["error"] == error
    late = _code(_consent(plain))["code"]
    plain.move(601)
    got = _post(plain, "/token", **{**form, **CLIENT, "code": late})
    assert got.json["error"] == "invalid_grant"


def test_token_requests_fail_too(plain: Emulator) -> None:
    found = _login(plain)
    again = {"grant_type": "refresh_token", "refresh_token": found["refresh_token"], **CLIENT}
    plain.fault("token", "unavailable")
    assert _post(plain, "/token", **again).status == 503
    plain.fault("token", "per_minute", retry_after=3)
    throttled = _post(plain, "/token", **again)
    assert (throttled.status, throttled.headers["retry-after"]) == (429, "3")
    plain.fault("token", "reset")
    with pytest.raises(ConnectionResetError):
        _post(plain, "/token", **again)
    assert _post(plain, "/token", **again).status == 200


def test_googles_own_flow_logs_in(plain: Emulator, tmp_path: Path) -> None:
    flows = pytest.importorskip("google_auth_oauthlib.flow")
    requests = pytest.importorskip("google.auth.transport.requests")
    exceptions = pytest.importorskip("google.auth.exceptions")
    path = tmp_path / "client_secrets.json"
    path.write_bytes(ask(plain, "GET", "/emulator/client_secrets.json").content)
    assert json.loads(path.read_text())["installed"]["client_id"] == CLIENT_ID
    flow = flows.InstalledAppFlow.from_client_secrets_file(str(path), [FORCE_SSL])
    flow.oauth2session.trust_env = False
    told: list[str] = []
    monkey = pytest.MonkeyPatch()
    monkey.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    server = _Local(flow)
    try:
        credentials = server.run(told)
    finally:
        monkey.undo()
    assert ask(plain, "GET", PATH, key=None, token=credentials.token).status == 200
    before = credentials.token
    session = requests.requests.Session()
    session.trust_env = False
    credentials.refresh(requests.Request(session))
    assert credentials.token != before
    ask(plain, "DELETE", "/emulator/tokens")
    with pytest.raises(exceptions.RefreshError, match="invalid_grant"):
        credentials.refresh(requests.Request(session))
    session.close()
    flow.oauth2session.close()


class _Local:
    """A browser: opens the address that the flow would open."""

    def __init__(self, flow: Any) -> None:
        self.flow = flow

    def run(self, told: list[str]) -> Any:
        import webbrowser

        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        threads: list[threading.Thread] = []

        def visit(url: str, *_: Any, **__: Any) -> bool:
            told.append(url)
            thread = threading.Thread(target=lambda: opener.open(url, timeout=60).close())
            threads.append(thread)
            thread.start()
            return True

        class _Browser(webbrowser.GenericBrowser):
            open = staticmethod(visit)

        webbrowser.register("ours", None, _Browser("ours"))
        try:
            return self.flow.run_local_server(
                host="127.0.0.1", port=0, browser="ours", timeout_seconds=10,
                authorization_prompt_message=None,
            )  # fmt: skip
        finally:
            for thread in threads:
                thread.join()
