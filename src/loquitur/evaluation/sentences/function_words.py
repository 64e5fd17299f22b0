"""Words of English that carry little meaning of their own; METEOR weighs them less.

Written for this project after the rule that Denkowski and Lavie (Meteor 1.3, WMT 2011) state, and
not after their list, which is under the LGPL: words that make up about a thousandth of English news
and parliament, from common knowledge of such counts. Articles, prepositions, conjunctions,
pronouns, auxiliary verbs, and the few nouns and adverbs that are as frequent. Whoever wants exactly
the program's figures gives its list (`MeteorOptions.function_words`), or weighs all words alike
(delta 0.5), which is equal to it with any list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.evaluation.reading import open_content

if TYPE_CHECKING:
    from pathlib import Path

_LINES = (
    "a an the",
    "and or but if so that because",
    "of in to for on with at by from as into about after over out up between",
    "i you he she it we they his her its our their my your them him us me",
    "who which this these those what there when where how",
    "is are was were be been has have had do does did",
    "will would can could may should must",
    "not no n't 's",
    "more most than other some any all one two such only also now very just",
    "people time new first said year years",
)
ENGLISH = frozenset(word for line in _LINES for word in line.split())


def read_words(path: Path) -> frozenset[str]:
    """A list of function words, one a line, as METEOR has them in `resources/function/`.

    Raises:
        InputError: It cannot be read, or is no text.
    """
    lines = open_content(path).text.splitlines()
    return frozenset(line.split()[0].lower() for line in lines if line.split())
