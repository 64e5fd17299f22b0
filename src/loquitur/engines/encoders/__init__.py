"""What the kinds `embedding` and `reranking` share.

`texts` is for all their engines. The others are for transformers that read a text whole (BERT and
its kin) in ONNX Runtime, without torch: `graph` writes the network of published weights, `folder`
says what of a model's folder decides a result, `reader` runs it.
"""
