"""pyannote's segmentation 3.0 without pyannote, and where it and CAM++ come from.

`graph` writes its weights as an ONNX graph, `segmenter` runs the graph, `origin` brings the weights
of both models into the model cache.
"""
