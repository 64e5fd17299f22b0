"""The chapter's variant of S2VT: the reader hands its final state to the writer.

The chapter's figure 5.4, which is Sutskever, Vinyals, Le: Sequence to Sequence Learning with Neural
Networks, 2014 (arXiv 1409.3215), with frames to read:

    reading, frame t = 1..T:   (h_t, c_t) = LSTM1(W f_t, (h_{t-1}, c_{t-1}))
    writing, word  i = 1..n:   (s_i, d_i) = LSTM2(E w_{i-1}, (s_{i-1}, d_{i-1})),  (s_0, d_0) = (h_T, c_T)
                               p(w_i | w_<i, f) = softmax(U s_i)

Nothing is padded, and each LSTM runs in one phase only: two thirds of the time of the paper's net.
"""  # noqa: E501

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from loquitur.vision.nets.contract import (
    AtOnce,
    State,
    kept,
    new_lstm,
    read,
    taken,
)
from loquitur.vision.vocabulary import PAD

if TYPE_CHECKING:
    from loquitur.vision.nets.config import NetConfig


class S2vtState(AtOnce):
    """The net whose writer begins with the reader's state."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__(config)
        hidden = config.hidden
        self.embed = nn.Embedding(config.words, config.embedding, padding_idx=PAD)
        self.reader = new_lstm(config.projected, hidden, config.layers)
        self.writer = new_lstm(config.embedding, hidden, config.layers)
        self.say = nn.Linear(hidden, config.words)

    def encode(self, features: Tensor, lengths: Tensor) -> State:
        """The reader's state after each clip's last frame."""
        frames, lengths = self.seen(features, lengths)
        _, state = read(self.reader, self.dropout(frames), lengths)
        return kept(state, "writer")

    def write(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """Words, from the reader's state on."""
        heard = self.dropout(self.embed(words))
        outputs, after = self.writer(heard, taken(state, "writer"))
        return self.say(self.dropout(outputs)), kept(after, "writer")
