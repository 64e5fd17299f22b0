"""Every error body of the service, by name: `POST /emulator/faults` may ask for any of them.

Shapes after the service's error tables: a JSON body with `error.errors[]`, some with `status` and
`details[]`, the old ones without; a bare string, the two fields of OAuth, and a proxy's HTML.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from loquitur.emulator.exchange import Refusal
from loquitur.emulator.wire import Answer

SERVICE = "youtube.googleapis.com"
FIRST_PROJECT = 100000000001
"""The project that bodies name where nobody's is meant; that of the first key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One error answer.

    Args:
        status: HTTP.
        body: As JSON, or the text of an HTML page.
        headers: Beside the content type.
    """

    status: int
    body: dict[str, Any] | str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """What the body is."""
        kind = "text/html" if isinstance(self.body, str) else "application/json"
        return f"{kind}; charset=UTF-8"

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, indent=1)
        return text.encode()


def wrong(name: str, *, project: int = FIRST_PROJECT, limit: int = 0) -> Wrong:
    """The error of a name.

    Args:
        name: Of `NAMES`.
        project: Whose project the body names.
        limit: The limit that a quota body names; 0 for the default.

    Raises:
        KeyError: No error has this name.
    """
    if name in _REFUSALS:
        return written(_REFUSALS[name])
    if name in _QUOTAS:
        return written(_QUOTAS[name].refusal(project, limit))
    return _ODD[name]


def refusal(name: str, *, location: str = "") -> Refusal:
    """The error of a name as a handler raises it; not for the odd bodies.

    Args:
        name: Of `NAMES`.
        location: The parameter it is about, where that is another than usually.

    Raises:
        KeyError: No error of this shape has this name.
    """
    found = _REFUSALS[name]
    return Refusal(
        found.status,
        found.reason,
        found.message,
        domain=found.domain,
        location=location or found.location,
        rpc=found.rpc,
        details=found.details,
    )


def written(error: Refusal) -> Wrong:
    """A refusal as it goes over the wire."""
    entry = {"message": error.message, "domain": error.domain, "reason": error.reason}
    if error.location:
        entry |= {"location": error.location, "locationType": "parameter"}
    body: dict[str, Any] = {"code": error.status, "message": error.message, "errors": [entry]}
    if error.rpc:
        body["status"] = error.rpc
    if error.details:
        body["details"] = list(error.details)
    return Wrong(status=error.status, body={"error": body})


def info(reason: str, **metadata: str) -> dict[str, Any]:
    """An `ErrorInfo` of `error.details[]`."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": SERVICE, **metadata},
    }


def answer_of(error: Wrong) -> Answer:
    """An error as an answer."""
    headers = {"Content-Type": error.content_type, "Vary": "Origin, X-Origin, Referer"}
    return Answer(status=error.status, headers=headers | error.headers, body=error.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quota:
    """A 429 that names a metric and a limit."""

    metric: str
    per: str
    metric_id: str
    limit_id: str
    limit: int
    unit: str

    def refusal(self, project: int, limit: int) -> Refusal:
        message = (
            f"Quota exceeded for quota metric '{self.metric}' and limit '{self.metric} per "
            f"{self.per}' of service '{SERVICE}' for consumer 'project_number:{project}'."
        )
        numbers = info(
            "RATE_LIMIT_EXCEEDED",
            consumer=f"projects/{project}",
            quota_metric=f"{SERVICE}/{self.metric_id}",
            quota_limit=self.limit_id,
            quota_limit_value=str(limit or self.limit),
            quota_unit=self.unit,
            quota_location="global",
        )
        help_ = {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
                {
                    "description": "Request a higher quota limit.",
                    "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                }
            ],
        }
        return Refusal(
            429,
            "rateLimitExceeded",
            message,
            domain="global",
            rpc="RESOURCE_EXHAUSTED",
            details=(numbers, help_),
        )


_DAY = "1/d/{project}"
_QUOTAS = {
    "search_bucket_empty": _Quota(
        metric="Search Queries", per="day", metric_id="search_queries",
        limit_id="SearchQueriesPerDayPerProject", limit=100, unit=_DAY,
    ),
    "statistics_bucket_empty": _Quota(
        metric="Batch Statistics Queries", per="day", metric_id="batch_get_stats_queries",
        limit_id="BatchGetStatsQueriesPerDayPerProject", limit=10_000, unit=_DAY,
    ),
    "upload_bucket_empty": _Quota(
        metric="Video Uploads", per="day", metric_id="video_uploads",
        limit_id="VideoUploadsPerDayPerProject", limit=100, unit=_DAY,
    ),
    "per_minute": _Quota(
        metric="Queries", per="minute per user", metric_id="default",
        limit_id="QueriesPerMinutePerUser", limit=1800, unit="1/min/{project}/{user}",
    ),
}  # fmt: skip

_KEY = "API key not valid. Please pass a valid API key."
_OFF = (
    f"YouTube Data API v3 has not been used in project {FIRST_PROJECT} before or it is disabled. "
    "Enable it in the console, then retry."
)
_QUOTA = (
    "The request cannot be completed because you have exceeded your "
    '<a href="/youtube/v3/getting-started#quota">quota</a>.'
)
_REFUSALS = {
    "shared_bucket_empty": Refusal(403, "quotaExceeded", _QUOTA, domain="youtube.quota"),
    "daily_limit_legacy": Refusal(
        403, "dailyLimitExceeded", "Daily Limit Exceeded. The quota will be reset at midnight "
        "Pacific Time (PT).", domain="usageLimits"),
    "per_minute_403": Refusal(
        403, "userRateLimitExceeded", "User Rate Limit Exceeded", domain="usageLimits"),
    "livechat_too_fast": Refusal(
        403, "rateLimitExceeded", "The request was sent too soon after the previous request. Wait "
        "for the polling interval that the previous answer gave.", domain="youtube.liveChat"),
    "backend": Refusal(500, "backendError", "Backend Error", domain="global", rpc="INTERNAL"),
    "internal": Refusal(
        500, "internalError", "Internal error encountered.", domain="global", rpc="INTERNAL"),
    "unavailable": Refusal(
        503, "SERVICE_UNAVAILABLE", "The service is currently unavailable.",
        domain="youtube.api.v3", rpc="UNAVAILABLE"),
    "processing_failure": Refusal(
        400, "processingFailure", "The API server failed to successfully process the request.",
        domain="youtube.commentThread"),
    "key_invalid": Refusal(
        400, "badRequest", _KEY, domain="global", rpc="INVALID_ARGUMENT",
        details=(info("API_KEY_INVALID"),)),
    "key_expired": Refusal(
        400, "badRequest", "API key expired. Please renew the API key.", domain="global",
        rpc="INVALID_ARGUMENT", details=(info("API_KEY_INVALID"),)),
    "key_invalid_legacy": Refusal(400, "keyInvalid", "Bad Request", domain="usageLimits"),
    "key_restricted": Refusal(
        403, "ipRefererBlocked", "The provided API key has an IP address restriction. The "
        "originating IP address of the call (127.0.0.1) violates this restriction.",
        domain="global", rpc="PERMISSION_DENIED",
        details=(info("API_KEY_IP_ADDRESS_BLOCKED", consumer=f"projects/{FIRST_PROJECT}"),)),
    "key_service_blocked": Refusal(
        403, "forbidden", "Requests to this API youtube method are blocked.", domain="global",
        rpc="PERMISSION_DENIED",
        details=(info("API_KEY_SERVICE_BLOCKED", consumer=f"projects/{FIRST_PROJECT}"),)),
    "api_not_enabled": Refusal(
        403, "accessNotConfigured", _OFF, domain="usageLimits", rpc="PERMISSION_DENIED",
        details=(info("SERVICE_DISABLED"),)),
    "unregistered": Refusal(
        403, "forbidden", "Method doesn't allow unregistered callers (callers without established "
        "identity). Please use API Key or other form of API consumer identity to call this API.",
        domain="global", rpc="PERMISSION_DENIED"),
    "no_credentials": Refusal(
        401, "authError", "Invalid Credentials", domain="global", rpc="UNAUTHENTICATED"),
    "login_required": Refusal(
        401, "required", "Login Required.", domain="global", rpc="UNAUTHENTICATED"),
    "scope": Refusal(
        403, "insufficientPermissions", "Request had insufficient authentication scopes.",
        domain="global", rpc="PERMISSION_DENIED",
        details=(info("ACCESS_TOKEN_SCOPE_INSUFFICIENT"),)),
    "account_delegation": Refusal(
        403, "accountDelegationForbidden", "The authenticated user cannot act on behalf of the "
        "specified Google account.", domain="youtube.common"),
    "channel_closed": Refusal(
        403, "channelClosed", "The channel has been closed.", domain="youtube.common"),
    "channel_suspended": Refusal(
        403, "channelSuspended", "The channel has been suspended.", domain="youtube.common"),
    "captions_forbidden": Refusal(
        403, "forbidden", "The permissions associated with the request are not sufficient to "
        "download the caption track.", domain="youtube.caption"),
    "video_not_found": Refusal(
        404, "videoNotFound", "The video could not be found.", domain="youtube.caption",
        location="videoId"),
    "caption_not_found": Refusal(
        404, "captionNotFound", "The caption track could not be found.", domain="youtube.caption",
        location="id"),
    "channel_not_found": Refusal(
        404, "channelNotFound", "The channel could not be found.", domain="youtube.channel",
        location="channelId"),
    "playlist_not_found": Refusal(
        404, "playlistNotFound", "The playlist identified with the request's <code>playlistId"
        "</code> parameter cannot be found.", domain="youtube.playlistItem",
        location="playlistId"),
    "comment_not_found": Refusal(
        404, "commentNotFound", "One or more of the specified comments cannot be found.",
        domain="youtube.comment", location="id"),
    "comment_thread_not_found": Refusal(
        404, "commentThreadNotFound", "One or more of the specified comment threads cannot be "
        "found.", domain="youtube.commentThread", location="id"),
    "livechat_not_found": Refusal(
        404, "liveChatNotFound", "The live chat that you are trying to retrieve cannot be found.",
        domain="youtube.liveChat"),
    "comments_disabled": Refusal(
        403, "commentsDisabled", "The video identified by the <code>videoId</code> parameter has "
        "disabled comments.", domain="youtube.commentThread", location="videoId"),
    "livechat_ended": Refusal(
        403, "liveChatEnded", "The live chat is no longer live.", domain="youtube.liveChat"),
    "livechat_disabled": Refusal(
        403, "liveChatDisabled", "Live chat is not enabled for the specified broadcast.",
        domain="youtube.liveChat"),
    "playlist_items_closed": Refusal(
        403, "playlistItemsNotAccessible", "The request is not properly authorized to retrieve the "
        "specified playlist items.", domain="youtube.playlistItem", location="playlistId"),
    "caption_exists": Refusal(
        409, "captionExists", "The specified video already has a caption track with the given "
        "language and name.", domain="youtube.caption"),
    "caption_no_content": Refusal(
        400, "contentRequired", "The request does not contain the caption track contents.",
        domain="youtube.caption"),
    "caption_bad_metadata": Refusal(
        400, "invalidMetadata", "The request contains invalid metadata values, which prevent the "
        "track from being created.", domain="youtube.caption"),
    "caption_name_too_long": Refusal(
        400, "nameTooLong", "The snippet.name is too long.", domain="youtube.caption"),
    "could_not_convert": Refusal(
        400, "couldNotConvert", "The caption track data could not be converted to the requested "
        "language and/or format.", domain="youtube.caption"),
    "bad_page_token": Refusal(
        400, "invalidPageToken", "The request specifies an invalid page token.",
        domain="youtube.parameter", location="pageToken"),
    "missing_part": Refusal(
        400, "missingRequiredParameter", "No filter selected. Expected one of: id, playlistId",
        domain="youtube.parameter", location="parameters."),
    "incompatible_parameters": Refusal(
        400, "incompatibleParameters", "Incompatible parameters specified in the request: id, "
        "maxResults", domain="youtube.parameter", location="parameters."),
    "invalid_filters": Refusal(
        400, "invalidFilters", "The request contains an invalid combination of filters.",
        domain="youtube.parameter"),
    "unknown_reason": Refusal(418, "teapot", "short and stout", domain="youtube.kitchen"),
    "not_built": Refusal(
        501, "notImplemented", "The emulator does not answer this method.", domain="emulator",
        rpc="UNIMPLEMENTED"),
}  # fmt: skip

_DENIED = {
    "code": 403,
    "message": "The caller does not have permission",
    "errors": [
        {
            "message": "Permission denied.",
            "domain": "youtube.CoreErrorDomain",
            "reason": "SERVICE_UNAVAILABLE",
        }
    ],
    "status": "PERMISSION_DENIED",
}
DEAD_TOKEN = {
    "error": "invalid_grant",
    "error_description": "Token has been expired or revoked.",
}
_ODD = {
    "permission_service_unavailable": Wrong(status=403, body={"error": _DENIED}),
    "plain_string": Wrong(status=400, body={"error": "something went wrong"}),
    "refresh_token_dead": Wrong(status=400, body=dict(DEAD_TOKEN)),
    "html_502": Wrong(status=502, body="<html><title>502 Server Error</title></html>\n"),
    "html_503": Wrong(status=503, body="<html><title>503 Service Unavailable</title></html>\n"),
}
NAMES = (*_REFUSALS, *_QUOTAS, *_ODD)
"""Every error there is, by name."""
