"""A real OpenID provider for tests: nanoidp, a process with one client and its users."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx2

from .embedded import free_port
from .processes import Processes

CLIENT_ID = "reddit-reco"
CLIENT_SECRET = "the-site-s-own-secret"  # noqa: S105
PASSWORD = "their password there"  # noqa: S105
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class OpenIdProvider:
    """A running provider. Everybody's password is `PASSWORD`."""

    issuer: str
    home: Path

    @property
    def secret_folder(self) -> Path:
        """What OIDC_SECRET_FOLDER names."""
        return self.home / "client"

    def environment(self, redirect_url: str) -> dict[str, str]:
        """What login is told."""
        return {
            "OIDC_ISSUER": self.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_SECRET_FOLDER": str(self.secret_folder),
            "OIDC_REDIRECT_URL": redirect_url,
        }

    def sign_in(self, authorization_url: str, username: str) -> str:
        """Do there what a person does; gives where the browser is sent.

        Raises:
            AssertionError: it is sent nowhere.
        """
        with httpx2.Client(trust_env=False, timeout=20) as browser:
            form = browser.get(authorization_url).raise_for_status()
            given = {name: unescape(value) for name, value in _HIDDEN.findall(form.text)}
            given |= {"username": username, "password": PASSWORD}
            answer = browser.post(form.url, data=given)
        if not answer.is_redirect:
            raise AssertionError(answer.text)
        return answer.headers["Location"]


def configuration(
    issuer: str, redirect_url: str, usernames: tuple[str, ...], keys: str, port: int
) -> dict[str, str]:
    """The files that tell a provider what it is: name -> text.

    Args:
        issuer: how it writes itself.
        redirect_url: the one address that it sends browsers to.
        usernames: who has an account there.
        keys: the folder for those that it makes.
        port: on loopback, where it is started by its own command.
    """
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [redirect_url],
    }
    # YAML takes JSON.
    settings = {
        "config_version": 1,
        "server": {"host": "127.0.0.1", "port": port},
        "oauth": {"issuer": issuer, "clients": [client], "require_pkce": True},
        "jwt": {"keys_dir": keys},
    }
    users = {name: {"password": PASSWORD, "email": "one@example.org"} for name in usernames}
    return {
        "settings.yaml": json.dumps(settings),
        "users.yaml": json.dumps({"config_version": 1, "users": users}),
    }


@contextmanager
def openid_provider(
    home: Path, redirect_url: str, usernames: tuple[str, ...]
) -> Iterator[OpenIdProvider]:
    """Run a provider until the block ends.

    Args:
        home: folder for its configuration, keys and log.
        redirect_url: the one address that it sends browsers to.
        usernames: who has an account there.
    """
    port = free_port()
    provider = OpenIdProvider(f"http://127.0.0.1:{port}", home)
    provider.secret_folder.mkdir(parents=True, exist_ok=True)
    (provider.secret_folder / "client-secret").write_text(CLIENT_SECRET)
    files = configuration(provider.issuer, redirect_url, usernames, str(home / "keys"), port)
    for name, text in files.items():
        (home / name).write_text(text)
    with Processes(home / "logs") as processes:
        processes.start("provider", "nanoidp", "--config", str(home), "--strict-config", env={})
        processes.wait_ready("provider", f"{provider.issuer}/.well-known/openid-configuration")
        yield provider
