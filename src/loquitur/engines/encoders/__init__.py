"""Transformers that read a text whole (BERT and its kin) in ONNX Runtime, without torch.

The kinds `embedding` and `reranking` share this room: `graph` writes the network of published
weights, `folder` says what of a model's folder decides a result, `reader` runs it.
"""
