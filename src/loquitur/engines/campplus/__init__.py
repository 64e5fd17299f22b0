"""The CAM++ speaker encoder, for the engines of several kinds that listen with it.

`graph` writes its weights as an ONNX graph, `encoder` runs the graph.
"""
