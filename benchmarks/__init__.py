"""How fast we are beside others, as ratios measured side by side: `python -m benchmarks`.

One module a ratio; each has `measure(models, rounds) -> list[Ratio]` and is named in `__main__`.
"""
