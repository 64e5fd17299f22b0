"""Advanced SubStation Alpha (`.ass`) and SubStation Alpha (`.ssa`), read and written whole.

Not through a library: what a file says beside its text (script info, styles, fonts, comments,
unknown sections) must come back, damage must be told by its line, and no file may raise.
"""

from loquitur.formats.ass.reader import read
from loquitur.formats.ass.writer import write, write_ssa

__all__ = ["read", "write", "write_ssa"]
