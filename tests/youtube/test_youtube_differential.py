"""The same scenarios through Google's own client and through ours: the same results.

googleapiclient is for tests only; what it does differently, and why ours does not, is shown here.
"""

from __future__ import annotations

import datetime as dt
import json
from importlib import resources

import pytest

from loquitur.emulator import Emulator
from loquitur.settings import Settings
from loquitur.youtube.complaints import BucketEmptyError, ComplaintError
from loquitur.youtube.retrying import Patience
from loquitur.youtube.sessions import open_client

pytest.importorskip("googleapiclient")
httplib2 = pytest.importorskip("httplib2")
from googleapiclient import discovery, errors  # noqa: E402
from googleapiclient import http as google_http  # noqa: E402

SRT = b"1\n00:00:00,000 --> 00:00:01,500\nGood morning.\n\n"


class Google:
    """Google's client behind the ways of our `Caller`."""

    def __init__(self, emulator, *, retries=0):
        text = resources.files("googleapiclient.discovery_cache.documents").joinpath(
            "youtube.v3.json"
        )
        document = json.loads(text.read_text())
        document["rootUrl"] = document["baseUrl"] = f"{emulator.endpoint}/"
        document.pop("mtlsRootUrl", None)
        self.retries = retries
        self.by_key = discovery.build_from_document(
            document, developerKey=emulator.api_key, http=httplib2.Http(proxy_info=None)
        )
        self.by_token = discovery.build_from_document(document, http=_Bearer(emulator.token))

    def _request(self, method_id, given, **more):
        resource, _, name = method_id.partition(".")
        owner = resource == "captions" or "mine" in given
        service = self.by_token if owner else self.by_key
        return getattr(getattr(service, resource)(), name)(**given, **more)

    def call(self, method_id, /, *, body=None, **given):
        more = {} if body is None else {"body": body}
        return self._request(method_id, given, **more).execute(num_retries=self.retries) or {}

    def pages(self, method_id, /, **given):
        resource, _, name = method_id.partition(".")
        request = self._request(method_id, given)
        while request is not None:
            page = request.execute(num_retries=self.retries)
            yield page
            request = getattr(getattr(self.by_key, resource)(), f"{name}_next")(request, page)

    def upload(self, method_id, /, *, body, media, media_type="application/octet-stream", **given):
        from io import BytesIO

        resumable = len(media) >= 1 << 20
        file = google_http.MediaIoBaseUpload(
            BytesIO(media), mimetype=media_type, resumable=resumable, chunksize=8 * 256 * 1024
        )
        return self._request(method_id, given, body=body, media_body=file).execute()

    def download(self, method_id, /, **given):
        return self._request(method_id, given).execute()


class _Bearer:
    """httplib2 with a token on every request."""

    def __init__(self, token):
        self._http = httplib2.Http(proxy_info=None)
        self._http.redirect_codes = self._http.redirect_codes - {308}
        self.redirect_codes = self._http.redirect_codes
        self._token = token

    def request(self, uri, method="GET", body=None, headers=None, **more):
        sent = {**(headers or {}), "authorization": f"Bearer {self._token}"}
        return self._http.request(uri, method, body=body, headers=sent, **more)

    def close(self):
        self._http.close()


def world(**plan):
    return Emulator(seed=3, plan=plan)


def ours(emulator, tmp_path, **more):
    settings = Settings(store=tmp_path / "store", youtube_endpoint=emulator.endpoint)
    return open_client(settings, patience=Patience(sleep=lambda _: None), **more)


def both(tmp_path, scenario):
    """What a scenario gives through either client, each in a world of its own, of one seed.

    And of one clock: a stream that is live came out a quarter of an hour before its world began.
    """
    clock = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with world(clock=clock) as emulator:
        first = scenario(Google(emulator)), [(e.method, e.status) for e in emulator.calls()]
    with world(clock=clock) as emulator, ours(emulator, tmp_path) as client:
        second = scenario(client), [(e.method, e.status) for e in emulator.calls()]
    return first, second


def search(client):
    pages = list(client.pages("search.list", part="id,snippet", q="saxophone repair",
                              type="video", order="date", maxResults=50))  # fmt: skip
    return [item["id"]["videoId"] for page in pages for item in page.get("items", [])]


def details(client):
    ids = search(client)[:50]
    return client.call("videos.list", part="id,snippet,statistics,contentDetails", id=ids)


def statistics(client):
    return client.call("videos.batchGetStats", part="id,statistics", id=search(client)[:50])


def selected(client):
    return client.call("videos.list", part="id,snippet,statistics", id=search(client)[:3],
                       fields="items(id,statistics/viewCount),pageInfo")  # fmt: skip


def nobody_there(client):
    return client.call("channels.list", part="id", forHandle="@nobody-has-this-handle")


def own_uploads(client):
    channel = client.call("channels.list", part="contentDetails", mine=True)["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    return list(client.pages("playlistItems.list", part="contentDetails", playlistId=uploads,
                             maxResults=10))  # fmt: skip


def captions_and_back(client, media=SRT):
    page = own_uploads(client)[0]
    video = page["items"][0]["contentDetails"]["videoId"]
    body = {"snippet": {"videoId": video, "language": "en", "name": "differential"}}
    track = client.upload("captions.insert", part="snippet", body=body, media=media)
    text = client.download("captions.download", id=track["id"], tfmt="srt")
    listed = client.call("captions.list", part="snippet", videoId=video)["items"]
    client.call("captions.delete", id=track["id"])
    left = client.call("captions.list", part="id", videoId=video).get("items", [])
    snippet = {k: v for k, v in track["snippet"].items() if k != "lastUpdated"}
    return snippet, text, len(listed), len(left)


def long_captions_and_back(client):
    lines = (
        f"{n + 1}\n{_stamp(n * 250)} --> {_stamp(n * 250 + 200)}\nLine {n} at the harbour, "
        "with a long tail of words behind it.\n\n"
        for n in range(12_500)
    )
    return captions_and_back(client, "".join(lines).encode())


def _stamp(at):
    return f"{at // 3600000:02}:{at // 60000 % 60:02}:{at // 1000 % 60:02},{at % 1000:03}"


SLOW = (search, statistics, selected, nobody_there, own_uploads, long_captions_and_back)
SCENARIOS = [details, captions_and_back, *(pytest.param(x, marks=pytest.mark.slow) for x in SLOW)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_results_by_the_same_calls(tmp_path, scenario):
    (theirs, their_calls), (mine, my_calls) = both(tmp_path, scenario)
    assert mine == theirs
    assert my_calls == their_calls


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["video_not_found", "comments_disabled", "quota", "captions_forbidden", "bad_page_token",
     "api_not_enabled", "unknown_reason", "plain_string", "html_502"],
)  # fmt: skip
def test_the_same_refusals(tmp_path, name):
    """Either raises; ours says which of the reasons it is, theirs gives the message as reason."""
    kind = {"quota": "shared_bucket_empty"}.get(name, name)
    with world() as emulator:
        emulator.fault("i18nRegions.list", kind, times=9)
        with pytest.raises(errors.HttpError) as theirs:
            Google(emulator).call("i18nRegions.list", part="snippet")
    with world() as emulator, ours(emulator, tmp_path) as client:
        emulator.fault("i18nRegions.list", kind, times=9)
        with pytest.raises(ComplaintError) as mine:
            client.call("i18nRegions.list", part="snippet")
    if name != "quota":  # where the ledger has the last word
        assert mine.value.status == theirs.value.status_code
    if name == "video_not_found":
        assert mine.value.reason == "videoNotFound"
        assert theirs.value.reason == "The video could not be found."


def test_their_retries_burn_what_is_left_of_a_spent_bucket_and_ours_do_not(tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr(google_http.time, "sleep", slept.append)
    asked = {"part": "id", "q": "tardigrade"}
    with world(quota={"search": 1}) as emulator:
        client = Google(emulator, retries=5)
        client.call("search.list", **asked)
        with pytest.raises(errors.HttpError):
            client.call("search.list", **asked)
        theirs = len(emulator.calls("search.list"))
    with world(quota={"search": 1}) as emulator, ours(emulator, tmp_path) as client:
        client.call("search.list", **asked)
        for _ in range(2):
            with pytest.raises(BucketEmptyError):
                client.call("search.list", **asked)
        mine = len(emulator.calls("search.list"))
    assert (theirs, len(slept)) == (7, 5)
    assert mine == 2


def test_their_errors_show_the_key_and_ours_do_not(tmp_path):
    with world() as emulator:
        emulator.fault("i18nRegions.list", "bad_page_token")
        with pytest.raises(errors.HttpError) as theirs:
            Google(emulator).call("i18nRegions.list", part="snippet")
        assert emulator.api_key in str(theirs.value)
    with world() as emulator, ours(emulator, tmp_path) as client:
        emulator.fault("i18nRegions.list", "bad_page_token")
        with pytest.raises(ComplaintError) as mine:
            client.call("i18nRegions.list", part="snippet")
        assert emulator.api_key not in f"{mine.value} {vars(mine.value)}"


def test_a_parameter_out_of_its_limits_is_sent_by_theirs_and_not_by_ours(tmp_path):
    with world() as emulator:
        with pytest.raises(errors.HttpError):
            Google(emulator).call("search.list", part="id", q="x", maxResults=5000)
        assert emulator.spent("search") == 1
    with world() as emulator, ours(emulator, tmp_path) as client:
        with pytest.raises(Exception, match="from 0 to 50"):
            client.call("search.list", part="id", q="x", maxResults=5000)
        assert emulator.spent("search") == 0
