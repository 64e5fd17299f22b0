"""Reading media: probing, decoding to 16 kHz mono, fetching."""
