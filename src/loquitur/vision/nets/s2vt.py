"""S2VT as in the paper: two LSTMs, one above the other, that read the frames and then write.

Venugopalan, Rohrbach, Donahue, Mooney, Darrell, Saenko: Sequence to Sequence - Video to Text, 2015
(arXiv 1505.00487), section 3.2; the chapter's figure 5.3.

    reading, frame t = 1..T:   h1_t = LSTM1(W f_t)           h2_t = LSTM2([h1_t; 0])
    writing, word  i = 1..n:   h1_i = LSTM1(0)               h2_i = LSTM2([h1_i; E w_{i-1}])
                               p(w_i | w_<i, f) = softmax(U h2_i)

The paper's sizes: h of 1000 numbers, W f and E w of 500 (`projection`, `embedding`).
Both LSTMs keep their weights and go on with their states from one phase to the other; zeros pad
what is absent: the words while reading, the frames while writing. Only writing is scored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
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


class S2vt(AtOnce):
    """The paper's net."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__(config)
        hidden = config.hidden
        self.embed = nn.Embedding(config.words, config.embedding, padding_idx=PAD)
        self.first = new_lstm(config.projected, hidden, config.layers)
        self.second = new_lstm(hidden + config.embedding, hidden, config.layers)
        self.say = nn.Linear(hidden, config.words)

    def encode(self, features: Tensor, lengths: Tensor) -> State:
        """The first phase: frames, and no words."""
        frames, lengths = self.seen(features, lengths)
        seen, first = read(self.first, self.dropout(frames), lengths)
        no_words = seen.new_zeros(seen.shape[0], seen.shape[1], self.config.embedding)
        _, second = read(self.second, torch.cat([seen, no_words], dim=2), lengths)
        return kept(first, "first") | kept(second, "second")

    def write(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """The second phase: words, and no frames."""
        heard = self.dropout(self.embed(words))
        no_frames = heard.new_zeros(heard.shape[0], heard.shape[1], self.config.projected)
        below, first = self.first(no_frames, taken(state, "first"))
        above, second = self.second(torch.cat([below, heard], dim=2), taken(state, "second"))
        return self.say(self.dropout(above)), kept(first, "first") | kept(second, "second")
