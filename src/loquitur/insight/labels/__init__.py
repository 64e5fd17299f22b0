"""What videos are about, as a model said: files of labels read, and told in a report."""
