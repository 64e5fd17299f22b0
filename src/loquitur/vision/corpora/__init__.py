"""Corpora of described clips: whoever published them, read into one form.

`read` finds out what a file is; `KINDS` are the readers; `written.py` writes `loquitur/clips/1`;
`places.py` finds the videos that a user has already.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError, near
from loquitur.tables.reading import separator_in
from loquitur.text import display
from loquitur.vision.corpora import msvd, own
from loquitur.vision.corpora.gathering import Gathering
from loquitur.vision.corpora.language_names import chosen
from loquitur.vision.corpora.material import Material
from loquitur.vision.corpora.written import write
from loquitur.vision.splits import by_lists

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.vision.clips import Corpus

__all__ = ["KINDS", "Kind", "ids_in", "kind_of", "read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A form that corpora are published in.

    Args:
        title: What people call it.
        module: Where its `gather(files, into)` is.
        language: Of the sentences that are taken where the user says nothing; empty for all.
    """

    title: str
    module: str
    language: str


KINDS: dict[str, Kind] = {
    "msvd": Kind(title="MSVD", module="msvd", language="en"),
    "msrvtt": Kind(title="MSR-VTT", module="msrvtt", language=""),
    "vatex": Kind(title="VATEX", module="vatex", language="en"),
    "activitynet": Kind(title="ActivityNet Captions", module="activitynet", language=""),
    "clips": Kind(title="clips", module="own", language=""),
}


def read(
    paths: str | Path | Sequence[str | Path],
    *,
    kind: str = "",
    language: str | None = None,
    lists: Mapping[str, str | Path] | None = None,
    silent: bool = False,
) -> Corpus:
    """A corpus out of its files.

    Args:
        paths: A file, or several that belong together (MSVD's table and its mapping; a set in a
            file for each split), or a folder of videos with texts.
        kind: One of `KINDS`; found out from the files where empty.
        language: A BCP 47 tag or an English name: sentences in it alone; `all`; None for what the
            kind is mostly used in (English of MSVD and VATEX).
        lists: Files with the ids of each split: lines, a table with `video_id`, or a JSON list.
            Clips in none of them are left out.
        silent: Take clips without a sentence too: for prediction.

    Returns:
        Its clips in the order of the files, what was left out counted.

    Raises:
        InputError: A file cannot be read or is none of this kind; nothing is left.
        UsageError: There is no such kind or language.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    files = [Material(Path(path).expanduser()) for path in given]
    if not files:
        raise UsageError("no file of a corpus is given")
    name = kind or kind_of(files)
    if name not in KINDS:
        raise UsageError(f"no corpus is called '{kind[:40]}'", hint=near(kind, KINDS))
    form = KINDS[name]
    into = Gathering(language=form.language if language is None else chosen(language))
    importlib.import_module(f"loquitur.vision.corpora.{form.module}").gather(files, into)
    title = form.title if name != "clips" else Path(given[0]).expanduser().resolve().stem
    corpus = into.corpus(title, silent=silent)
    return corpus if not lists else _listed(corpus, lists)


def kind_of(files: Sequence[Material]) -> str:
    """Which kind files are of, by what is in them.

    Raises:
        InputError: Nobody knows.
    """
    for one in files:
        found = _kind(one)
        if found:
            return found
    raise InputError(
        f"{files[0].name}: not a corpus of described clips that is known",
        hint=f"say its kind: {', '.join(KINDS)}",
    )


def _kind(material: Material) -> str:
    path = material.path
    if path.is_dir():
        return "clips"
    head = material.head()
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return "clips"
    if head.lstrip()[:1] in ("{", "["):
        return _kind_of_json(material)
    if msvd.form_in(material):
        return "msvd"
    return "clips" if own.is_table(head) else ""


def _kind_of_json(material: Material) -> str:
    try:
        document = material.document
    except InputError:  # many documents, a line each
        return "clips"
    if isinstance(document, list):
        first = document[0] if document else None
        return "vatex" if isinstance(first, dict) and "videoID" in first else ""
    if not isinstance(document, dict):
        return ""
    if "videos" in document:
        return "msrvtt"
    first = next(iter(document.values()), None)
    if isinstance(first, dict) and "timestamps" in first:
        return "activitynet"
    return "clips" if "captions" in document or "caption" in document else ""


def _listed(corpus: Corpus, lists: Mapping[str, str | Path]) -> Corpus:
    ids = {split: ids_in(Path(path).expanduser()) for split, path in lists.items()}
    split, strange = by_lists(corpus, ids)
    kept = {clip.clip_id for clip in split.clips}
    if not kept:
        raise InputError(
            f"{display(corpus.name)}: none of its clips is in the lists of splits",
            hint="the lists name clips by their ids",
        )
    gone = [clip.clip_id for clip in corpus.clips if clip.clip_id not in kept]
    split = split.with_dropped("clip in none of the lists of splits", gone)
    return split.with_dropped("id in a list of a split, of no clip", strange)


def ids_in(path: Path) -> tuple[str, ...]:
    """The ids of a list: a JSON list, a table with a column `video_id` or `clip`, or lines.

    Raises:
        InputError: It cannot be read, or names none.
    """
    material = Material(path)
    head = material.head()
    if head.lstrip().startswith("["):
        found = material.as_kind(list[str], "a list of ids")
    else:
        found = _ids_in_text(material, head)
    ids = tuple(dict.fromkeys(one for one in found if one and not one.startswith("#")))
    if not ids:
        raise material.wrong("no ids in it")
    return ids


def _ids_in_text(material: Material, head: str) -> list[str]:
    apart = separator_in(head)
    names = [cell.strip().strip('"').lower() for cell in head.split(apart)]
    column = next((one for one in ("video_id", "clip_id", "clip", "id") if one in names), None)
    if column is None:
        return [line.strip() for _, line in material.lines()]
    at = names.index(column)
    rows = list(material.rows(apart))[1:]
    return [row[at].strip() for _, row in rows if at < len(row)]
