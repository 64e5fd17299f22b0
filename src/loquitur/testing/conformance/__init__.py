"""What every engine of a kind must do, as functions that assert. A third party's tests call them.

```python
def test_mine():
    check_engine(Mine, Mine.Options(), resources)
    check_transcriber(Mine(Mine.Options(), resources), language="en")
```

They are written against `loquitur.protocols` only and use sound made by numpy, so they ask how an
engine behaves, not how well it hears.
"""

from __future__ import annotations

from loquitur.testing.conformance.describing import check_describer
from loquitur.testing.conformance.engine import check_engine
from loquitur.testing.conformance.listening import check_audio_encoder
from loquitur.testing.conformance.matching import check_zero_shot
from loquitur.testing.conformance.meanings import check_reranker, check_text_encoder
from loquitur.testing.conformance.opinions import check_sentiment_reader
from loquitur.testing.conformance.sights import check_frame_encoder
from loquitur.testing.conformance.sounds import check_voice_detector
from loquitur.testing.conformance.voices import (
    check_diarizer,
    check_emotion_reader,
    check_voice_encoder,
)
from loquitur.testing.conformance.words import (
    check_aligner,
    check_batches,
    check_long_sound,
    check_transcriber,
)
from loquitur.testing.conformance.writing import (
    check_language_model,
    check_llm,
    check_punctuator,
)

__all__ = [
    "check_aligner",
    "check_audio_encoder",
    "check_batches",
    "check_describer",
    "check_diarizer",
    "check_emotion_reader",
    "check_engine",
    "check_frame_encoder",
    "check_language_model",
    "check_llm",
    "check_long_sound",
    "check_punctuator",
    "check_reranker",
    "check_sentiment_reader",
    "check_text_encoder",
    "check_transcriber",
    "check_voice_detector",
    "check_voice_encoder",
    "check_zero_shot",
]
