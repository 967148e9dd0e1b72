from .manifest import Axis as Axis, Manifest as Manifest
from .rows import Row as Row, State as State
from .store import Store as Store
