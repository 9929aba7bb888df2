"""From what a machine gave to what happened: which scenarios agree with it, and what to do.

`gather` sorts inputs into facts and events, `evidence` turns lines into constraints, `agree` holds these to every
scenario there is, and `report` writes the sentences. `diagnose` is the door.
"""

from .advice import Sentence
from .agree import Agreement, Apart, Case, Witness
from .diagnosis import Diagnosis, diagnose
from .evidence import Constraint
from .gather import Event, Fact

__all__ = ["Agreement", "Apart", "Case", "Constraint", "Diagnosis", "Event", "Fact", "Sentence", "Witness", "diagnose"]
