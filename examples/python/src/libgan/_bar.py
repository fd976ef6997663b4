"""How far a training is, while it runs: tqdm's bar where that is installed, else a plain line."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

_BETWEEN = 0.1  # seconds from one line to the next


class Line:
    """What a trainer uses of tqdm's bar, on standard error."""

    def __init__(self, total: int) -> None:
        self._total, self._made, self._width = total, 0, 0
        self._shown: Mapping[str, str] = {}
        self._began = time.monotonic()
        self._last = 0.0

    def set_postfix(self, shown: Mapping[str, str], refresh: bool = True) -> None:
        self._shown = shown

    def update(self) -> None:
        self._made += 1
        now = time.monotonic()
        if now - self._last >= _BETWEEN:
            self._last = now
            self._write()

    def close(self) -> None:
        self._write()
        print(file=sys.stderr)

    def _write(self) -> None:
        seconds = time.monotonic() - self._began
        left = seconds / max(self._made, 1) * (self._total - self._made)
        shown = ", ".join(f"{name}={value}" for name, value in self._shown.items())
        line = f"{self._made}/{self._total} steps, {left:.0f} s left, {shown}"
        self._width = max(self._width, len(line))
        print(f"\r{line:{self._width}}", end="", file=sys.stderr, flush=True)


def bar(count: int, wanted: bool | None) -> Any:
    """For so many steps; None for none. `wanted` None: only on a terminal."""
    if wanted is False:
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Line(count) if wanted or sys.stderr.isatty() else None
    return tqdm(total=count, unit="step", disable=None if wanted is None else False)
