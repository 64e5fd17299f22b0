"""What every captioner offers: frames in, one word after another out.

All tensors have the batch first, so that a state's rows can be chosen, repeated and dropped (which
is all that a search needs). What lies behind a clip's last frame, or behind a sentence's last word,
never changes a result.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from loquitur.vision.decoding.allowed import NEVER
from loquitur.vision.nets import NETS
from loquitur.vision.nets.config import NetConfig
from loquitur.vision.nets.tracing import traced
from loquitur.vision.vocabulary import BOS, PAD

State = dict[str, Tensor]
"""What a net remembers between two words: named tensors, each [b, ...]."""

__all__ = ["AtOnce", "Captioner", "NetConfig", "State", "build", "shifted"]


class Captioner(nn.Module, ABC):
    """A net that reads the features of a clip's frames and writes a sentence.

    Args:
        config: Its sizes.
    """

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        if config.things > 1:
            self.whose = nn.Embedding(config.things, config.projected)
            # small: a net that can tell things by their number learns to, and not by what they are
            nn.init.normal_(self.whose.weight, std=0.02)
        self.dropout = nn.Dropout(config.dropout)
        self.project = nn.Linear(config.dimension // config.things, config.projected)

    @abstractmethod
    def encode(self, features: Tensor, lengths: Tensor) -> State:
        """Read clips.

        Args:
            features: float [b, t, d], normalised as in training.
            lengths: int64 [b]: how many frames each clip has, at least one. They may stay on the
                processor whatever the device: there a batch waits for nothing.

        Returns:
            What `step` begins with.
        """

    def seen(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features as the net reads them, `W f` in the equations, and how many there are of each.

        Of several things a frame each is a place of its own: all frames of the first thing, then
        all of the second. Side by side in one vector, the colour of one and the figure of another
        are told apart by nothing but weights, for every pair that can be; places that attention
        looks at one by one keep together what belongs together.
        """
        if self.config.things == 1:
            return self.project(features), lengths
        apart, whose, lengths = in_turn(features, lengths, self.config.things)
        return self.project(apart) + self.whose(whose), lengths

    @abstractmethod
    def step(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """Hear the word that was just written (first `<bos>`), and say which comes next.

        Args:
            words: int64 [b].
            state: Of `encode`, or of the step before.

        Returns:
            Logits [b, v] of the next word, and the state after it.
        """

    def teach(self, state: State, words: Tensor) -> Tensor:
        """Logits [b, n, v] after each of the words [b, n], all of them given."""
        logits = []
        for at in range(words.shape[1]):
            after, state = self.step(words[:, at], state)
            logits.append(after)
        return torch.stack(logits, dim=1)

    def forward(
        self,
        features: Tensor,
        lengths: Tensor,
        words: Tensor,
        *,
        sampling: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Train: what the net would say after each word of the right sentence.

        Args:
            features: As for `encode`.
            lengths: As for `encode`.
            words: int64 [b, n]: `<bos>`, then the sentence without its `<eos>` (see `shifted`).
            sampling: Scheduled sampling (Bengio et al., 2015, arXiv 1506.03099): the probability
                that the net hears a word drawn from its own answer in the place of the right one.
            generator: Whose chance that is; torch's own where None.

        Returns:
            Logits [b, n, v]; the i-th are of the word that follows the i-th of `words`.
        """
        state = self.encode(features, lengths)
        if sampling <= 0:
            return self.teach(state, words)
        return self.teach_sampled(state, words, sampling, generator)

    def teach_sampled(
        self, state: State, words: Tensor, share: float, generator: torch.Generator | None
    ) -> Tensor:
        """As `teach`, but of the words after the first, a share are the net's own."""
        logits: list[Tensor] = []
        heard = words[:, 0]
        for at in range(words.shape[1]):
            if at > 0:
                own = drawn(logits[-1], generator)
                heard = mixed(words[:, at], own, share, generator)
            after, state = self.step(heard, state)
            logits.append(after)
        return torch.stack(logits, dim=1)


class AtOnce(Captioner):
    """A net that is through a known sentence in one run; a word alone is a sentence of one."""

    @abstractmethod
    def write(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """Hear words [b, n]; logits [b, n, v] after each of them, and the state after the last."""

    def step(self, words: Tensor, state: State) -> tuple[Tensor, State]:
        """One word."""
        logits, state = self.write(words[:, None], state)
        return logits[:, 0], state

    def teach(self, state: State, words: Tensor) -> Tensor:
        """All words in one run."""
        logits, _ = self.write(words, state)
        return logits


def shifted(targets: Tensor) -> Tensor:
    """What a net hears while it learns to say `targets` [b, n]: `<bos>`, then all but the last."""
    first = torch.full_like(targets[:, :1], BOS)
    return torch.cat([first, targets[:, :-1]], dim=1)


def drawn(logits: Tensor, generator: torch.Generator | None) -> Tensor:
    """One word [b] of each row of logits [b, v], drawn by its probability."""
    said = logits.detach().float().clone()  # what is returned for the loss stays as it is
    said[:, NEVER] = -torch.inf
    return torch.multinomial(said.softmax(dim=-1), 1, generator=generator)[:, 0]


def mixed(right: Tensor, own: Tensor, share: float, generator: torch.Generator | None) -> Tensor:
    """The net's own words in the place of a share of the right ones, never of padding."""
    chance = torch.rand(right.shape, generator=generator, device=right.device)
    return torch.where((chance < share) & (right != PAD), own, right)


def read(
    net: nn.LSTM | nn.GRU, inputs: Tensor, lengths: Tensor
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run a recurrent net over sequences of differing lengths.

    Args:
        net: With the batch first; of one direction or both.
        inputs: [b, t, width].
        lengths: int64 [b], at least one each.

    Returns:
        Its outputs [b, t, hidden x directions], zeros behind each end; and (h, c), of a GRU (h,),
        [layers x directions, b, hidden] as they stood at each one's last element.
    """
    if torch.jit.is_tracing():
        return traced(net, inputs, lengths)
    if (lengths == inputs.shape[1]).all():  # nothing needs to be packed
        outputs, state = net(inputs)
        return outputs, state if isinstance(state, tuple) else (state,)
    # what `enforce_sorted=False` does, but nobody waits for the card
    ordered, order = lengths.cpu().sort(descending=True)
    there, back = (brought(one, inputs.device) for one in (order, order.argsort()))
    packed = pack_padded_sequence(inputs.index_select(0, there), ordered, batch_first=True)
    outputs, state = net(packed)
    outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
    states = state if isinstance(state, tuple) else (state,)
    return outputs.index_select(0, back), tuple(one.index_select(1, back) for one in states)


def brought(few: Tensor, device: torch.device) -> Tensor:
    """Some numbers on a device; those that are on the processor arrive there in their turn."""
    if few.device == device or device.type != "cuda" or few.device.type != "cpu":
        return few.to(device)
    return few.pin_memory().to(device, non_blocking=True)  # otherwise: once all before is done


def in_turn(features: Tensor, lengths: Tensor, things: int) -> tuple[Tensor, Tensor, Tensor]:
    """Things one after another in the place of side by side.

    Args:
        features: [b, t, things * d].
        lengths: int64 [b]: frames of each clip.
        things: How many there are in a vector.

    Returns:
        Vectors [b, things * t, d]: of each clip the first thing's frames, then the second's, with
        nothing between them; which thing each is of, int64 [b, things * t]; and how many there are
        of each clip, int64 [b].
    """
    clips, frames, width = features.shape[0], features.shape[1], features.shape[2] // things
    apart = features.unflatten(2, (things, width)).transpose(1, 2).flatten(1, 2)
    at = torch.arange(things * frames, device=features.device)[None, :]
    many = brought(lengths, features.device)[:, None]
    whose = (at // many).clamp(max=things - 1)
    places = whose * frames + at % many
    moved = apart.gather(1, places[:, :, None].expand(clips, things * frames, width))
    return moved, whose, lengths * things


def inside(lengths: Tensor, features: Tensor) -> Tensor:
    """Which places [b, t] of padded features [b, t, d] are frames."""
    places = torch.arange(features.shape[1], device=features.device)
    return places[None, :] < brought(lengths, features.device)[:, None]


def new_lstm(width: int, hidden: int, layers: int, *, bidirectional: bool = False) -> nn.LSTM:
    """An LSTM whose forget gates begin open, as the chapter's do (`BasicLSTMCell`, bias 1).

    Jozefowicz, Zaremba, Sutskever: An Empirical Exploration of Recurrent Network Architectures,
    2015. torch adds two biases and orders the gates input, forget, cell, output.
    """
    lstm = nn.LSTM(width, hidden, layers, batch_first=True, bidirectional=bidirectional)
    with torch.no_grad():
        for layer in range(layers):
            for way in ("", "_reverse")[: 1 + bidirectional]:
                getattr(lstm, f"bias_ih_l{layer}{way}")[hidden : 2 * hidden] = 1.0
                getattr(lstm, f"bias_hh_l{layer}{way}")[hidden : 2 * hidden] = 0.0
    return lstm


def kept(state: tuple[Tensor, ...], name: str) -> State:
    """An LSTM's (h, c) [layers, b, hidden] as entries of a state, the batch first."""
    h, c = state
    return {f"h_{name}": h.transpose(0, 1), f"c_{name}": c.transpose(0, 1)}


def taken(state: State, name: str) -> tuple[Tensor, Tensor]:
    """The (h, c) that `kept` put there."""
    return (
        state[f"h_{name}"].transpose(0, 1).contiguous(),
        state[f"c_{name}"].transpose(0, 1).contiguous(),
    )


def build(config: NetConfig) -> Captioner:
    """A captioner with new weights, drawn from torch's generator.

    Args:
        config: Which, and how large.
    """
    module, _, name = NETS[config.architecture].partition(":")
    kind: Any = getattr(importlib.import_module(module), name)
    return cast("Captioner", kind(config))
