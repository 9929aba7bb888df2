"""From what a machine gave to what happened: which scenarios agree with it, and what to do.

`gather` sorts inputs into facts and events, `evidence` turns lines into constraints, `agree` holds these to every
scenario there is, and `report` writes the sentences. `diagnose` is the door.
"""

from .agree import Agreement, Apart, Examined, Witness
from .diagnosis import Diagnosis, diagnose
from .evidence import Constraint
from .gather import Fact, Incident

__all__ = [
    "Agreement",
    "Apart",
    "Constraint",
    "Diagnosis",
    "Examined",
    "Fact",
    "Incident",
    "Sentence",
    "Witness",
    "diagnose",
]
