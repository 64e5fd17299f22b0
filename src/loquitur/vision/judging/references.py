"""The corpus against which sentences are held."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.evaluation.sentences.files import read_sentences
from loquitur.vision.clips import Clip, Corpus, Sentence
from loquitur.vision.corpora import read
from loquitur.vision.corpora.own import placed

if TYPE_CHECKING:
    from pathlib import Path


def read_corpus(path: Path) -> Corpus:
    """A corpus in any form that `corpora.read` knows, or of bare references (COCO's, a mapping).

    Paths of pictures go on from the folder of the file.

    Raises:
        InputError: It is neither.
    """
    try:
        return read(path, language="all")
    except InputError as error:
        if not path.is_file():
            raise
        try:
            file = read_sentences(path, role="references")
        except InputError:
            raise error from None
    clips = tuple(
        Clip(
            clip_id=clip,
            video_id=clip,
            source=placed(file.sources.get(clip, ""), path.parent),
            split=file.splits.get(clip, ""),
            sentences=tuple(Sentence(text=text) for text in texts),
        )
        for clip, texts in file.sentences.items()
    )
    return Corpus(name=path.stem, clips=clips)


def language_of(corpus: Corpus) -> str:
    """The language that most sentences tell; English where none does."""
    told = Counter(one.language for clip in corpus.clips for one in clip.sentences if one.language)
    return told.most_common(1)[0][0] if told else "en"
