"""Nobody's keys, and one emulator that many tests share."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from loquitur.emulator import Emulator
from loquitur.emulator.quota import LIMITS


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path) -> None:
    """No test calls with the key, the token or the saved login of whoever runs it."""
    for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(scope="session")
def one_for_all() -> Iterator[Emulator]:
    with Emulator(seed=1) as found:
        yield found


@pytest.fixture
def emulator(one_for_all) -> Emulator:
    """An emulator as it was at first, but for the tracks and logins that tests leave behind."""
    desk = one_for_all.front.desk
    desk.quota.forget()
    desk.quota.limits.update(LIMITS)
    desk.faults.forget()
    desk.record.forget()
    one_for_all.front.login.set({"mode": "grant", "expires_in": 3600})
    one_for_all.move(time.time() - one_for_all.world.now())
    return one_for_all
