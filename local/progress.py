"""What a person sees while something long runs: which step of how many, how long so far, what just now."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from local.debian import Say

_QUIET_SECONDS = 5.0
"""Where lines can't be rewritten, at most one line in this time, so that a log stays readable."""


class Progress:
    """Numbers its steps and keeps the time of each. On a terminal the current line is rewritten."""

    def __init__(self, steps: int, out: TextIO = sys.stdout) -> None:
        self._steps, self._out, self._step = steps, out, 0
        self._began = time.monotonic()
        self._live = out.isatty()

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:
        """Report within one step by the function that this hands out; what goes on beside later steps may keep it."""
        self._step += 1
        number = f"[{self._step}/{self._steps}]"
        began = last = time.monotonic()
        self._line(number, title, "")

        def say(message: str) -> None:
            nonlocal last
            if self._live or time.monotonic() - last >= _QUIET_SECONDS:
                last = time.monotonic()
                self._line(number, title, message)

        yield say
        self._line(number, title, f"done in {time.monotonic() - began:.1f} s", final=True)

    @property
    def elapsed(self) -> float:
        """Seconds since the first step."""
        return time.monotonic() - self._began

    def _line(self, number: str, title: str, message: str, *, final: bool = False) -> None:
        minutes, seconds = divmod(int(self.elapsed), 60)
        line = f"{number} {minutes:02}:{seconds:02}  {title}{': ' if message else ''}{message}"
        if self._live:
            self._out.write(f"\r\033[K{line[:118]}" + ("\n" if final else ""))
        else:
            self._out.write(line + "\n")
        self._out.flush()
