"""When a container has started, when it takes traffic, and when it must be restarted."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_kubernetes.core.v1 import ExecActionArgs, HTTPGetActionArgs, ProbeArgs, TCPSocketActionArgs


@dataclass(frozen=True, kw_only=True)
class Probes:
    """One check, asked at three rhythms. Exactly one of `path`, `command` and `tcp` says what the check is."""

    port: int
    path: str | None = None
    scheme: str | None = None
    """HTTPS for a server that speaks nothing else; its certificate is not checked."""
    command: Sequence[str] | None = None
    starts_within: int = 120
    """Seconds a container may take to start before it is restarted."""
    timeout: int = 5
    """Seconds one answer may take."""
    period: int = 5
    """Seconds between two checks of readiness. Longer where the check is a program of its own."""

    def startup(self) -> ProbeArgs:
        period = 2 if self.period <= 5 else self.period
        return self._probe(period=period, failures=-(-self.starts_within // period))

    def readiness(self) -> ProbeArgs:
        return self._probe(period=self.period, failures=3)

    def liveness(self) -> ProbeArgs:
        """Slower to judge than readiness: a busy server should lose traffic before it loses its process."""
        return self._probe(period=3 * self.period, failures=6)

    def _probe(self, *, period: int, failures: int) -> ProbeArgs:
        return ProbeArgs(
            http_get=HTTPGetActionArgs(path=self.path, port=self.port, scheme=self.scheme) if self.path else None,
            exec_=ExecActionArgs(command=list(self.command)) if self.command else None,
            tcp_socket=None if self.path or self.command else TCPSocketActionArgs(port=self.port),
            period_seconds=period,
            failure_threshold=failures,
            timeout_seconds=self.timeout,
        )
