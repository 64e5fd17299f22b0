"""Answers of a language model, made of passages alone and checked sentence by sentence.

```python
writer = open_writer("openai-compatible:llama3.3", resources)
reply = compose(question, candidates, writer, index=index, told=print)
```
"""

from __future__ import annotations

from loquitur.library.answers.composing import AnswerOptions, Said, compose
from loquitur.library.answers.rewriting import Rewritten, rewrite
from loquitur.library.answers.spending import Ceiling, Purse
from loquitur.library.answers.writers import Writer, open_writer

__all__ = [
    "AnswerOptions",
    "Ceiling",
    "Purse",
    "Rewritten",
    "Said",
    "Writer",
    "compose",
    "open_writer",
    "rewrite",
]
