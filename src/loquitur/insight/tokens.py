"""Words as they are counted: lower case, without marks.

English words are `[a-z0-9']+`, as the reference figures of the course count them. Other scripts
that part words by blanks give runs of letters, marks and digits. Chinese and Japanese have no
blanks: there two neighbouring characters are a token, since a character alone tells little and a
segmenter would bring a dictionary.
"""

from __future__ import annotations

import re
import unicodedata

_ASCII = re.compile(r"[a-z0-9']+")
_ANY = re.compile(
    r"(?P<cjk>[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)"
    r"|(?:(?![\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])[\w'\u0300-\u036f])+"
)


def tokens(text: str) -> list[str]:
    """The tokens of a text, in their order.

    >>> tokens("It's 3 o'clock!"), tokens("東京都 Tower")
    (["it's", '3', "o'clock"], ['東京', '京都', 'tower'])
    """
    lower = text.lower()
    if lower.isascii():
        return _ASCII.findall(lower)
    found: list[str] = []
    for match in _ANY.finditer(unicodedata.normalize("NFC", lower).replace("\u2019", "'")):
        if match["cjk"]:
            run = match["cjk"]
            found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
        else:
            found.append(match[0])
    return found
