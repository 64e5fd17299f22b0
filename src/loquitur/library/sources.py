"""What may be added to a library: files and folders, and values that are no files, as documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError, LoquiturError, UsageError
from loquitur.insight.spoken.fragments import Spoken
from loquitur.languages import primary
from loquitur.library.documents import (
    Document,
    Said,
    day_of,
    read_documents,
    spoken_document,
    track_document,
    transcript_document,
)
from loquitur.media.urls import MEDIA_SUFFIXES, is_url, is_video_id
from loquitur.model.captions import CaptionTrack
from loquitur.model.labels import Labels
from loquitur.model.media import MediaRef
from loquitur.model.speech import Transcript
from loquitur.model.vision import Descriptions
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from loquitur.insight.reports.recognising import Found
    from loquitur.model.library import Kind

    Failed = Callable[[str, LoquiturError], None]
    Source = str | Path | Transcript | CaptionTrack | Spoken | Document | object

_ORDER = {"table": 0, "speech": 1, "comments": 2, "chat": 3}
"""What is known of videos comes first: its chapters are those of the speech."""


def raising(name: str, error: LoquiturError) -> None:
    """Stop at the first input that cannot be read."""
    del name
    raise error


def ignore(name: str) -> None:
    """Hear of a file and do nothing."""
    del name


def documents_of(
    source: Source, *, kind: Kind | None = None, said: Said | None = None, failed: Failed = raising
) -> Iterator[Document]:
    """The documents of one thing that may be added.

    Args:
        source: A file or folder; a transcript, a caption track, what was said (`read_spoken`); the
            result of a run (anything with a `transcript` and its `media`), or of a description
            (with `descriptions`); a document.
        kind: What a file is, where its content does not tell.
        said: What is known of the video beside it.
        failed: Told of each file that cannot be read; by default the first one ends it.

    Raises:
        UsageError: It is nothing of that kind.
        InputError: It cannot be read, and `failed` raises.
    """
    if isinstance(source, str | Path):
        yield from documents_of_paths([source], kind=kind, said=said, failed=failed)
    elif isinstance(source, Document):
        yield source
    elif isinstance(source, Transcript):
        yield transcript_document(source, said=said)
    elif isinstance(source, CaptionTrack):
        yield track_document(source, said=said)
    elif isinstance(source, Spoken):
        yield spoken_document(source, said=said)
    else:
        yield _of_result(source, said)


def documents_of_paths(
    paths: Iterable[str | Path],
    *,
    kind: Kind | None = None,
    said: Said | None = None,
    failed: Failed = raising,
    left_out: Callable[[str], None] = ignore,
) -> Iterator[Document]:
    """The documents of files, and of folders and all below them, each read when it is asked for.

    Of several files of one speech in one language (its formats) the one that says most is taken.
    Tables of videos come first, since their descriptions have chapters.

    Args:
        paths: Files and folders.
        kind: What each file is, where its content does not tell.
        said: What is known of the video beside them.
        failed: Told of each file that cannot be read.
        left_out: Told of each file of whose speech another says more.
    """
    files = list(_listed(paths, kind, failed))
    taken: set[tuple[str, str, str]] = set()
    for path, group in files:
        try:
            found = read_documents(path, kind=kind, said=said)
        except LoquiturError as exc:
            failed(str(path), exc)
            continue
        for one in found:
            video = one.volume.media_id if not one.volume.media_id.startswith("file:") else group
            speech = (video, one.part.kind, primary(one.part.language) or one.part.language)
            if one.part.kind == "speech":
                if speech in taken:
                    left_out(str(path))
                    continue
                taken.add(speech)
            yield one


def _listed(
    paths: Iterable[str | Path], kind: Kind | None, failed: Failed
) -> Iterator[tuple[Path, str]]:
    """All files, what says most of a speech first, each with what those of one video share."""
    from loquitur.insight.reports.recognising import Found, files_below, group_of, rank, recognise

    found: list[Found] = []
    for given in paths:
        path = Path(given)
        try:
            if _is_folder(path):
                below = _useful(files_below(path), failed)
                if not below:
                    raise InputError(f"{display(str(path))}: nothing in it that could be read")
                found += below
            else:
                _check(path, str(given))
                told = recognise(path) if kind is None and not _is_told_by_content(path) else None
                found.append(told or Found(path=path, kind="", group=group_of(path)))
        except LoquiturError as exc:
            failed(str(given), exc)
    for one in sorted(found, key=lambda one: (_ORDER.get(one.kind, 4), rank(one))):
        yield one.path, one.group


def _useful(paths: Iterable[Path], failed: Failed) -> list[Found]:
    from loquitur.insight.reports.recognising import Found, group_of, recognise

    found: list[Found] = []
    for path in paths:
        try:
            if _is_told_by_content(path):
                found.append(Found(path=path, kind="", group=group_of(path)))
                continue
            one = recognise(path, named=False)
        except LoquiturError as exc:
            failed(str(path), exc)
            continue
        if one.kind in _ORDER:
            found.append(one)
    return found


def _is_told_by_content(path: Path) -> bool:
    """Whether a file tells what is seen in a video, or what it is about."""
    from loquitur.insight.labels.reading import holds_labels
    from loquitur.library.documents_written import describes_clips

    return describes_clips(path) or holds_labels(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as exc:  # a name too long, or none that a file could have
        raise InputError(f"{display(str(path))[:200]}: no such file or folder") from exc


def _check(path: Path, text: str) -> None:
    """A file that is there, and no medium.

    Raises:
        UsageError: It is an address, an id or a medium: those are gathered first.
        InputError: There is no such file.
    """
    is_file = path.is_file()
    if is_file and path.suffix.lower() not in MEDIA_SUFFIXES - {".ts"}:
        return
    if is_file:
        raise UsageError(
            f"{display(text)} is a medium, whose words are not known yet",
            hint=f"loquitur run {display(text)}, then add the transcript",
        )
    if is_url(text) or is_video_id(text):
        raise UsageError(
            f"{display(text)} is an address, and no file",
            hint="loquitur.stocking.stock takes addresses, and so does `loquitur library add`",
        )
    raise InputError(f"{display(text)[:200]}: no such file or folder")


def _of_result(source: object, said: Said | None) -> Document:
    """The transcript of a run's result, with what is known of its medium."""
    transcript = getattr(source, "transcript", None)
    media = getattr(source, "media", None)
    seen = getattr(source, "descriptions", None)
    if isinstance(seen, Descriptions) and isinstance(media, MediaRef):
        return _of_descriptions(seen, media, said)
    about = getattr(source, "labels", None)
    if isinstance(about, Labels) and isinstance(media, MediaRef):
        return _of_labels(about, media, said)
    if transcript is None and hasattr(source, "transcript"):
        raise UsageError(
            "that run made no transcript",
            hint="its `error` says why, or it ended at an earlier stage",
        )
    if not isinstance(transcript, Transcript):
        raise UsageError(
            f"a library holds no {type(source).__name__}",
            hint="a path, a transcript, a caption track, or the result of a run",
        )
    if not isinstance(media, MediaRef):
        return transcript_document(transcript, said=said)
    known, origin = _known(media, said)
    return transcript_document(transcript, said=known, origin=origin)


def _of_descriptions(seen: Descriptions, media: MediaRef, said: Said | None) -> Document:
    """What is seen in a medium (`loquitur.describing.Described`), in the volume of its speech."""
    from loquitur.library.documents_written import described_media

    known, origin = _known(media, said)
    return described_media(
        [(one.start_ms, one.end_ms, one.text) for one in seen.descriptions if one.text.strip()],
        said=known,
        media_id=media.media_id,
        language=seen.language,
        origin=origin,
        duration_ms=media.duration_ms,
    )


def _of_labels(about: Labels, media: MediaRef, said: Said | None) -> Document:
    """What a medium is about (`loquitur.labelling.Labelled`), in the volume of its speech."""
    from loquitur.library.documents_labelled import labelled_media

    known, origin = _known(media, said)
    return labelled_media(
        about, said=known, media_id=media.media_id, origin=origin, duration_ms=media.duration_ms
    )


def _known(media: MediaRef, said: Said | None) -> tuple[Said, str]:
    """What is known of a medium, and where its moments lead."""
    given = said or Said()
    known = Said(
        video_id=given.video_id or media.video_id or "",
        title=given.title or media.title,
        channel=given.channel or media.uploader or "",
        published=given.published or day_of(media.published or ""),
        language=given.language,
        chapters=given.chapters,
    )
    place = Path(media.source)
    return known, place.resolve().as_uri() if place.is_file() else media.source
