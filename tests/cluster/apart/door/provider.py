"""A provider of OpenID Connect, as small as one can be: it signs in whoever names a user of its, by the code flow.

It runs in a pod of any image with Python. What it needs is in the folder that its argument names: provider.json, and
the certificate and key of its TLS.
"""

import base64
import hashlib
import json
import secrets
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

HERE = Path(sys.argv[1])
TOLD = json.loads((HERE / "provider.json").read_text())
"""`issuer`, `client`, `secret`, `users` by their groups, and the numbers `n`, `e`, `d` of an RSA key of 2048 bits."""

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # what stands before the digest in a signature
codes: dict[str, dict[str, str]] = {}


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def signed(claims: dict[str, Any]) -> str:
    header = {"alg": "RS256", "typ": "JWT", "kid": "one"}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    digest = _SHA256 + hashlib.sha256(text.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(digest)) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), int(TOLD["d"]), int(TOLD["n"]))
    return f"{text}.{encoded(signature.to_bytes(256, 'big'))}"


def token(user: str, nonce: str) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": TOLD["issuer"],
        "aud": TOLD["client"],
        "sub": user,
        "email": f"{user}@example.org",
        "email_verified": True,
        "preferred_username": user,
        "groups": TOLD["users"][user],
        "nonce": nonce,
        "iat": now,
        "exp": now + 300,
    }
    return {"access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 300, "id_token": signed(claims)}


class Provider(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        where = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(where.query).items()}
        if where.path == "/.well-known/openid-configuration":
            paths = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            told = {f"{what}_endpoint": f"{TOLD['issuer']}/{path}" for what, path in paths.items()}
            self.answer({"issuer": TOLD["issuer"], "jwks_uri": f"{TOLD['issuer']}/keys", **told})
        elif where.path == "/keys":
            key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one"}
            self.answer({"keys": [{**key, "n": number(int(TOLD["n"])), "e": number(int(TOLD["e"]))}]})
        elif where.path == "/authorize" and asked.get("user") in TOLD["users"]:
            # A real one would ask who that is; its form ends at this address, too.
            code = secrets.token_hex(16)
            codes[code] = asked
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif where.path == "/authorize":
            self.answer({"form": "who are you?"})
        else:
            self.answer({"error": "no such page"}, 404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = codes.pop(sent["code"][0], None)
        challenge = encoded(hashlib.sha256(sent.get("code_verifier", [""])[0].encode()).digest())
        basic = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        known = basic or f"{sent.get('client_id', [''])[0]}:{sent.get('client_secret', [''])[0]}"
        if asked is None or asked["code_challenge"] != challenge or known != f"{TOLD['client']}:{TOLD['secret']}":
            self.answer({"error": "invalid_grant"}, 400)
        else:
            self.answer(token(asked["user"], asked.get("nonce", "")))

    def answer(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", int(sys.argv[2])), Provider)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / "tls.crt", HERE / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
