"""What artists write in a prompt besides words, by A1111's rules; plain text in, plain values out.

In the order in which it is read: tags name adapters and are taken out (`tags`), what changes while
the picture is painted becomes a text for each stretch of steps (`schedule`), and brackets become
weights (`weights`). Nothing here recurses, and all of it takes time in proportion to the text.
"""
