"""What every service is built on: app factory, settings, errors, tokens, MongoDB, metrics."""

from .app import Service, create_app
from .auth import (
    Principal,
    authenticated,
    current_principal,
    optional_principal,
    public,
    requires,
)
from .client import ServiceClient
from .models import InputModel, QueryModel, timestamp
from .mongo import Mongo
from .paging import CursorQuery, decode_cursor, encode_cursor, page
from .problems import Problem
from .server import serve
from .settings import Settings, SettingsError

__all__ = [
    "CursorQuery",
    "InputModel",
    "Mongo",
    "Principal",
    "Problem",
    "QueryModel",
    "Service",
    "ServiceClient",
    "Settings",
    "SettingsError",
    "authenticated",
    "create_app",
    "current_principal",
    "decode_cursor",
    "encode_cursor",
    "optional_principal",
    "page",
    "public",
    "requires",
    "serve",
    "timestamp",
]
