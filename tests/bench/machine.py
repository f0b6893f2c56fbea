"""The heading of every report: versions, processor, seed. Figures without them mean nothing."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

SEED = 20221118
PACKAGES = ("torch", "sentence-transformers", "openvino", "faiss-cpu", "tantivy", "fastapi")
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def describe() -> str:
    """Return two lines on the machine and the libraries."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    held = next((line.split() for line in lines if line.startswith("flags")), [])
    flags = " ".join(flag for flag in FLAGS if flag in held) or "none of " + " ".join(FLAGS)
    versions = ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)])
    return f"{model}, {os.cpu_count()} cores, {flags}; load {os.getloadavg()[0]:.1f}\n{versions}; seed {SEED}"
