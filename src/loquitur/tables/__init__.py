"""Tables as files: columns with types, rows written as they come, read back as they were."""
