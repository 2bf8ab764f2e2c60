"""Who comes in: oauth2-proxy, in nginx's pod and on its loopback alone, asks the provider and remembers in a cookie."""

from urllib.parse import urlsplit

from pulumi import Input

from ...catalog import image
from ...k8s.labels import Identity
from ...k8s.network import Outside
from ...k8s.volumes import Mount, config_files, secret_files
from ...k8s.workload import Workload
from .settings import LOGIN, FrontDoorSettings, LoginSettings

COOKIE_KEY, CLIENT_KEY, AUTHORITY = "cookie-secret", "client-secret", "authority.pem"
"""Keys of what is mounted: of the Secrets, and of the ConfigMap."""

_OWN, _CLIENT, _TRUSTED = "/etc/login/own", "/etc/login/client", "/etc/login/trusted"


def proxy(
    name: str, settings: FrontDoorSettings, user: int, own: Input[str], client: Input[str], trusted: Input[str] | None
) -> Workload:
    """To run beside nginx, as the pod's user. `own` and `client` are Secrets, `trusted` a ConfigMap, by their names."""
    mounts: list[Mount] = [secret_files("login-own", _OWN, own), secret_files("login-client", _CLIENT, client)]
    if trusted is not None:
        mounts.append(config_files("login-trusted", _TRUSTED, trusted))
    return Workload(
        identity=Identity("oauth2-proxy", name),
        name=LOGIN,
        image=image("oauth2-proxy").reference,
        user=user,
        args=arguments(settings),
        mounts=mounts,
        resources=settings.login_resources,
    )


def arguments(settings: FrontDoorSettings) -> list[str]:
    domain, login = settings.domain, settings.login
    return [
        "--http-address=127.0.0.1:4180",
        "--reverse-proxy=true",
        "--trusted-proxy-ip=127.0.0.1",
        "--set-xauthrequest=true",
        "--skip-provider-button=true",
        "--silence-ping-logging=true",
        "--request-logging=false",  # nginx's has a line for each request already
        "--banner=-",
        "--footer=-",
        *_provider(domain, login),
        *_session(domain, login),
        *_allowed(login),
    ]


def _provider(domain: str, login: LoginSettings) -> list[str]:
    own_authority = [f"--provider-ca-file={_TRUSTED}/{AUTHORITY}"] if login.authority else []
    return [
        "--provider=oidc",
        f"--oidc-issuer-url={login.issuer}",
        f"--client-id={login.client_id}",
        f"--client-secret-file={_CLIENT}/{CLIENT_KEY}",
        f"--redirect-url=https://{LOGIN}.{domain}/oauth2/callback",
        f"--scope={' '.join(login.scopes)}",
        "--code-challenge-method=S256",
        "--insecure-oidc-skip-nonce=false",
        *own_authority,
    ]


def _session(domain: str, login: LoginSettings) -> list[str]:
    """One for all pages, and without the provider's tokens, which nothing here needs."""
    return [
        f"--cookie-secret-file={_OWN}/{COOKIE_KEY}",
        "--cookie-name=__Secure-door",
        f"--cookie-domain=.{domain}",
        f"--whitelist-domain=.{domain}",
        "--cookie-secure=true",
        "--cookie-httponly=true",
        "--cookie-samesite=lax",
        f"--cookie-expire={login.hours}h",
        # Several pages may ask for the login at once.
        "--cookie-csrf-per-request=true",
        "--cookie-csrf-per-request-limit=16",
        "--session-cookie-minimal=true",
    ]


def _allowed(login: LoginSettings) -> list[str]:
    return [
        f"--oidc-groups-claim={login.groups_claim}",
        *(f"--allowed-group={group}" for group in login.groups),
        *(f"--email-domain={domain}" for domain in login.email_domains or ("*",)),
    ]


def provider(login: LoginSettings) -> Outside:
    """The way to it: its addresses may change at any time, its port not."""
    return Outside((("0.0.0.0/0", (urlsplit(login.issuer).port or 443,)),))
