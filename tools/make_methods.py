"""Write the table of the API's methods from the discovery document of Google's own client.

    pip install google-api-python-client && python tools/make_methods.py

The table holds names, types, limits and shapes alone: what a request must look like. The sentences
of the document stay behind. tests/youtube/test_youtube_methods.py compares the table with
the document of the pinned client.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src" / "loquitur" / "youtube" / "methods.json"
_LEFT_OUT = frozenset(
    {
        "annotations",
        "description",
        "enumDeprecated",
        "enumDescriptions",
        "flatPath",
        "parameterOrder",
        "useMediaDownloadService",
    }
)


def table(document: dict[str, Any]) -> dict[str, Any]:
    """Revision, common parameters, methods by id and schemas by name of a discovery document."""
    methods: dict[str, Any] = {}

    def gather(resource: dict[str, Any]) -> None:
        for method in resource.get("methods", {}).values():
            methods[_short(method["id"])] = _bare({**method, "id": _short(method["id"])})
        for inner in resource.get("resources", {}).values():
            gather(inner)

    gather(document)
    return {
        "methods": methods,
        "parameters": _bare(document["parameters"], named=True),
        "revision": document["revision"],
        "schemas": {name: _bare(schema) for name, schema in document["schemas"].items()},
    }


def _short(method_id: str) -> str:
    """`youtube.videos.list` as `videos.list`; the stream's odd id as `liveChatMessages.stream`."""
    if method_id == "youtube.youtube.v3.liveChat.messages.stream":
        return "liveChatMessages.stream"
    return method_id.removeprefix("youtube.")


def _bare(value: Any, *, named: bool = False) -> Any:
    """The value without sentences; `named` where its keys are names, not words of the format."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _bare(item, named=key in ("parameters", "properties") and not named)
        for key, item in value.items()
        if named or key not in _LEFT_OUT
    }


def discovered() -> Any:
    """The discovery document that Google's client brings along."""
    import googleapiclient

    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    return json.loads((folder / "youtube.v3.json").read_text("utf-8"))


def main() -> None:
    """Write the table."""
    document = discovered()
    text = json.dumps(table(document), separators=(",", ":"), sort_keys=True)
    TARGET.write_text(text + "\n", "utf-8")
    print(f"{TARGET}: {len(text)} bytes, revision {document['revision']}", file=sys.stderr)


if __name__ == "__main__":
    main()
