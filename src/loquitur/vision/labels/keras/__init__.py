"""The nets of `nets/` in Keras 3: equal in what they say, and trained by the same loop.

Keras takes seconds to load, so everything here is loaded when it is asked for: `backend.load` comes
first. What it loads runs on torch.
"""

from __future__ import annotations

MODEL = "model.keras"
"""The file of a net in Keras's own format."""
