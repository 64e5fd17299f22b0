"""Every error body: the same shape as the service's, by name and on demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asking import ask

from loquitur.emulator import Emulator
from loquitur.emulator.errors import NAMES, wrong

BODIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube" / "api_errors"
needs_shared = pytest.mark.skipif(not BODIES.is_dir(), reason="the shared data is not here")


def _shape(value: Any, path: str = "") -> set[str]:
    """Paths of all keys with the type of what is there."""
    if isinstance(value, dict):
        inner = [_shape(item, f"{path}.{key}") for key, item in value.items()]
        return {f"{path}:object"}.union(*inner) if inner else {f"{path}:object"}
    if isinstance(value, list):
        return {f"{path}:list"}.union(*(_shape(item, f"{path}[]") for item in value))
    return {f"{path}:{type(value).__name__}"}


@needs_shared
def test_all_34_have_the_status_and_the_shape_of_the_collected_ones() -> None:
    index = json.loads((BODIES / "index.json").read_text())
    assert len(index) == 34
    for entry in index:
        name = entry["file"].partition(".")[0]
        found = wrong(name)
        assert found.status == entry["http_status"], name
        text = (BODIES / entry["file"]).read_text()
        if entry["file"].endswith(".html"):
            assert found.content_type.startswith("text/html")
            assert found.content.decode().strip() == text.strip()
            continue
        body, known = json.loads(found.content), json.loads(text)
        assert _shape(body) == _shape(known), name
        if isinstance(known["error"], dict):
            ours, theirs = body["error"], known["error"]
            for key in ("code", "status"):
                assert ours.get(key) == theirs.get(key), name
            for one, other in zip(ours["errors"], theirs["errors"], strict=True):
                for key in ("reason", "domain", "location", "locationType"):
                    assert one.get(key) == other.get(key), name
            for one, other in zip(ours.get("details", []), theirs.get("details", []), strict=True):
                assert one.get("reason") == other.get("reason")
                assert one["@type"] == other["@type"]
                for key in ("quota_limit", "quota_unit", "quota_metric", "quota_limit_value"):
                    got, known_value = (d.get("metadata", {}).get(key) for d in (one, other))
                    assert got == known_value, name


@pytest.mark.parametrize("name", NAMES)
def test_any_error_comes_when_it_is_asked_for(plain: Emulator, name: str) -> None:
    plain.fault("videos.list", name)
    got = ask(plain, "GET", "/youtube/v3/videos", part="id", id="v1")
    found = wrong(name)
    assert (got.status, got.content) == (found.status, found.content)
    shown = ask(plain, "GET", f"/emulator/errors/{name}")
    assert (shown.status, shown.content) == (found.status, found.content)
    assert ask(plain, "GET", "/youtube/v3/videos", part="id", id="v1").status == 200
