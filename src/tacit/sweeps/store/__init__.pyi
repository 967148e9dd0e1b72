from .audit import Audit as Audit
from .manifest import Axis as Axis, Manifest as Manifest
from .parts import Part as Part
from .progress import Failure as Failure, Status as Status
from .rows import Row as Row, State as State
from .store import Store as Store
