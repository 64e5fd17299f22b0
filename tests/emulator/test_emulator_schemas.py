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


def test_what_only_the_world_is_held_to_is_seen() -> None:
    video = {
        "snippet": {"publishedAt": "2026-01-01T00:00:00.000Z"},
        "recordingDetails": {"location": {"latitude": 5}},
    }
    assert schema.problems(video, "Video") == []
    found = schema.problems(video, "Video", strict=True)
    assert [line.partition(": ")[0] for line in found] == [
        "Video.snippet.publishedAt", "Video.recordingDetails.location.latitude", "Video.kind",
    ]  # fmt: skip
    page = {"pageInfo": {"totalResults": 2**31}, "kind": "youtube#videoStats"}
    assert [line.partition(": ")[0] for line in schema.problems(page, "VideoListResponse")] == [
        "VideoListResponse.pageInfo.totalResults", "VideoListResponse.kind",
    ]  # fmt: skip
