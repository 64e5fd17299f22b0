"""What describers share: checkpoints asked for sentences, what they are asked, one of several."""
