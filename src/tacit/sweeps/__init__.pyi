from .grid import Grid as Grid
from .running import Sweep as Sweep, sweep as sweep
from .store import Store as Store
