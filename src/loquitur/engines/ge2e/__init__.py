"""The GE2E speaker encoder, for the engines of several kinds that listen with it.

`graph` brings the weights into the model cache and writes them as an ONNX graph, `encoder` runs the
graph. No engine stands here: engines do not lean on one another.
"""
