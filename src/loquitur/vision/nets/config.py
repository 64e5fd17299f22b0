"""What a net is: its architecture and its sizes, as plain numbers; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.vision.nets import NETS

_MOST = {
    "dimension": 1 << 20,
    "words": 1 << 21,
    "hidden": 1 << 16,
    "embedding": 1 << 16,
    "projection": 1 << 16,
    "things": 1 << 10,
    "layers": 64,
    "heads": 1 << 10,
    "most_frames": 100_000,
    "most_words": 1000,
}
"""Far more than any captioner has: a card that was tampered with shall not keep a machine busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetConfig:
    """The sizes of a captioner; the defaults are those of the chapter's S2VT.

    Args:
        architecture: A name of `NETS`.
        dimension: Numbers of a frame's feature vector.
        words: The size of the vocabulary, its four special words counted.
        hidden: Numbers of a hidden state (of the transformer: of every position).
        embedding: Numbers of a word's vector; the transformer's words have `hidden`.
        projection: Numbers that a frame's vector is brought to before an LSTM reads it; 0: as many
            as `hidden` (the chapter's). The paper brings frames and words alike to 500.
        things: A frame's vector is so many vectors of one length side by side, one of each thing
            that is followed (the encoder `things`); a net then reads thing after thing, each
            through all frames. 1: the vector is one.
        layers: Layers of each LSTM, or of the transformer's encoder and of its decoder.
        heads: Heads of each attention of the transformer.
        dropout: The share of numbers that training sets to zero, behind the frames' projection, the
            words' vectors and the last hidden state.
        most_frames: Frames that a clip is sampled to; nets read any number.
        most_words: Words of a sentence at most.

    Raises:
        ValueError: No such net can be built.
    """

    architecture: str
    dimension: int
    words: int
    hidden: int = 512
    embedding: int = 512
    projection: int = 0
    things: int = 1
    layers: int = 1
    heads: int = 4
    dropout: float = 0.0
    most_frames: int = 80
    most_words: int = 20

    def __post_init__(self) -> None:
        if self.architecture not in NETS:
            raise ValueError(f"no net is called {self.architecture!r}; known: {', '.join(NETS)}")
        for name, most in _MOST.items():
            least = 0 if name == "projection" else 1
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {least} or more, not {getattr(self, name)}")
            if getattr(self, name) > most:
                raise ValueError(f"{name} is {most} at most, not {getattr(self, name)}")
        if self.projection and self.architecture == "transformer":
            raise ValueError("of the projection of frames: a transformer's is its hidden size")
        if self.dimension % self.things:
            raise ValueError(f"{self.dimension} numbers a frame are not of {self.things} things")
        if self.words < 5:
            raise ValueError("a vocabulary has its four special words and one more at least")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is 0 or more and below 1, not {self.dropout}")
        if self.architecture == "transformer" and self.hidden % (2 * self.heads):
            raise ValueError(
                f"a transformer's hidden size is a multiple of twice its heads, not {self.hidden}"
                f" with {self.heads} heads"
            )

    @property
    def projected(self) -> int:
        """Numbers of a frame as a net reads it."""
        return self.projection or self.hidden
