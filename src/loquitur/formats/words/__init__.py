"""Words with times out of the files of other tools, and out of captions.

`read_words` takes Whisper's JSON (OpenAI's, whisper-timestamped, WhisperX, faster-whisper,
whisper.cpp), Deepgram, AssemblyAI, YouTube's json3 and transcript snippets, a list of
`[text, start_s, end_s]`, CTM, this package's own transcripts and cues, and every caption format
that can be read. Times that are missing or impossible are interpolated and marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.formats import find, format_of
from loquitur.formats import read as read_track
from loquitur.formats.document import Document
from loquitur.formats.sniffing import sniff
from loquitur.formats.words import ctm, json_lists
from loquitur.formats.words.captions import words_of
from loquitur.formats.words.timed import TimedWord, TimedWords

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TimedWord", "TimedWords", "read_words", "words_of"]


def read_words(
    source: Path | Document, *, form: str = "", language: str = "", encoding: str = ""
) -> TimedWords:
    """The words of a file, in the order of their starts.

    Args:
        source: A file, or a document at hand.
        form: Its format where it is captions or `ctm`; empty to find out.
        language: BCP 47 tag; empty for what the file says.
        encoding: How it is encoded; empty to find out.

    Raises:
        InputError: It cannot be read, or no words with times are in it.
        UsageError: There is no such format.
        MissingError: The format needs a package that is not installed.
    """
    document, named = source, form
    if form:
        find(form)
    if not isinstance(document, Document):
        document = Document.load(document, language=language, encoding=encoding)
        named = form or format_of(source)  # type: ignore[arg-type]
    if named in ("", "txt", "json") and not form:
        named = sniff(document.data) or named
    if named == "ctm" or (not named and ctm.is_ctm(document)):
        return ctm.read(document)
    if named == "json":
        found = json_lists.read(document)
        if found is not None:
            return found
    return words_of(read_track(document, form=named))
