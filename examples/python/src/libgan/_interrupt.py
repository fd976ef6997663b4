"""Ctrl-C while the library works: noted, and served when the call is back.

Python runs handlers of signals inside a callback too, even before its first line, where an
exception is lost. So for the time of a call that has callbacks, the handler only notes the
signal."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Deferred:
    """with Deferred() as interrupt: ...; interrupt.noted says whether to come back soon. The
    handler that was there is called at the end."""

    __slots__ = ("noted", "_before")

    def __enter__(self) -> Deferred:
        self.noted = False
        self._before: Any = None
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before):
                self._before = before
                signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted = True

    def serve(self) -> None:
        """Calls the handler that was there, if a signal was noted: KeyboardInterrupt as a rule."""
        if self.noted:
            self.noted = False
            self._before(signal.SIGINT, None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self.serve()
