"""A declaration's own functions, asked once for many rows: how that is done, what they see, and of which values.

`ask` explains it and does it; `seen` is the half-read record that a function looks at; `values` are its fields, each
told when it is used and not before.
"""
