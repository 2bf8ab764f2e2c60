"""The recommended labels, and which of them select pods."""

from dataclasses import dataclass

PART_OF = "exquisite-mlops"


@dataclass(frozen=True)
class Identity:
    """Which system, which instance of it, and which part of that a pod belongs to."""

    app: str
    instance: str
    component: str = "server"

    @property
    def selector(self) -> dict[str, str]:
        """Immutable once deployed, so a version is never in here."""
        return {
            "app.kubernetes.io/name": self.app,
            "app.kubernetes.io/instance": self.instance,
            "app.kubernetes.io/component": self.component,
        }

    @property
    def labels(self) -> dict[str, str]:
        return {**self.selector, "app.kubernetes.io/part-of": PART_OF}
