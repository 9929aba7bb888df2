"""From what a machine gave to what happened: which scenarios agree with it, and what to do.

`gather` sorts inputs into facts and events, `evidence` turns lines into constraints, `agree` holds these to every
scenario there is, and `report` writes the sentences. `diagnose` is the door.
"""

from .diagnosis import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
