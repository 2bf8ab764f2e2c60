"""A browser, as far as the front door can tell: it knows where names lead, keeps cookies and trusts one authority."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests


@contextmanager
def names(known: Mapping[str, str]) -> Iterator[None]:
    """Host -> address, as the DNS of the world would have it."""
    asked = socket.getaddrinfo

    def resolve(host: str, *rest: object, **more: object) -> object:
        return asked(known.get(host, host), *rest, **more)

    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = asked


class Visitor(requests.Session):
    """Each has a session of their own."""

    def __init__(self, authority: Path) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = str(authority)

    def walk_in(self, url: str, user: str) -> requests.Response:
        """Asks for a page, follows to the provider, says there who it is, and follows back: what it ends at."""
        asked = self.get(url, allow_redirects=False)
        assert asked.status_code == 302, (asked.status_code, asked.text)
        form = self.get(asked.headers["Location"])
        assert form.json() == {"form": "who are you?"}, form.text
        return self.get(f"{form.url}&user={user}")
