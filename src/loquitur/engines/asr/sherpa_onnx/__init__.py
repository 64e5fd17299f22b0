"""Recognition through sherpa-onnx, without torch and without the onnxruntime wheel.

`engine` is the adapter; `recognizers` tells from a folder's files which recognizer they are for.
"""

from loquitur.engines.asr.sherpa_onnx.engine import SherpaAsr, SherpaAsrOptions

__all__ = ["SherpaAsr", "SherpaAsrOptions"]
