# ruff: noqa: E501 - one case a line
from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur import errors
from loquitur.youtube import complaints, pacific
from loquitur.youtube.classification import classify

NOW_S = 1_793_800_000.0


def judged(status, body, headers=None, method_id="videos.list", **given):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(status, data, headers or {}, method_id=method_id, now_s=NOW_S, **given)


def refusal(code, reason, message="No.", *, domain="youtube", rpc="", details=(), location=""):
    item = {"message": message, "domain": domain, "reason": reason}
    if location:
        item |= {"location": location, "locationType": "parameter"}
    error = {"code": code, "message": message, "errors": [item]}
    if rpc:
        error["status"] = rpc
    if details:
        error["details"] = list(details)
    return {"error": error}


def info(reason, **metadata):
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason, "domain": "googleapis.com", "metadata": metadata,
    }  # fmt: skip


def test_every_body_of_the_shared_data_has_its_class(shared):
    folder = shared / "youtube" / "api_errors"
    entries = json.loads((folder / "index.json").read_text())
    wrong = []
    for entry in entries:
        body = (folder / entry["file"]).read_bytes()
        found = classify(entry["http_status"], body, {}, method_id="captions.list", now_s=NOW_S)
        bucket = getattr(found, "bucket", None)
        if (found.kind, bucket) != (entry["class"], entry["bucket"]):
            wrong.append((entry["file"], found.kind, bucket))
    assert not wrong
    assert len(entries) == 34


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # a limit a day by its details, whatever the reason and status say
        (403, refusal(403, "rateLimitExceeded", details=[info("RATE_LIMIT_EXCEEDED", quota_limit="defaultPerDayPerProject")]), "BucketEmpty"),
        (429, {"error": {"code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED", "details": [info("RATE_LIMIT_EXCEEDED", quota_limit="SearchQueriesPerDayPerProject", quota_metric="youtube.googleapis.com/search_queries")]}}, "BucketEmpty"),
        # no details: the limit's name stands in the text
        (429, refusal(429, "rateLimitExceeded", "Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries per day' of service 'x'."), "BucketEmpty"),
        (429, refusal(429, "rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'x'."), "Throttled"),
        (403, refusal(403, "quotaExceeded", details=[info("RATE_LIMIT_EXCEEDED", quota_limit="QueriesPerMinutePerUser")]), "Throttled"),
        (403, refusal(403, "userRateLimitExceeded"), "Throttled"),
        (429, b"", "Throttled"),
        (429, b"<html>slow down</html>", "Throttled"),
        (503, refusal(503, "quotaExceeded"), "BucketEmpty"),
        (429, refusal(429, "rateLimitExceeded", details=[info("X", quota_limit="Odd", quota_unit="1/d/{project}")]), "BucketEmpty"),
        (403, refusal(403, "quotaExceeded", details=[info("X", quota_limit="Odd", quota_unit="1/min/{project}/{user}")]), "Throttled"),
        # keys: the details know more than the reason
        (403, refusal(403, "forbidden", "Requests from referer <empty> are blocked.", domain="global", rpc="PERMISSION_DENIED", details=[info("API_KEY_HTTP_REFERRER_BLOCKED")]), "KeyProblem"),
        (403, refusal(403, "forbidden", "The provided API key has an IP address restriction.", domain="global", details=[info("API_KEY_IP_ADDRESS_BLOCKED")]), "KeyProblem"),
        (403, refusal(403, "ipRefererBlocked", domain="usageLimits"), "KeyProblem"),
        (403, refusal(403, "forbidden", "Method doesn't allow unregistered callers. Please use API Key.", domain="global"), "KeyProblem"),
        (400, refusal(400, "badRequest", "API key expired. Please renew the API key."), "KeyProblem"),
        (403, refusal(403, "x", details=[info("CONSUMER_SUSPENDED")]), "KeyProblem"),
        (401, {"error": "invalid_client", "error_description": "Unauthorized"}, "KeyProblem"),
        (403, refusal(403, "dailyLimitExceededUnreg"), "KeyProblem"),
        # logins
        (401, refusal(401, "youtubeSignupRequired"), "LoginNeeded"),
        (403, refusal(403, "forbidden", details=[info("ACCESS_TOKEN_SCOPE_INSUFFICIENT")]), "LoginNeeded"),
        (400, {"error": "invalid_grant"}, "LoginNeeded"),
        (401, {"error": {"code": 401, "message": "m", "status": "UNAUTHENTICATED"}}, "LoginNeeded"),
        (401, b"", "LoginNeeded"),
        # what is there or not
        (404, refusal(404, "playlistItemNotFound"), "Missing"),
        (404, refusal(404, "notFound"), "Missing"),
        (403, refusal(403, "commentsDisabled"), "Closed"),
        (403, refusal(403, "playlistItemsNotAccessible"), "Closed"),
        (403, refusal(403, "liveChatEnded"), "Closed"),
        (409, refusal(409, "captionExists"), "Exists"),
        # whose it is
        (403, refusal(403, "channelSuspended"), "NotYours"),
        (403, refusal(403, "playlistForbidden"), "NotYours"),
        (403, {"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED"}}, "NotYours"),
        (403, refusal(403, "SERVICE_UNAVAILABLE"), "NotYours"),
        # what was given
        (400, refusal(400, "invalidFilters"), "BadInput"),
        (400, refusal(400, "channelIdRequired"), "BadInput"),
        (400, refusal(400, "badRequest", "Invalid JSON payload received."), "BadInput"),
        (400, {"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}, "BadInput"),
        (413, refusal(413, "uploadTooLarge"), "BadInput"),
        (400, refusal(400, "required", "Required parameter: part", domain="global", location="part"), "BadInput"),
        (400, {"error": "invalid_request"}, "BadInput"),
        # passing
        (500, refusal(500, "neverHeardOf"), "Transient"),
        (502, b"<html><title>502</title></html>", "Transient"),
        (504, b"", "Transient"),
        (503, {"error": "text"}, "Transient"),
        (400, refusal(400, "processingFailure"), "Transient"),
        # nothing known
        (404, b"<html>404. That's an error.</html>", "Unknown"),
        (403, b"<html>blocked by a proxy</html>", "Unknown"),
        (400, {"error": "error message"}, "Unknown"),
        (400, {"error": {"errors": "none", "details": {"reason": 5}}}, "Unknown"),
        (418, refusal(418, "teapot"), "Unknown"),
        (501, b"", "Unknown"),
        # a stream that breaks off
        (403, [refusal(403, "liveChatEnded")], "Closed"),
    ],
)  # fmt: skip
def test_reasons_and_details_decide_never_the_status_alone(status, body, kind):
    assert judged(status, body).kind == kind


@pytest.mark.parametrize(
    ("metric", "limit", "bucket"),
    [
        ("youtube.googleapis.com/search_queries", "SearchQueriesPerDayPerProject", "search"),
        ("youtube.googleapis.com/batch_get_stats", "BatchGetStatsPerDayPerProject", "statistics"),
        ("youtube.googleapis.com/video_uploads", "VideoUploadsPerDayPerProject", "upload"),
        ("youtube.googleapis.com/default", "defaultPerDayPerProject", "shared"),
        ("", "SomethingNewPerDay", "statistics"),
    ],
)
def test_the_bucket_is_the_one_the_service_names_else_the_methods(metric, limit, bucket):
    body = refusal(
        429, "rateLimitExceeded", details=[info("X", quota_limit=limit, quota_metric=metric)]
    )
    found = judged(429, body, method_id="videos.batchGetStats")
    assert (found.bucket, found.resets_at) == (bucket, pacific.reset_s(NOW_S))


def test_an_empty_bucket_says_which_when_it_comes_back_and_what_still_works():
    found = judged(403, refusal(403, "quotaExceeded"), method_id="search.list")
    assert isinstance(found, errors.QuotaError)
    assert found.exit_code == 5
    assert "search bucket" in found.message
    assert pacific.local_text(found.resets_at) in found.hint
    assert pacific.utc_text(found.resets_at) in found.hint
    assert "statistics of up to 50 videos" in found.hint
    assert found.hint.count("search, one for each page") == 0


@pytest.mark.parametrize(
    ("headers", "details", "wait_s"),
    [
        ({"Retry-After": "7"}, (), 7.0),
        ({"retry-after": "Wed, 04 Nov 2026 13:47:10 GMT"}, (), 30.0),
        ({"retry-after": "Wed, 04 Nov 2026 13:46:10 GMT"}, (), 0.0),
        ({}, ({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"},), 1.5),
        ({"retry-after": "soon"}, (), None),
        ({"retry-after": "9" * 400}, (), 86_400.0),
        ({}, (), None),
    ],
)
def test_the_wait_that_was_asked_for(headers, details, wait_s):
    found = judged(429, refusal(429, "rateLimitExceeded", details=details), headers)
    assert found.retry_after_s == wait_s


def test_hints_say_what_to_do():
    off = judged(403, refusal(403, "accessNotConfigured"))
    assert "console.cloud.google.com/apis/library/youtube.googleapis.com" in off.hint
    restricted = judged(403, refusal(403, "x", details=[info("API_KEY_HTTP_REFERRER_BLOCKED")]))
    assert "web pages" in restricted.message
    assert "restriction" in restricted.hint
    scope = judged(403, refusal(403, "insufficientPermissions"))
    assert "loquitur youtube auth" in scope.hint
    dead = judged(400, {"error": "invalid_grant", "error_description": "Token has been expired."})
    assert "7 days" in dead.hint
    assert "publish the app" in dead.hint


def test_an_unknown_refusal_keeps_the_whole_body():
    body = {
        "error": {
            "code": 418,
            "message": "short",
            "errors": [{"reason": "teapot"}],
            "x": "y" * 3000,
        }
    }
    found = judged(418, body)
    assert json.loads(found.body) == body
    assert "teapot" in found.message
    assert len(found.message) < 2000


SECRETS = [
    "AIzaSyA-1234567890abcdefghijklmnopqrstuv",
    "ya29.a0AfH6SMBx-yz_123",
    "1//0gabcdefgh12345",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_stays_in_an_error(secret):
    bodies = [
        f"<html>https://x/y?key={secret}&id=1</html>".encode(),
        json.dumps({"error": f"Bearer {secret}"}).encode(),
        json.dumps({"error": {"message": f"bad access_token={secret}", "errors": [{"reason": secret}]}}).encode(),
        json.dumps({"access_token": secret, "refresh_token": secret}).encode(),
    ]  # fmt: skip
    for body in bodies:
        found = judged(418, body)
        assert secret not in f"{found.message} {found.hint} {vars(found)}"


def test_a_known_secret_goes_wherever_it_stands():
    found = judged(418, b"the word plainword-77 stands here", secrets=["plainword-77"])
    assert "plainword-77" not in f"{found.message} {vars(found)}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["error", "errors", "reason", "details", "metadata", "message", "status",
                         "code", "domain", "location", "quota_limit", "retryDelay"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
WORDS = st.sampled_from(
    ["quotaExceeded", "rateLimitExceeded", "forbidden", "badRequest", "videoNotFound", "required",
     "backendError", "captionExists", "SERVICE_UNAVAILABLE", "neverHeard", ""]
)  # fmt: skip


@given(
    status=st.integers(400, 599),
    body=JSON.map(lambda found: json.dumps(found).encode())
    | st.binary(max_size=200)
    | st.builds(
        lambda a, b, c: json.dumps(refusal(400, a, c, details=[info(b)])).encode(),
        WORDS, WORDS, st.text(max_size=2000),
    ),
    headers=st.dictionaries(st.sampled_from(["retry-after", "x"]), st.text(max_size=40), max_size=2),
)  # fmt: skip
def test_whatever_comes_is_one_line_of_ours(status, body, headers):
    found = classify(status, body, headers, method_id="captions.insert", now_s=NOW_S)
    assert isinstance(found, complaints.ComplaintError)
    assert found.status == status
    assert "\n" not in found.message
    assert len(found.message) < 2000
    assert len(found.hint) < 600
    again = pickle.loads(pickle.dumps(found))
    assert (type(again), vars(again)) == (type(found), vars(found))


def test_json_that_means_harm_is_no_failure():
    assert judged(400, b"[" * 100_000).kind == "Unknown"
    assert judged(400, b'{"error": {"code": ' + b"9" * 10_000 + b"}}").kind == "Unknown"
    assert judged(400, b"x" * (3 << 20)).kind == "Unknown"


@pytest.mark.parametrize(
    "kind",
    [item for item in vars(complaints).values()
     if isinstance(item, type) and issubclass(item, complaints.ComplaintError) and item is not complaints.ComplaintError],
)  # fmt: skip
def test_all_pickle_and_have_codes_of_their_own(kind):
    more = {"bucket": "search", "resets_at": 5.0} if kind is complaints.BucketEmptyError else {}
    error = kind("m", hint="h", reason="r", status=404, method_id="x.y", **more)
    again = pickle.loads(pickle.dumps(error))
    assert vars(again) == vars(error)
    assert error.code.startswith("LQ-YOUTUBE-")
    assert error.exit_code in (4, 5)
