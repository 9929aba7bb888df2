"""What somebody sees: pictures, tables, interactive views and their static twins, each made from a plain dictionary.

A *trace view* or a *record view* is JSON-able; whatever has a `view()` method that gives one is taken as well.
"""
