"""How the bundled storybook family came to be: scenes, VAE, text tower, noise predictor, reader.

Each part is one command (``python -m training.vae`` and so on) that resumes from
``training/runs/`` and writes into ``models/bundled/storybook/``.
"""
