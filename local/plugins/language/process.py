"""Child processes of the language host: they end with the call that started them, and with the host."""

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import grpc

_PATIENCE_SECONDS = 3


class Processes:
    """The children that are running now, so that none outlives the host."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def start(
        self,
        command: Sequence[str | Path],
        folder: str,
        environment: Mapping[str, str],
        context: grpc.ServicerContext,
        capture: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start `command`; it is terminated when the engine gives up the call."""
        pipe = subprocess.PIPE if capture else None
        with self._lock:
            if self._stopped:
                raise RuntimeError("the language host is stopping")
            child = subprocess.Popen(
                command, cwd=folder or None, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
            )
            self._running.add(child)
        if not context.add_callback(lambda: terminate(child)):
            terminate(child)
        return child

    def finish(self, child: subprocess.Popen[bytes]) -> int:
        """Wait for `child`; its exit code, negative for the signal that ended it."""
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def stop(self) -> None:
        """Terminate every child; used when the host itself must end."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for child in running:
            terminate(child)


def terminate(child: subprocess.Popen[bytes]) -> None:
    """End `child` gently, then by force."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def output(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """What `child` writes, as ("stdout" or "stderr", bytes), until both are closed."""
    chunks: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()

    def copy(name: str, descriptor: int) -> None:
        # The engine reads the port from the first line: pass bytes on as they come, never wait for more.
        while data := os.read(descriptor, 65536):
            chunks.put((name, data))
        chunks.put((name, b""))

    assert child.stdout and child.stderr
    for name, stream in (("stdout", child.stdout), ("stderr", child.stderr)):
        threading.Thread(target=copy, args=(name, stream.fileno()), daemon=True).start()
    open_streams = 2
    while open_streams:
        name, data = chunks.get()
        if data:
            yield name, data
        else:
            open_streams -= 1
