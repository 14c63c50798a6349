"""Models from the Hugging Face hub, fetched only when the artist asks for one by name."""
