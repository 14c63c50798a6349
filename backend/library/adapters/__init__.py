"""Small files that change a model: textual inversions, LoRAs and hypernetworks, as plain values.

They are read here and laid onto a model elsewhere; whether one fits is told by its widths.
"""
