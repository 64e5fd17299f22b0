"""The five calls on caption tracks, and what a track is called: `(video, language, name)`.

All of them need the login of the video's owner; an API key alone is refused. The service keeps the
case of language codes and old ones (`iw` beside `he`, `zh-CN` beside `zh-Hans`), so codes are
compared without regard to that and sent back exactly as they stand.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.languages import is_tag
from loquitur.media.urls import is_video_id
from loquitur.text import display
from loquitur.youtube.complaints import LoginNeededError, UnknownRefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loquitur.youtube.caller import Caller

DOWNLOADS = ("srt", "sbv", "vtt", "ttml", "scc")
"""What the service converts a track to (`tfmt`)."""
MOST_NAME = 150
"""Characters of a track's name (documented 12 March 2024)."""
STANDARD = "standard"
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_SAME = {
    "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "tl": "fil",
    "zh-cn": "zh-hans", "zh-sg": "zh-hans", "zh-chs": "zh-hans",
    "zh-tw": "zh-hant", "zh-cht": "zh-hant",
}  # fmt: skip
_NO_LANGUAGE = frozenset({"zxx", "und", "mul"})
_OWNERS_ALONE = (
    "caption tracks are read and written by the video's owner alone: an API key is not enough (401)"
)
_NO_LOGIN = (
    "`loquitur youtube auth` logs in as the video's owner; "
    "`loquitur youtube transcript` reads public captions and needs no login"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A caption track as the service lists it; fields it did not tell have their defaults.

    Args:
        id: Opaque.
        video_id: The video it belongs to.
        language: BCP 47 tag as the service has it.
        name: What the owner calls it; empty for the usual one.
        kind: `standard`, `ASR` (made by the service) or `forced`.
        last_updated: When it last changed, RFC 3339 as the service wrote it.
        audio_track_type: `unknown`, `primary`, `commentary` or `descriptive`.
        is_cc: Whether it is for the deaf and hard of hearing.
        is_large: Whether it has large text.
        is_easy_reader: Whether it is for easy reading.
        is_draft: Whether viewers do not see it.
        is_auto_synced: Whether the service made its times.
        status: `serving`, `syncing` or `failed`.
        failure_reason: `unknownFormat`, `unsupportedFormat` or `processingFailed`; empty where it
            did not fail.
    """

    id: str
    video_id: str
    language: str
    name: str = ""
    kind: str = STANDARD
    last_updated: str = ""
    audio_track_type: str = "unknown"
    is_cc: bool = False
    is_large: bool = False
    is_easy_reader: bool = False
    is_draft: bool = False
    is_auto_synced: bool = False
    status: str = "serving"
    failure_reason: str = ""

    @property
    def updated_at(self) -> datetime | None:
        """When it last changed, with its zone; None where the service told no time."""
        try:
            return datetime.fromisoformat(self.last_updated)
        except ValueError:
            return None

    @property
    def label(self) -> str:
        """How people tell it from the others: `en`, `en 'SDH'`, `en (ASR)`."""
        kind = f" ({self.kind})" if self.kind != STANDARD else ""
        return called(self.language, self.name) + kind


def called(language: str, name: str) -> str:
    """How people tell tracks of a language apart: `en`, `en 'SDH'`."""
    return f"{language} '{name}'" if name else language


def list_tracks(caller: Caller, video_id: str) -> tuple[Track, ...]:
    """The caption tracks of a video (50 units).

    Raises:
        InputError: That is no video id.
        LoginNeededError: There is no login, or an API key alone.
        NotYoursError: The video is somebody else's.
        GoneError: There is no such video.
    """
    check_video_id(video_id)
    with _told_why():
        answer = caller.call("captions.list", part="snippet", videoId=video_id)
    return tuple(_track(item) for item in answer.get("items", ()))


def listed_again(caller: Caller, track: Track) -> Track | None:
    """A track as it is now (50 units); None where it is gone.

    Raises:
        LoquiturError: What `list_tracks` raises.
    """
    tracks = list_tracks(caller, track.video_id)
    return next((one for one in tracks if one.id == track.id), None)


def download_track(
    caller: Caller,
    track_id: str,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    language: str | None = None,
) -> bytes:
    """The text of a track (200 units).

    Args:
        caller: Who calls.
        track_id: Which track.
        format: `srt`, `sbv`, `vtt`, `ttml` or `scc`; None for the bytes as they were uploaded.
        language: Two letters of a language that the service translates to by machine.

    Raises:
        UsageError: No such format.
        InputError: No language tag.
        RefusedInputError: It cannot be converted so.
        GoneError: There is no such track, or its text never appeared.
    """
    if format and format not in DOWNLOADS:
        raise UsageError(
            f"the service does not convert captions to '{format}'", hint=near(format, DOWNLOADS)
        )
    if language:
        check_language(language)
    given = {"tfmt": format, "tlang": language}
    with _told_why():
        return caller.download(
            "captions.download", id=track_id, **{name: one for name, one in given.items() if one}
        )


def insert_track(
    caller: Caller,
    video_id: str,
    content: bytes,
    *,
    language: str,
    name: str = "",
    draft: bool = False,
) -> Track:
    """A new track (400 units); `sync` is never asked for, since such texts never appear.

    Raises:
        ExistsError: The video has a track of that language and name.
        RefusedInputError: The service refuses the file, language or name.
        UnansweredError: It was sent and no answer came; list before anything else.
    """
    check_video_id(video_id)
    check_name(name)
    check_language(language)
    snippet = {"videoId": video_id, "language": language, "name": name, "isDraft": draft}
    with _told_why():
        answer = caller.upload(
            "captions.insert", body={"snippet": snippet}, media=content, part="snippet"
        )
    return _track(answer)


def update_track(
    caller: Caller, track_id: str, content: bytes | None = None, *, draft: bool | None = None
) -> Track:
    """Another text, another draft state, or both (450 units). Language and name cannot change.

    Args:
        caller: Who calls.
        track_id: Which track.
        content: The file; None to keep the text.
        draft: Whether it is a draft; None to keep that.

    Raises:
        UsageError: Nothing is to be changed.
        NotYoursError: The video is somebody else's, or the track is the service's own (ASR).
        UnansweredError: It was sent and no answer came; list before anything else.
    """
    if content is None and draft is None:
        raise UsageError("an update of a track needs a file or a draft state")
    body: dict[str, Any] = {"id": track_id}
    if draft is not None:
        body["snippet"] = {"isDraft": draft}
    # the part `snippet` without a draft state would reset it
    part = "id" if draft is None else "id,snippet"
    with _told_why():
        if content is None:
            return _track(caller.call("captions.update", body=body, part=part))
        return _track(caller.upload("captions.update", body=body, media=content, part=part))


def delete_track(caller: Caller, track_id: str) -> None:
    """Take a track away for good (50 units).

    Raises:
        GoneError: There is no such track.
        NotYoursError: The video is somebody else's, or the track is the service's own (ASR).
    """
    with _told_why():
        caller.call("captions.delete", id=track_id)


def matching(tracks: Iterable[Track], language: str, name: str = "") -> Track | None:
    """The owner's track of a language and name: its own code before one of the same meaning."""
    named = [track for track in tracks if track.kind == STANDARD and track.name == name]
    for code in (str.lower, comparable):
        wanted = code(language)
        found = [track for track in named if code(track.language) == wanted]
        if found:
            return max(found, key=lambda track: track.last_updated)
    return None


def comparable(language: str) -> str:
    """A language code in the one form that codes of the same meaning share; never sent.

    >>> comparable("iw"), comparable("zh-CN") == comparable("zh-Hans"), comparable("pt_BR")
    ('he', True, 'pt-br')
    """
    plain = language.strip().replace("_", "-").lower()
    if plain in _SAME:
        return _SAME[plain]
    head, dash, rest = plain.partition("-")
    return _SAME.get(head, head) + dash + rest


def same_language(one: str, other: str) -> bool:
    """Whether two codes mean the same language."""
    return comparable(one) == comparable(other)


def check_language(language: str) -> None:
    """Hold that a code has the form of a language tag (BCP 47).

    Raises:
        InputError: It has not; the service would refuse it.
    """
    if not _TAG.fullmatch(language):
        raise InputError(
            f"'{display(language[:40])}' is no language tag (BCP 47)",
            hint="codes are as in en, pt-BR or zh-Hans",
        )


def is_strange(language: str) -> bool:
    """Whether a code is of no language that this package knows: worth a warning, not a refusal."""
    return language.lower() not in _NO_LANGUAGE and not is_tag(language)


def check_name(name: str) -> None:
    """Hold that a track may be called so.

    Raises:
        InputError: It is too long, or no line of text.
    """
    if len(name) > MOST_NAME:
        raise InputError(
            f"a track's name has at most {MOST_NAME} characters, this one {len(name)}",
            hint="take a shorter --name",
        )
    if any(char < " " for char in name):
        raise InputError("a track's name is one line of text without control characters")


def check_video_id(video_id: str) -> None:
    """Hold that a text has the form of a video id.

    Raises:
        InputError: It has not.
    """
    if not is_video_id(video_id):
        raise InputError(
            f"'{display(video_id[:60])}' is no video id",
            hint="give 11 characters, or the address of one video",
        )


def _track(item: dict[str, Any]) -> Track:
    try:
        snippet = item.get("snippet", {})
        return Track(
            id=item["id"],
            video_id=snippet.get("videoId", ""),
            language=snippet.get("language", ""),
            name=snippet.get("name", ""),
            kind=snippet.get("trackKind", STANDARD),
            last_updated=snippet.get("lastUpdated", ""),
            audio_track_type=snippet.get("audioTrackType", "unknown"),
            is_cc=bool(snippet.get("isCC")),
            is_large=bool(snippet.get("isLarge")),
            is_easy_reader=bool(snippet.get("isEasyReader")),
            is_draft=bool(snippet.get("isDraft")),
            is_auto_synced=bool(snippet.get("isAutoSynced")),
            status=snippet.get("status", "serving"),
            failure_reason=snippet.get("failureReason", ""),
        )
    except (KeyError, AttributeError) as exc:
        raise UnknownRefusalError(
            "the service answered with something that is no caption track", body=repr(item)
        ) from exc


@contextmanager
def _told_why() -> Iterator[None]:
    """Where the login is what is missing: the reason and both ways out, in one line."""
    try:
        yield
    except MissingError as exc:
        if exc.code != "LQ-YOUTUBE-NO-LOGIN":
            raise
        raise MissingError(_OWNERS_ALONE, hint=_NO_LOGIN, code=exc.code) from exc
    except LoginNeededError as exc:
        if exc.reason != "required":
            raise
        raise LoginNeededError(
            _OWNERS_ALONE, hint=_NO_LOGIN, reason=exc.reason, status=exc.status,
            method_id=exc.method_id,
        ) from exc  # fmt: skip
