"""What the handlers of lists share: which filter was chosen, parts, ids, dates, texts, refusals."""

from __future__ import annotations

import datetime as dt
import html
import time
from typing import TYPE_CHECKING, Any

from loquitur.emulator.errors import refusal
from loquitur.emulator.exchange import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from loquitur.emulator.exchange import Request

_PARAMETER = "youtube.parameter"
MOST_IDS = 50


def chosen(request: Request, *names: str) -> str:
    """The one filter of a list that was given.

    Raises:
        Refusal: None was given, or several.
    """
    given = [name for name in names if request.given.get(name, "false") not in ("", "false")]
    if not given:
        raise Refusal(
            400,
            "missingRequiredParameter",
            f"No filter selected. Expected one of: {', '.join(names)}",
            domain=_PARAMETER,
            location="parameters.",
        )
    if len(given) > 1:
        raise incompatible(*given)
    return given[0]


def incompatible(*names: str) -> Refusal:
    """The answer to parameters that exclude one another."""
    return Refusal(
        400,
        "incompatibleParameters",
        f"Incompatible parameters specified in the request: {', '.join(names)}",
        domain=_PARAMETER,
        location=names[0],
    )


def missing(name: str) -> Refusal:
    """The answer to a call without a parameter that it must have."""
    return Refusal(
        400,
        "missingRequiredParameter",
        f"The request is missing the required parameter: {name}",
        domain=_PARAMETER,
        location=name,
    )


def invalid(name: str, message: str) -> Refusal:
    """The answer to a value that cannot be."""
    return Refusal(400, "invalidParameter", message, domain=_PARAMETER, location=name)


def parts(request: Request, known: Collection[str], owner: Collection[str] = ()) -> list[str]:
    """The parts that were asked for, in the order of the resource.

    Args:
        request: The call.
        known: Every part of the resource.
        owner: Those of them that only the owner of a resource may ask for.

    Raises:
        Refusal: A part does not exist, or it is its owner's and nobody is logged in.
    """
    asked = request.parts
    for part in asked:
        if part not in known:
            raise Refusal(400, "unknownPart", part, domain="youtube.part", location="part")
        if part in owner and request.actor is None:
            raise Refusal(
                403,
                "insufficientPermissions",
                f"The request is not authorized to access the part {part}.",
                domain="youtube.part",
                location="part",
            )
    return [part for part in known if part in asked]


def ids(request: Request, name: str = "id") -> list[str]:
    """The ids that were asked for, each once.

    Raises:
        Refusal: They are more than 50.
    """
    found = request.values(name)
    if len(found) > MOST_IDS:
        raise Refusal(
            400,
            "invalidFilters",
            "The request specifies an invalid filter parameter.",
            domain=_PARAMETER,
            location="parameters.",
        )
    return list(dict.fromkeys(found))


def actor(request: Request) -> str:
    """The channel that is logged in.

    Raises:
        Refusal: Nobody is.
    """
    if request.actor is None:
        raise refusal("login_required")
    return request.actor


def size(request: Request, default: int) -> int:
    """How many results a page may have."""
    return int(request.given.get("maxResults") or default)


def moment(request: Request, name: str) -> float | None:
    """A date of the request as Unix seconds, None where it has none.

    Raises:
        Refusal: It is not RFC 3339.
    """
    text = request.given.get(name, "")
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as exc:
        raise invalid(name, f"Invalid value '{text}'. It is not an RFC 3339 date-time.") from exc
    if found.tzinfo is None or "T" not in text.upper():
        raise invalid(name, f"Invalid value '{text}'. It is not an RFC 3339 date-time.")
    return found.timestamp()


def written(seconds: float) -> str:
    """A time as the service writes it: RFC 3339, in UTC, whole seconds."""
    year, month, day, hour, minute, second = time.gmtime(seconds)[:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"


def escaped(text: str) -> str:
    """A text as the service has it in HTML: `&amp;`, `&lt;`, `&quot;`, `&#39;`."""
    return html.escape(text).replace("&#x27;", "&#39;")


def answer(kind: str, items: list[dict[str, Any]], total: int, per_page: int) -> dict[str, Any]:
    """The body of a list's answer, without its tokens; the server adds its ETag."""
    info = {"totalResults": total, "resultsPerPage": per_page}
    return {"kind": kind, "pageInfo": info, "items": items}
