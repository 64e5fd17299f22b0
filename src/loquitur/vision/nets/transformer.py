"""A small transformer: every frame looks at every frame, every word at the words before it.

Vaswani et al.: Attention Is All You Need, 2017 (arXiv 1706.03762); layers normalise first (Xiong et
al.: On Layer Normalization in the Transformer Architecture, 2020, arXiv 2002.04745), which trains
without a warm-up.

    attend(Q, K, V) = softmax(Q K^T / sqrt(d)) V                     (equation 1; several heads)
    reading, a layer:   x = x + attend(N x, N x, N x);               x = x + F(N x)
    writing, a layer:   y = y + attend(N y, N y, N y), earlier words only
                        y = y + attend(N y, memory, memory);         y = y + F(N y)
    p(w_i | w_<i, f) = softmax(U N y_i)

While it writes, the keys and values of the earlier words are kept, so that a word costs one row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from loquitur.vision.nets.contract import AtOnce, State, drawn, inside, mixed
from loquitur.vision.vocabulary import PAD

if TYPE_CHECKING:
    from loquitur.vision.nets.config import NetConfig

WIDER = 4
"""How much wider the layer between is than the model (the paper: 2048 of 512)."""


class Attention(nn.Module):
    """Attention with several heads."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (hidden // heads) ** -0.5
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, hidden)

    def forward(self, asking: Tensor, keys: Tensor, values: Tensor, allowed: Tensor) -> Tensor:
        """What each asking place [b, q, hidden] gathers.

        Args:
            asking: [b, q, hidden].
            keys: `self.key` of the places asked, [b, k, hidden].
            values: `self.value` of them.
            allowed: bool, [b or 1, 1, q or 1, k]: who may look where.
        """
        queries, keys, values = (
            self._parted(each) for each in (self.query(asking), keys, values)
        )  # [b, heads, places, hidden / heads]
        scores = queries @ keys.transpose(2, 3) * self.scale
        weights = scores.masked_fill(~allowed, -torch.inf).softmax(dim=3)
        gathered = (weights @ values).transpose(1, 2).flatten(2)
        return self.out(gathered)

    def _parted(self, each: Tensor) -> Tensor:
        return each.unflatten(2, (self.heads, -1)).transpose(1, 2)


class ReadingLayer(nn.Module):
    """A layer of the encoder."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.before_look, self.before_widen = (nn.LayerNorm(config.hidden) for _ in range(2))
        self.look = Attention(config.hidden, config.heads)
        self.widen = _widened(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, places: Tensor, allowed: Tensor) -> Tensor:
        """Places [b, t, hidden] after they looked at each other."""
        normal = self.before_look(places)
        seen = self.look(normal, self.look.key(normal), self.look.value(normal), allowed)
        places = places + self.dropout(seen)
        return places + self.dropout(self.widen(self.before_widen(places)))


class WritingLayer(nn.Module):
    """A layer of the decoder."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.before_recall, self.before_look, self.before_widen = (
            nn.LayerNorm(config.hidden) for _ in range(3)
        )
        self.recall = Attention(config.hidden, config.heads)
        self.look = Attention(config.hidden, config.heads)
        self.widen = _widened(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        places: Tensor,
        past: tuple[Tensor, Tensor],
        memory: tuple[Tensor, Tensor],
        earlier: Tensor,
        frames: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """New words, and the keys and values of all words so far.

        Args:
            places: The new words, [b, n, hidden].
            past: Keys and values of the words before them, [b, m, hidden].
            memory: Keys and values of the frames, [b, t, hidden].
            earlier: Which words each new one may recall, bool [1, 1, n, m + n].
            frames: Which frames there are, bool [b, 1, 1, t].
        """
        normal = self.before_recall(places)
        keys = torch.cat([past[0], self.recall.key(normal)], dim=1)
        values = torch.cat([past[1], self.recall.value(normal)], dim=1)
        places = places + self.dropout(self.recall(normal, keys, values, earlier))
        seen = self.look(self.before_look(places), *memory, frames)
        places = places + self.dropout(seen)
        return places + self.dropout(self.widen(self.before_widen(places))), (keys, values)


class TransformerCaptioner(AtOnce):
    """An encoder of frames and a decoder of words, `layers` each."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__(config)
        hidden = config.hidden
        self.embed = nn.Embedding(config.words, hidden, padding_idx=PAD)
        nn.init.normal_(self.embed.weight, std=hidden**-0.5)  # times sqrt(hidden) below: 1
        self.readers = nn.ModuleList(ReadingLayer(config) for _ in range(config.layers))
        self.writers = nn.ModuleList(WritingLayer(config) for _ in range(config.layers))
        self.after_reading = nn.LayerNorm(hidden)
        self.after_writing = nn.LayerNorm(hidden)
        self.say = nn.Linear(hidden, config.words)

    def encode(self, features: Tensor, lengths: Tensor) -> State:
        """Keys and values of the frames for every layer that writes; no words yet."""
        places, lengths = self.seen(features, lengths)
        there = inside(lengths, places)
        places = self.dropout(places + positions(places, 0))
        for layer in self.readers:
            places = layer(places, there[:, None, None, :])
        memory = self.after_reading(places)
        state: State = {"inside": there}
        for at, layer in enumerate(self.writers):
            state[f"memory_key_{at}"] = layer.look.key(memory)
            state[f"memory_value_{at}"] = layer.look.value(memory)
            state[f"past_key_{at}"] = memory[:, :0]
            state[f"past_value_{at}"] = memory[:, :0]
        return state

    def write(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """Words that recall those before them, and see no later one."""
        before = state["past_key_0"].shape[1]
        count = words.shape[1]
        heard = self.embed(words) * math.sqrt(self.config.hidden)
        places = self.dropout(heard + positions(heard, before))
        at_all = torch.arange(before + count, device=words.device)
        earlier = (at_all[None, :] <= at_all[before:, None])[None, None]
        frames = state["inside"][:, None, None, :]
        after = dict(state)
        for at, layer in enumerate(self.writers):
            past = (state[f"past_key_{at}"], state[f"past_value_{at}"])
            memory = (state[f"memory_key_{at}"], state[f"memory_value_{at}"])
            places, kept = layer(places, past, memory, earlier, frames)
            after[f"past_key_{at}"], after[f"past_value_{at}"] = kept
        return self.say(self.after_writing(places)), after

    def teach_sampled(
        self, state: State, words: Tensor, share: float, generator: torch.Generator | None
    ) -> Tensor:
        """Two passes in the place of n steps: the first one's answers are what is mixed in.

        Mihaylova, Martins: Scheduled Sampling for Transformers, 2019 (arXiv 1906.07651).
        """
        with torch.no_grad():
            answers = self.teach(state, words)
        own = drawn(answers[:, :-1].flatten(0, 1), generator).unflatten(0, words[:, 1:].shape)
        later = mixed(words[:, 1:], own, share, generator)
        return self.teach(state, torch.cat([words[:, :1], later], dim=1))


def positions(places: Tensor, first: int) -> Tensor:
    """Sines and cosines [1, n, hidden] that tell places apart (section 3.5), for any number."""
    count, hidden = places.shape[1], places.shape[2]
    at = torch.arange(first, first + count, device=places.device, dtype=torch.float32)
    each = torch.arange(0, hidden, 2, device=places.device, dtype=torch.float32)
    angles = at[:, None] * torch.exp(each * (-math.log(10_000.0) / hidden))[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)[None].to(places.dtype)


def _widened(config: NetConfig) -> nn.Sequential:
    wide = WIDER * config.hidden
    return nn.Sequential(
        nn.Linear(config.hidden, wide),
        nn.ReLU(),
        nn.Dropout(config.dropout),
        nn.Linear(wide, config.hidden),
    )
