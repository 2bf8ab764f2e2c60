"""How a plugin runs: a gRPC server whose port is the first line on stdout, and which ends when the engine does."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

CHANNEL_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]

# A wait for a rollout holds a thread, so there are more of them than the engine starts operations at once.
_THREADS = 512
_GRACE_SECONDS = 5


def serve(register: Callable[[grpc.Server], None], stop: Callable[[], None]) -> None:
    """Serve until the engine ends this process or dies itself. `stop` is called first and must end what is running."""
    parent = os.getppid()
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=CHANNEL_OPTIONS)
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print(port, flush=True)
    while not ended.wait(0.5):
        # An engine that was killed cannot tell its plugins; they would stay behind for ever.
        if os.getppid() != parent:
            break
    stop()
    server.stop(_GRACE_SECONDS).wait(_GRACE_SECONDS)
    sys.stdout.flush()
    os._exit(0)
