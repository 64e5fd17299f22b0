"""One page of all that is known of a video or a collection: inputs recognised and analysed."""
