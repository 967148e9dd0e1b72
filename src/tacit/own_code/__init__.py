"""The code of one's own behind a value: all that its classes and functions reach.

What tacit does, and what an installed package does, goes by a version. What a user
writes changes under the same name, in any file: so it is followed wherever it leads,
through globals, attributes of modules, imports inside functions, closures, defaults,
decorators, base classes and the objects that are called. What is from elsewhere is told
by its name and the version of its package, and followed only to what it wraps.
"""

from .compiled import forget_if_changed, remembered
from .graph import own_code
from .named import class_at


__all__ = ["class_at", "forget_if_changed", "own_code", "remembered"]
