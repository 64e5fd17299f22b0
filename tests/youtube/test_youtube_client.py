"""The client against the emulator, over HTTP."""

import pytest

from loquitur.emulator import Emulator
from loquitur.errors import UsageError
from loquitur.settings import Settings
from loquitur.youtube.complaints import ComplaintError
from loquitur.youtube.sessions import open_client


@pytest.fixture(scope="module")
def emulator():
    with Emulator(seed=1) as found:
        yield found


@pytest.fixture
def client(emulator, tmp_path, monkeypatch):
    monkeypatch.delenv("LOQUITUR_YOUTUBE_API_KEY", raising=False)
    monkeypatch.delenv("LOQUITUR_YOUTUBE_TOKEN", raising=False)
    with open_client(Settings(store=tmp_path, youtube_endpoint=emulator.endpoint)) as found:
        yield found


def test_a_refusal_is_an_error_of_ours(client):
    with pytest.raises(ComplaintError):
        client.call("channels.update", part="snippet", body={"id": "UC"})


def test_what_breaks_the_table_is_not_sent(client, emulator):
    before = len(emulator.calls())
    for given in ({}, {"part": "snippet", "ids": "x"}, {"part": "snippet", "maxResults": 51}):
        with pytest.raises(UsageError):
            client.call("search.list", **given)
    assert len(emulator.calls()) == before
