"""Files: which models there are, what each one is, and how its weights come into memory."""
