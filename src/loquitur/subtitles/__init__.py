"""From a transcript to cues: segmentation and, later, rules, fixes and synchronisation."""
