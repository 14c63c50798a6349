"""How fast we are beside others, as ratios measured side by side: `python -m benchmarks`.

One module a ratio; each has `measure(subject, dtype, rounds) -> list[Ratio]` and is named in
`__main__.RATIOS`.
"""
