"""Small changes laid onto a loaded model for a while, and taken off without a trace.

A LoRA changes weights: the changed ones are put in the place of the originals, which are kept and
put back as they were. A hypernetwork changes inputs: hooks are set, and removed.
"""
