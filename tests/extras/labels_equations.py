"""The nets that label, again: in numpy and float64, video by video, from the published equations.

Written from the papers, not from the nets; only weights go by the nets' names. Departures from the
papers are those that docs/label-nets.md names.
"""

from __future__ import annotations

import numpy as np
from numpy.linalg import norm

EPS = 1e-5


def labelled(net, streams, lengths):
    """Answers by name for every video: `streams` and `lengths` as `LabelNet.forward` reads them."""
    w = {name: value.double().numpy() for name, value in net.state_dict().items()}
    parts = [net.encoder] if net.config.is_abreast else net.encoders.values()
    widths = [one.width for one in parts]
    videos = []
    for video in range(len(next(iter(lengths.values())))):
        rows = [rows_of(one, streams, lengths, video) for one in net.config.inputs]
        videos.append(_video(net.config, w, rows, widths))
    return {name: np.stack([each[name] for each in videos]) for name in videos[0]}


def rows_of(one, streams, lengths, video):
    """Rows [t, d] of a video; google/youtube-8m, utils.Dequantize: q * scalar + bias."""
    rows = streams[one.name][video].numpy()[: int(lengths[one.name][video])].astype(np.float64)
    if not one.quantised:
        return rows
    span = one.high - one.low
    return rows * (span / 255) + (span / 512 + one.low)


def _video(config, w, rows, widths):
    """An absent stream's vector is zeros."""
    if config.is_abreast:
        moments = max(map(len, rows))
        rows = [np.concatenate([_stretched(each, moments) for each in rows], axis=1)]
        encode = [lambda each: recurrent(each, w, "encoder.", config, config.architecture)]
    else:
        encode = [
            lambda each, one=one: encoded(each, w, f"encoders.{one.name}.", config, one)
            for one in config.inputs
        ]
    there = np.array([len(each) > 0 for each in rows])
    vectors = [
        run(each) if len(each) else np.zeros(width)
        for run, each, width in zip(encode, rows, widths, strict=True)
    ]
    if config.fusion != "late":
        return _said(*tail(vectors, there, w, "tail." if config.is_abreast else "tails.0.", config))
    said = [
        tail([each], there[at : at + 1], w, f"tails.{at}.", config)
        for at, each in enumerate(vectors)
    ]
    heard = np.flatnonzero(there) if there.any() else np.arange(len(there))
    shares = softmax(w["shares"][heard])
    logits, genres = (sum(shares[i] * said[at][n] for i, at in enumerate(heard)) for n in (0, 1))
    found = _said(logits, genres)
    for at, one in enumerate(config.inputs):
        found[f"branch_logits/{one.name}"] = said[at][0]
    return found


def _said(logits, genres):
    return {"logits": logits, "vertical_logits": genres}


def _stretched(rows, moments):
    """Of each moment the row whose span of the video holds the moment's middle."""
    if not len(rows):
        return np.zeros((moments, rows.shape[1]))
    return np.stack([rows[int((i + 0.5) * len(rows) / moments + 1e-9)] for i in range(moments)])


def encoded(rows, w, p, config, one):
    """One vector of the rows [t, d] of one stream."""
    name = config.encoder_of(one)
    if name == "mean":
        return rows.mean(0)
    if name == "mlp":
        return dense(rows.mean(0), w, p, config.layers)
    if name == "dbof":  # arXiv 1609.08675, 3.3.2: max over frames of relu(norm(W x))
        return np.maximum(batch_norm(rows @ w[p + "votes.weight"].T, w, p + "norm."), 0).max(0)
    if name == "netvlad":
        return netvlad(rows, w, p)
    if name == "nextvlad":
        return nextvlad(rows, w, p, config.groups_of(one))
    if name in ("lstm", "gru"):
        return recurrent(rows, w, p, config, name)
    assert name == "joined"
    both = dense(rows.mean(0), w, p + "dense.", config.layers)
    return np.concatenate([both, recurrent(rows, w, p + "recurrent.", config, config.cell)])


def dense(vector, w, p, layers):
    for at in range(layers):
        vector = affine(vector, w, f"{p}layers.{at}.")
        vector = np.maximum(layer_norm(vector, w, f"{p}norms.{at}."), 0)
    return vector


def netvlad(rows, w, p):
    """arXiv 1511.07247, equation 4, loop for loop; 1706.06905: normalised scores in a softmax."""
    scores = batch_norm(rows @ w[p + "assign.weight"].T, w, p + "norm.")
    centres = w[p + "centres"]
    found = np.zeros_like(centres)
    for x, each in zip(rows, scores, strict=True):
        for k, share in enumerate(softmax(each)):
            found[k] += share * (x - centres[k])
    found /= norm(found, axis=1, keepdims=True)
    return found.ravel() / norm(found)


def nextvlad(rows, w, p, groups):
    """arXiv 1811.05014, equations 4 to 9, loop for loop; b_gk as linrongc/youtube-8m has it."""
    centres = w[p + "centres"]
    clusters, part = centres.shape
    found = np.zeros_like(centres)
    for x in rows:
        wide = affine(x, w, p + "widen.")
        attention = 1 / (1 + np.exp(-affine(wide, w, p + "attend.")))
        scores = batch_norm(w[p + "assign.weight"] @ wide, w, p + "norm.")
        for g in range(groups):
            shares = softmax(scores[g * clusters : (g + 1) * clusters])
            own = wide[g * part : (g + 1) * part]
            for k in range(clusters):
                found[k] += attention[g] * shares[k] * (own - centres[k])
    found /= norm(found, axis=1, keepdims=True)
    return layer_norm(found.ravel(), w, p + "after.")


def recurrent(rows, w, p, config, cell):
    """The last states beside the mean of all outputs, residual sums from the second layer on."""
    size, ways = config.cell_size, ["", "_reverse"][: 1 + config.bidirectional]
    for at in range(config.layers):
        said = []
        for way in ways:
            run = lstm if cell == "lstm" else gru
            turn = slice(None, None, -1 if way else 1)
            said.append(run(rows[turn], w, f"{p}layers.{at}.", way)[turn])
        outputs = np.concatenate(said, axis=1)
        rows = outputs + rows if rows.shape[1] == outputs.shape[1] else outputs
    last = [rows[-1, :size], rows[0, size:]]
    return np.concatenate([*last, rows.mean(0)])


def lstm(rows, w, p, way):
    """Hochreiter, Schmidhuber with forget gates (Gers et al., 2000); gates i, f, g, o."""
    h = c = np.zeros(w[f"{p}weight_hh_l0{way}"].shape[1])
    said = []
    for x in rows:
        i, f, g, o = np.split(_gates(x, h, w, p, way).sum(0), 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        said.append(h)
    return np.stack(said)


def gru(rows, w, p, way):
    """Cho et al., 2014, with the reset after the product (v3); gates r, z, n."""
    h = np.zeros(w[f"{p}weight_hh_l0{way}"].shape[1])
    said = []
    for x in rows:
        (xr, xz, xn), (hr, hz, hn) = (np.split(each, 3) for each in _gates(x, h, w, p, way))
        z = sigmoid(xz + hz)
        h = (1 - z) * np.tanh(xn + sigmoid(xr + hr) * hn) + z * h
        said.append(h)
    return np.stack(said)


def _gates(x, h, w, p, way):
    return np.stack([
        w[f"{p}weight_{kind}_l0{way}"] @ each + w[f"{p}bias_{kind}_l0{way}"]
        for kind, each in (("ih", x), ("hh", h))
    ])  # fmt: skip


def tail(vectors, there, w, p, config):
    """What is joined, gated and scored."""
    joined = _joined(vectors, there, w, p, config)
    if config.gating:
        seen = joined
        if config.gate_reduction > 1:
            seen = layer_norm(affine(joined, w, p + "gate.squeeze."), w, p + "gate.norm.")
            seen = np.maximum(seen, 0)
        joined = joined * sigmoid(affine(seen, w, p + "gate.excite."))  # 1706.06905, equation 1
    if not there.any():
        joined = np.zeros_like(joined)
    return head(joined, w, p + "head.", config), affine(joined, w, p + "verticals.")


def _joined(vectors, there, w, p, config):
    if config.fusion == "gated":  # arXiv 1702.01992, for any number of streams
        brought = [
            np.tanh(affine(each, w, f"{p}joiner.bring.{at}.")) * there[at]
            for at, each in enumerate(vectors)
        ]
        scores = affine(np.concatenate(brought), w, p + "joiner.weigh.").reshape(len(there), -1)
        if not there.any():
            return np.zeros(config.hidden)
        return (softmax(scores[there]) * np.stack(brought)[there]).sum(0)
    beside = np.concatenate(vectors)
    if config.is_flat:
        return beside
    found = affine(beside, w, p + "joiner.join.")
    if len(vectors) > 1:
        found = found + w[p + "joiner.absent"][~there].sum(0)
    return np.maximum(layer_norm(found, w, p + "joiner.norm."), 0)


def head(vector, w, p, config):
    """Log odds: linear ones, or of p = sum_k g_k sigmoid(w_k x + b_k) (1609.08675, 3.2.2)."""
    if not config.mixtures:
        return affine(vector, w, p)
    experts = sigmoid(affine(vector, w, p + "experts.").reshape(-1, config.mixtures))
    gates = (w[p + "gates.weight"] @ vector).reshape(-1, config.mixtures + 1)
    shares = np.stack([softmax(each) for each in gates])
    yes = (shares[:, :-1] * experts).sum(1)
    return np.log(yes) - np.log1p(-yes)


def affine(x, w, p):
    return w[p + "weight"] @ x + w[p + "bias"]


def layer_norm(x, w, p):
    return (x - x.mean()) / np.sqrt(x.var() + EPS) * w[p + "weight"] + w[p + "bias"]


def batch_norm(x, w, p):
    """With the figures that were seen in training."""
    return (x - w[p + "mean"]) / np.sqrt(w[p + "variance"] + EPS) * w[p + "weight"] + w[p + "bias"]


def softmax(x):
    e = np.exp(x - x.max(0))
    return e / e.sum(0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
