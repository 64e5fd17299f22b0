"""What a label in a file is called, as a number.

Where there is a vocabulary, it says so: a name, a Knowledge Graph id, or the number itself. Where
there is none, labels are numbered as they are met, and `17` is a name like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_LONGEST = 500
"""Signs of a name; what is longer was not meant as one."""
_MOST_NUMBERS = 1 << 20
"""Of labels that nobody names; a vocabulary may have more."""


class Numbering:
    """Labels to numbers.

    Args:
        names: Of a vocabulary, by number; empty to number labels as they are met.
        find: How that vocabulary looks a name up; an `InputError` where it does not know it.
    """

    def __init__(self, names: Sequence[str] = (), find: Callable[[str], int] | None = None) -> None:
        self._find = find
        self._names = list(names)
        self._known_names = frozenset(names)
        self._met: dict[str, int] = {}
        self.known = find is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names, by number."""
        return tuple(self._names)

    def number(self, label: str | int) -> int:
        """The number of a label.

        Raises:
            InputError: The vocabulary has no such label, or it has no name.
        """
        if self._find is not None and not isinstance(label, str):
            return self._checked(label)
        text = " ".join(str(label).split())
        if text in self._met:
            return self._met[text]
        if not text or len(text) > _LONGEST:
            raise InputError(f"'{display(text[:40])}' is no name of a label")
        if self._find is None:
            self._met[text] = len(self._names)
            self._names.append(text)
            return self._met[text]
        if text.isascii() and text.isdigit() and text not in self._known_names:
            found = self._checked(int(text))
        else:
            found = self._find(text)
        self._met[text] = found
        return found

    def columns(self, count: int) -> NDArray[np.int64]:
        """Where labels that are numbers alone stand here.

        Args:
            count: Of them, from 0.

        Returns:
            int64 [count]: the number of each here.

        Raises:
            InputError: Labels have names here and there is no vocabulary, or they are too many.
        """
        if self.known:
            return np.arange(count)
        if not all(name.isascii() and name.isdigit() for name in self._names):
            raise InputError(
                "its labels are numbers, those of other files have names",
                hint="--vocabulary FILE says which number is which",
            )
        if count > _MOST_NUMBERS:
            raise InputError(
                f"label {count - 1:,} of no vocabulary, {_MOST_NUMBERS:,} are the most",
                hint="is it a number of a label?",
            )
        return np.array([self.number(str(at)) for at in range(count)], dtype=np.int64)

    def _checked(self, number: int) -> int:
        if not 0 <= number < len(self._names):
            raise InputError(
                f"label {number}, the vocabulary has {len(self._names)}",
                hint="the labels are of another version of the vocabulary",
            )
        return number
