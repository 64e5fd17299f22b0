"""Every index against the suite of all: the embedded one here, PostgreSQL where a server is."""

from __future__ import annotations

import pytest

from loquitur.library.index.embedded import EmbeddedIndex
from loquitur.testing.index_conformance import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_embedded(check, tmp_path):
    check(lambda: EmbeddedIndex(tmp_path / "x.library"))
