"""S2VT with soft attention: before each word the writer looks back at the frames.

Bahdanau, Cho, Bengio: Neural Machine Translation by Jointly Learning to Align and Translate, 2015
(arXiv 1409.0473), equations 5 and 6; over frames as in Yao et al.: Describing Videos by Exploiting
Temporal Structure, 2015 (arXiv 1502.08029).

    reading:                   (h_t, c_t) = LSTM1(W f_t, (h_{t-1}, c_{t-1})),    t = 1..T
    writing, word i:           e_it = v . tanh(A s_{i-1} + B h_t)
                               a_it = softmax over t of e_it
                               z_i  = sum over t of a_it h_t
                               (s_i, d_i) = LSTM2([E w_{i-1}; z_i], (s_{i-1}, d_{i-1}))
                               p(w_i | w_<i, f) = softmax(U s_i),       (s_0, d_0) = (h_T, c_T)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from loquitur.vision.nets.contract import (
    Captioner,
    State,
    inside,
    kept,
    new_lstm,
    read,
    taken,
)
from loquitur.vision.vocabulary import PAD

if TYPE_CHECKING:
    from loquitur.vision.nets.config import NetConfig


class S2vtAttention(Captioner):
    """The net that looks back at the frames."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__(config)
        hidden = config.hidden
        self.embed = nn.Embedding(config.words, config.embedding, padding_idx=PAD)
        self.reader = new_lstm(config.projected, hidden, config.layers)
        self.writer = new_lstm(config.embedding + hidden, hidden, config.layers)
        self.ask = nn.Linear(hidden, hidden, bias=False)
        self.offer = nn.Linear(hidden, hidden)
        self.agree = nn.Linear(hidden, 1, bias=False)
        self.say = nn.Linear(hidden, config.words)

    def encode(self, features: Tensor, lengths: Tensor) -> State:
        """The reader's states at all frames, what each offers to attention, and the last one."""
        frames, lengths = self.seen(features, lengths)
        memory, state = read(self.reader, self.dropout(frames), lengths)
        return kept(state, "writer") | {
            "memory": memory,
            "offers": self.offer(memory),
            "inside": inside(lengths, frames),
        }

    def look(self, state: State) -> tuple[Tensor, Tensor]:
        """What the writer sees [b, hidden], and its weights over the frames [b, t]."""
        asked = self.ask(state["h_writer"][:, -1])[:, None, :]
        energies = self.agree(torch.tanh(asked + state["offers"]))[:, :, 0]
        weights = energies.masked_fill(~state["inside"], -torch.inf).softmax(dim=1)
        return torch.einsum("bt,bth->bh", weights, state["memory"]), weights

    def step(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """Look, then write one word."""
        seen, _ = self.look(state)
        heard = torch.cat([self.dropout(self.embed(words)), seen], dim=1)
        outputs, after = self.writer(heard[:, None], taken(state, "writer"))
        return self.say(self.dropout(outputs[:, 0])), state | kept(after, "writer")
