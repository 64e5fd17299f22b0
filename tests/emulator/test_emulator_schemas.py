"""The validator that answers are held against, itself held against collected answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schema

BODIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube" / "api_v3"


@pytest.mark.skipif(not BODIES.is_dir(), reason="the shared data is not here")
def test_collected_answers_fit_the_schemas() -> None:
    files = sorted(BODIES.glob("**/*.json"))
    bodies = [json.loads(path.read_text()) for path in files]
    answers = [body for body in bodies if "kind" in body]
    assert (len(bodies), len(answers)) == (70, 67)
    found = [line for body in answers for line in schema.problems(body, schema.of_kind(body))]
    # the one name that the document has changed since
    assert {line.rpartition(".")[2] for line in found} == {"membershipsDurationAtLevel: unknown"}


def test_what_does_not_fit_is_seen() -> None:
    video = {
        "kind": "youtube#video",
        "id": 5,
        "colour": "red",
        "statistics": {"viewCount": 12},
        "snippet": {"tags": "a", "liveBroadcastContent": "sometimes"},
        "status": {"embeddable": "true"},
    }
    found = schema.problems({"kind": "youtube#videoListResponse", "items": [video]},
                            "VideoListResponse")  # fmt: skip
    assert [line.partition(": ")[0].partition("items[0].")[2] for line in found] == [
        "id", "colour", "statistics.viewCount", "snippet.tags", "snippet.liveBroadcastContent",
        "status.embeddable",
    ]  # fmt: skip
