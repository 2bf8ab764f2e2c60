"""How a plugin runs: a gRPC server whose port is the first line on stdout, and which ends when the engine does."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

CHANNEL_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]

# A wait for a rollout holds a thread, so there are more of them than the engine starts operations at once.
_THREADS = 512
_GRACE_SECONDS = 5


def serve(register: Callable[[grpc.Server], None], stop: Callable[[], None]) -> None:
    """Serve until the engine ends this process or dies itself. `stop` is called first and must end what is running."""
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=CHANNEL_OPTIONS)
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print(port, flush=True)
    parent = os.getppid()
    while not ended.wait(0.5):
        # An engine that was killed cannot tell its plugins; they would stay behind for ever.
        if os.getppid() != parent:
            break
    stop()
    server.stop(_GRACE_SECONDS).wait(_GRACE_SECONDS)
    sys.stdout.flush()
    os._exit(0)


def wait_briefly(cancelled: threading.Event, seconds: float) -> bool:
    """Sleep, but no longer than until `cancelled`; says whether it was."""
    return cancelled.wait(max(0.0, min(seconds, 60.0)))


def deadline(seconds: float) -> float:
    """The clock reading `seconds` from now."""
    return time.monotonic() + seconds
