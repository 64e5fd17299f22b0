"""docs/library-servers.md: its addresses are addresses, its figures those of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from loquitur.library.index.postgres import connection, nearest, postings
from loquitur.library.index.postgres.addresses import LIBRARY, address_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "library-servers.md").read_text(encoding="utf-8")


def test_its_addresses_are_addresses():
    found = re.findall(r'"(postgresql://[^"]+)"', PAGE)
    assert len(found) >= 4
    assert {address_of(one).schema for one in found} == {"loquitur_course"}
    assert f"`{address_of('postgresql://h/db').schema}`" in PAGE
    assert LIBRARY in address_of("postgresql://h/db").shown
    (settings,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert tomllib.loads(settings)["library"] in found


def test_its_figures_are_those_of_the_code():
    assert f"waits up to {connection.WAIT_MS // 1_000} s" in PAGE
    assert f"longer than {connection.READ_TIMEOUT_MS // 1_000} s" in PAGE
    assert f"{postings.MERGED} segments become one" in PAGE
    assert f"below {nearest.APPROXIMATE:,}" in PAGE


def test_its_commands_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)`", PAGE):
        assert f"\n{target}: " in makefile
    for script in re.findall(r"`(benchmarks/\w+\.py)", PAGE):
        assert (ROOT / script).is_file()
