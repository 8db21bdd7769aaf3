"""Cross-source claim contradiction detector: the public names. Importing this never imports torch."""

from __future__ import annotations

__version__ = "0.1.0"
