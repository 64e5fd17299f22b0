"""Recognition through the onnx-asr library: all its families of models, without torch.

`engine` is the adapter; `families` says which files a kind of model has and tells folders apart;
`sources` knows where models are; `spelling` turns what a decoder says into words.
"""

from loquitur.engines.asr.onnx_asr.engine import OnnxAsr, OnnxAsrOptions

__all__ = ["OnnxAsr", "OnnxAsrOptions"]
