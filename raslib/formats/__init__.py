"""What the documents say, a module per part of a document, tables only.

Every module here names the document that it transcribes. Nothing here decides anything.
"""
