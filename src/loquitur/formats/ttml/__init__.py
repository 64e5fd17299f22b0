"""TTML and IMSC text (W3C, "Timed Text Markup Language 2", "IMSC Text Profile"), read and written.

Read: `p`, `span`, `br`, times in all their forms, sequences and parallels, white space, styles by
reference and by inheritance, ruby, regions as places, agents as voices. A paragraph is a cue; one
whose spans have times of their own is a cue for each state that it is shown in. The head is kept as
it stood. Not drawn from it: fonts, sizes, backgrounds, images, animation other than `display`.
"""

from loquitur.formats.ttml.reader import read
from loquitur.formats.ttml.writer import write

__all__ = ["read", "write"]
