"""The history: every finished picture with all that made it, in `outputs/atelier.db`."""
