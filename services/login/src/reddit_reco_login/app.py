"""Wiring: settings in, a Flask app out."""

from datetime import timedelta
from pathlib import Path

from flask import Flask

from reddit_reco_chassis import Mongo, Service, SettingsError, create_app, run_beside

from . import __version__, refusals
from .accounts import Accounts
from .admin import FirstAdmin
from .allocator import give_large_blocks_back
from .answers import PROXIES
from .api import ACCOUNTS, api, keys
from .flows import Flows
from .hashing import Passwords
from .keys import NoKeys, SigningKeys
from .limits import Limits
from .oidc import OidcSignIn
from .oidc_api import OIDC, oidc
from .preparing import Preparation
from .problems import TYPES
from .provider import Client, Provider
from .rights import Rights
from .rights_api import RIGHTS, rights
from .sessions import Lasting, Sessions
from .settings import LoginSettings
from .store import LoginStore

SERVICE = Service(
    "login", __version__, "Sign up, sign in, stay signed in, and be forgotten.", TYPES
)


def make_app(settings: LoginSettings) -> Flask:
    """The app; it is ready when its indexes and its first admin are made."""
    give_large_blocks_back()
    signing = _signing_keys(settings)
    provider = _provider(settings)
    mongo = Mongo(settings)
    store = LoginStore(lambda: mongo.database)
    passwords = Passwords(
        settings.argon2_memory_kib,
        settings.argon2_passes,
        settings.hashes_at_once,
        settings.hash_wait_seconds,
    )
    folder = Path(settings.admin_folder) if settings.admin_folder else None
    sessions = _sessions(settings, store)
    admin = FirstAdmin(store, sessions, passwords, folder)
    preparation = Preparation(
        (passwords.warm, store.make_indexes, store.erase_restored, admin.ensure),
        settings.watch_seconds,
    )
    app = create_app(
        SERVICE,
        settings,
        blueprints=[api, oidc, rights, keys],
        checks={
            "database": mongo.ping,
            "preparation": preparation.check,
            "signing key": signing.check,
        },
    )
    limits = Limits(lambda: mongo.database["limits"], settings.limit_window_seconds)
    accounts = Accounts(
        settings,
        store=store,
        sessions=sessions,
        passwords=passwords,
        keys=signing,
        limits=limits,
    )
    app.extensions[ACCOUNTS] = accounts
    refusals.register(app)
    app.extensions[RIGHTS] = Rights(store)
    app.extensions[PROXIES] = settings.trusted_proxies
    flows = Flows(lambda: mongo.database["oidc_flows"], settings.oidc_flow_seconds)
    app.extensions[OIDC] = provider and OidcSignIn(
        settings, provider=provider, flows=flows, accounts=accounts, store=store, limits=limits
    )
    run_beside(app, mongo, preparation)
    return app


def _sessions(settings: LoginSettings, store: LoginStore) -> Sessions:
    lasting = Lasting(
        timedelta(seconds=settings.session_seconds),
        timedelta(seconds=settings.refresh_grace_seconds),
        timedelta(seconds=settings.refresh_repeat_seconds),
    )
    return Sessions(store, lasting)


def _provider(settings: LoginSettings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    for name in ("oidc_client_id", "oidc_secret_folder", "oidc_redirect_url"):
        if not getattr(settings, name):
            raise SettingsError(f"{name.upper()}: OIDC_ISSUER needs it")
    client = Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_redirect_url,
        Path(settings.oidc_secret_folder),
        settings.oidc_leeway_seconds,
    )
    try:
        return Provider(client)
    except (OSError, ValueError) as error:
        raise SettingsError(f"OIDC_SECRET_FOLDER: ca.crt: {type(error).__name__}") from None


def _signing_keys(settings: LoginSettings) -> SigningKeys:
    try:
        return SigningKeys(Path(settings.signing_key_file), settings.key_settle_seconds)
    except NoKeys as error:
        raise SettingsError(f"SIGNING_KEY_FILE: {error}") from None
