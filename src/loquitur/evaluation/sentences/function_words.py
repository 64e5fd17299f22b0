"""Words of English that carry little meaning of their own; METEOR weighs them less.

Written for this project: articles, prepositions, conjunctions, pronouns, auxiliary verbs, and the
signs that a tokenizer leaves. Denkowski and Lavie (2011) take words by their frequency (above one
in a thousand); METEOR's own list is under the LGPL and is not copied here. Whoever wants exactly
its figures gives that list (`MeteorOptions.function_words`) or weighs all words alike (delta 0.5).
"""

from __future__ import annotations

_LINES = (
    "a an the",
    "and or but",
    "of in to for on with at by from as into about after over out up",
    "i you he she it we they his her its our their him them who which that this these those what",
    "there when where",
    "is are was were be been being am has have had do does did",
    "will would can could may should",
    "not no n't 's",
    "more than other some all one two also if so",
)
ENGLISH = frozenset(word for line in _LINES for word in line.split())
