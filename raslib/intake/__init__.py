"""What bytes does this text or file hold? Any way in which somebody has them: binary, hex, a dump, a kernel log.

`read` gives the bytes and their kind. Knows formats and records alone. `linux` has the words of Linux's printer, which
`views.kernel_log` writes by.
"""

from ..formats.kinds import KINDS
from .found import OBSERVATIONS, Found, Observation
from .kinds import kind_of
from .reading import read, read_all, stream

__all__ = ["KINDS", "OBSERVATIONS", "Found", "Observation", "kind_of", "read", "read_all", "stream"]
