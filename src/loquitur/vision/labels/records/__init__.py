"""TFRecord files without TensorFlow: framing and checksums, examples, shards and their indices."""
