"""The requirement's four nets in Keras 3, equal to those of `nets/`, and trained by the same loop.

Keras takes seconds to load, so everything here is loaded when it is asked for: `backend.load` comes
first. What it loads runs on torch.
"""

from __future__ import annotations

KERAS_NETS = ("logistic", "moe", "mlp", "lstm", "gru", "stream", "joined")
"""Names of `nets.LABEL_NETS` that there are in Keras too."""
KERAS_ENCODERS = ("mean", "mlp", "lstm", "gru", "joined")
"""Names of `nets.ENCODERS` that there are in Keras too."""
MODEL = "model.keras"
"""The file of a net in Keras's own format."""
