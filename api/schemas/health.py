"""What a probe is told of the process."""

from __future__ import annotations
