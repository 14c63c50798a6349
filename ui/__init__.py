"""What the artist sees: the page and the routes that feed it. The only place with gradio."""
