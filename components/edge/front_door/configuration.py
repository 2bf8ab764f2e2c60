"""nginx's configuration: what all pages share is in files beside this one, and each page is a server of its own."""

from collections.abc import Mapping
from pathlib import Path

from pulumi import Output

from ...access import Page
from .settings import LOGIN

HTTP, HTTPS, HEALTH = 8080, 8443, 8081
"""Of the pods; as in door.conf."""

FOLDER = "/etc/door"
CERTIFICATE = f"{FOLDER}-certificate"
_SHARED = ("door.conf", "guard.conf", "headers.conf", "start.sh")

_REDIRECT = """\
server {{
    listen {http};
    server_name {names};
    set $who -;
    return 308 https://$host$request_uri;
}}
"""

_LOGIN = """
server {{
    listen {https} ssl http2;
    server_name {host};
    set $who -;
    include {folder}/headers.conf;
    location /oauth2/ {{
        proxy_pass http://127.0.0.1:4180;
        proxy_set_header Host $host;
        proxy_set_header Authorization "";
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For "";
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header X-Auth-Request-Redirect "";
    }}
    location = / {{
        default_type text/html;
        return 200 '{links}';
    }}
    location / {{
        return 404;
    }}
}}
"""

_LINKS = '<!doctype html><title>{domain}</title><ul>{items}</ul><a href="/oauth2/sign_out">Log out</a>'

_PAGE = """
server {{
    listen {https} ssl http2;
    server_name {host};
    set $page {scheme}://{upstream}.$cluster:{port};
    client_max_body_size {upload}m;
{streams}    include {folder}/guard.conf;
}}
"""

_STREAMS = """\
    proxy_buffering off;
    proxy_read_timeout 1h;
    proxy_send_timeout 1h;
"""


def names(domain: str, pages: Mapping[str, Page]) -> list[str]:
    """Every host that the front door answers to."""
    return [f"{system}.{domain}" for system in (LOGIN, *pages)]


def files(domain: str, pages: Mapping[str, Page]) -> dict[str, Output[str] | str]:
    """For a ConfigMap."""
    here = Path(__file__).parent
    shared = {name: (here / name).read_text(encoding="utf-8") for name in _SHARED}
    hosts = {system: page.host for system, page in pages.items()}
    return {**shared, "pages.conf": Output.all(**hosts).apply(lambda known: _servers(domain, pages, known))}


def _servers(domain: str, pages: Mapping[str, Page], hosts: Mapping[str, str]) -> str:
    plain = _REDIRECT.format(http=HTTP, names=" ".join(names(domain, pages)))
    items = "".join(f'<li><a href="https://{system}.{domain}">{system}</a>' for system in pages)
    links = _LINKS.format(domain=domain, items=items)
    login = _LOGIN.format(https=HTTPS, host=f"{LOGIN}.{domain}", folder=FOLDER, links=links)
    return plain + login + "".join(_server(f"{name}.{domain}", page, hosts[name]) for name, page in pages.items())


def _server(host: str, page: Page, upstream: str) -> str:
    return _PAGE.format(
        https=HTTPS,
        host=host,
        scheme="https" if page.tls else "http",
        upstream=upstream,
        port=page.port,
        upload=page.upload,
        streams=_STREAMS if page.streams else "",
        folder=FOLDER,
    )
