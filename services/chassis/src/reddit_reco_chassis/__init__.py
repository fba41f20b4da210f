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
from .draining import drain
from .models import InputModel, QueryModel, timestamp
from .mongo import Mongo
from .paging import CursorQuery, decode_cursor, decode_moment, encode_cursor, encode_moment, page
from .problems import Problem, ProblemType
from .server import serve
from .settings import Settings, SettingsError
from .workers import Stopping, Worker, run_beside, stop

__all__ = [
    "CursorQuery",
    "InputModel",
    "Mongo",
    "Principal",
    "Problem",
    "ProblemType",
    "QueryModel",
    "Service",
    "ServiceClient",
    "Settings",
    "SettingsError",
    "Stopping",
    "Worker",
    "authenticated",
    "create_app",
    "current_principal",
    "decode_cursor",
    "decode_moment",
    "drain",
    "encode_cursor",
    "encode_moment",
    "optional_principal",
    "page",
    "public",
    "requires",
    "run_beside",
    "serve",
    "stop",
    "timestamp",
]
