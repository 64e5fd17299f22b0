"""What an error answer says, read out of whichever shape it has.

```
{"error": {"code", "message", "errors": [{"reason", "domain", "location"}], "status", "details"}}
[{"error": {...}}]                                   a stream that breaks off
{"error": "invalid_grant", "error_description"}      the OAuth server
{"error": {"reason"}}                                an emulator, where the API has no such path
{"error": "text"}, HTML, nothing                     old servers, proxies
```
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.media.transfer import retry_after_s

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_BYTES = 1 << 20
_MOST_REASONS = 20
_TAG = re.compile(r"<[^<>]{0,400}>")
_DELAY = re.compile(r"(\d{1,7}(?:\.\d{1,9})?)s")
_LIMIT = re.compile(r"limit '([^']{1,100})'")
_LONGEST_WAIT_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an error answer says.

    Args:
        text: The body as text.
        message: For people, without markup; empty where none.
        reasons: `errors[].reason`, in their order.
        detailed: `details[].reason`, in their order.
        domains: `errors[].domain`.
        location: The parameter it is about, empty where none.
        rpc: `error.status` (`PERMISSION_DENIED`), empty where none.
        code: A bare word in the place of the error (`invalid_grant`), empty where none.
        quota_limit: The limit that was met, as the service calls it; empty where none.
        quota_metric: What that limit counts, empty where none.
        quota_unit: In what it is counted (`1/d/{project}`), empty where none.
        retry_s: The wait asked for in seconds, None where none.
    """

    text: str = ""
    message: str = ""
    reasons: tuple[str, ...] = ()
    detailed: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    location: str = ""
    rpc: str = ""
    code: str = ""
    quota_limit: str = ""
    quota_metric: str = ""
    quota_unit: str = ""
    retry_s: float | None = None


def read(body: bytes, headers: Mapping[str, str], *, now_s: float) -> Said:
    """What an answer says; whatever it holds, this never fails.

    Args:
        body: As it came.
        headers: Of the answer.
        now_s: Unix seconds, against which a date in `Retry-After` is held.
    """
    text = body[:_MOST_BYTES].decode("utf-8", errors="replace")
    wait_s = _header_wait_s(headers, now_s)
    found = _parsed(body)
    error = found.get("error")
    if isinstance(error, str):
        bare = error if re.fullmatch(r"[a-z_]{1,40}", error) else ""
        message = _text(found, "error_description") or error
        return Said(text=text, message=_plain(message), code=bare, retry_s=wait_s)
    if not isinstance(error, dict):
        return Said(text=text, message=_plain(text[:2000]), retry_s=wait_s)
    items = [item for item in _list(error, "errors") if isinstance(item, dict)]
    details = [item for item in _list(error, "details") if isinstance(item, dict)]
    metadata = [item["metadata"] for item in details if isinstance(item.get("metadata"), dict)]
    message = _text(error, "message") or next((_text(item, "message") for item in items), "")
    named = _LIMIT.search(message)
    return Said(
        text=text,
        message=_plain(message),
        reasons=_texts(items, "reason"),
        detailed=_texts(details, "reason"),
        domains=_texts(items, "domain"),
        location=next(iter(_texts(items, "location")), ""),
        rpc=_text(error, "status"),
        quota_limit=next(iter(_texts(metadata, "quota_limit")), named[1] if named else ""),
        quota_metric=next(iter(_texts(metadata, "quota_metric")), ""),
        quota_unit=next(iter(_texts(metadata, "quota_unit")), ""),
        retry_s=wait_s if wait_s is not None else _detailed_wait_s(details),
    )


def reason_in(body: bytes) -> str:
    """The reason that an emulator names beside the API; empty where there is none."""
    error = _parsed(body).get("error")
    return _text(error, "reason") if isinstance(error, dict) else ""


def _parsed(body: bytes) -> dict[str, Any]:
    """The object that holds the error; an empty one where none does."""
    if len(body) > _MOST_BYTES:
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, or some that means harm
        return {}
    if isinstance(found, list):
        found = next((item for item in found if isinstance(item, dict) and "error" in item), None)
    return found if isinstance(found, dict) else {}


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    found = holder.get(name)
    return found[:_MOST_REASONS] if isinstance(found, list) else []


def _text(holder: dict[str, Any], name: str) -> str:
    found = holder.get(name)
    return found if isinstance(found, str) else ""


def _texts(holders: list[dict[str, Any]], name: str) -> tuple[str, ...]:
    return tuple(filter(None, (_text(holder, name) for holder in holders)))


def _plain(message: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", message)).split())


def _header_wait_s(headers: Mapping[str, str], now_s: float) -> float | None:
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "")
    found = retry_after_s(value, now_s=now_s)
    return None if found is None else min(found, _LONGEST_WAIT_S)


def _detailed_wait_s(details: list[dict[str, Any]]) -> float | None:
    """The `retryDelay` of a `google.rpc.RetryInfo`."""
    for item in details:
        match = _DELAY.fullmatch(_text(item, "retryDelay"))
        if match:
            return min(float(match[1]), _LONGEST_WAIT_S)
    return None
