"""Which JSON a file is of, by the names at its beginning."""

from __future__ import annotations

import pytest

from loquitur.errors import InputError
from loquitur.formats.sniffing import begins_with_names


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.json", b'{"video": "x", "labels": []}', True),
        ("a.JSON", b'{"video": "x", "labels": []}', True),
        ("a.json", b'{"video": "x"}', False),
        ("a.json", b" " * 4096 + b'{"video": "x", "labels": []}', False),
        ("a.json", b"\xff\xfe\x00", False),
        ("a.txt", b'{"video": "x", "labels": []}', False),
    ],
)
def test_names_at_the_beginning(tmp_path, name, content, found) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert begins_with_names(path, "labels", "video") is found


def test_a_file_that_is_not_there(tmp_path) -> None:
    assert not begins_with_names(tmp_path / "gone.txt", "labels")
    with pytest.raises(InputError, match=r"gone\.json: cannot be read"):
        begins_with_names(tmp_path / "gone.json", "labels")
