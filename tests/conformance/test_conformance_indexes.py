"""Every index against the suite of all: the embedded one here, PostgreSQL where a server is."""

from __future__ import annotations

import pytest

from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.library.index.postgres import PostgresIndex, postings
from loquitur.testing.index_conformance import CHECKS

_each = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


def is_whole(index):
    """Whether what a check has left agrees with itself."""
    found = index.verify()
    index.close()
    return found == ()


@_each
def test_embedded(check, tmp_path):
    check(lambda: EmbeddedIndex(tmp_path / "x.library"))
    assert is_whole(EmbeddedIndex(tmp_path / "x.library"))


@pytest.mark.slow
@_each
def test_postgres(check, server_library):
    check(lambda: PostgresIndex(server_library))
    assert is_whole(PostgresIndex(server_library))


@pytest.mark.slow
@_each
def test_postgres_in_segments(check, server_library, monkeypatch):
    """As a large library is: nearly everything merged."""
    monkeypatch.setattr(postings, "MERGED", 2)
    check(lambda: PostgresIndex(server_library))
    assert is_whole(PostgresIndex(server_library))
