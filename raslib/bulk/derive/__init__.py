"""From a declaration to nodes that read its fields by columns, many records at once.

`plan` makes them of a record class; the other modules have one kind of node each. `nodes` says what every node can do,
and has that of plain bytes; `runs` are fixed fields; `shapes` hold other nodes; `choices` are what may be absent or is
one of several; `lists` repeat; `special` is what a format made for itself.
"""
