"""The verbs of a library whose name is the address of a server."""

from __future__ import annotations

import pytest

from loquitur.library.index.postgres.addresses import address_of

TALK = "1\n00:00:01,000 --> 00:00:04,000\nA group has one identity.\n"


def test_a_password_in_an_address_is_refused_and_not_shown(loquitur):
    answer = loquitur("library", "list", "--library", "postgresql://a:geheim@h/db?library=x")
    assert answer.code == 2
    assert "geheim" not in answer.out + answer.err
    assert "~/.pgpass" in answer.err


@pytest.mark.slow
def test_the_verbs_on_a_server(loquitur, server_library, postgres, tmp_path):
    (tmp_path / "talk.en.srt").write_text(TALK)
    there = ("--library", server_library)
    answer = loquitur("library", "list", *there)
    assert answer.code == 2
    assert "there is no library" in answer.err
    schema = address_of(server_library).schema
    query = f"SELECT count(*) FROM pg_namespace WHERE nspname = '{schema}'"
    assert postgres.execute(query) == [(0,)], "asking makes none"
    assert loquitur("library", "add", "talk.en.srt", *there).code == 0
    assert loquitur("library", "add", "talk.en.srt", *there, "--json").json["added"][0][
        "state"
    ] == ("same")
    (hit,) = loquitur("search", "identities of groups", *there, "--json").json["hits"]
    assert hit["text"] == "A group has one identity."
    assert 1_000 <= hit["start_ms"] < 4_000
    assert loquitur("library", "verify", *there).code == 0
    assert loquitur("library", "rebuild", *there, "--embedding", "none").code == 0
    stats = loquitur("library", "stats", *there, "--json").json
    assert (stats["passages"], stats["vectors"]) == (1, 0)
    (volume,) = loquitur("library", "list", *there, "--json").json
    assert loquitur("library", "remove", volume["media_id"], *there).code == 0
    assert loquitur("library", "list", *there, "--json").json == []
