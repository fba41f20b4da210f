"""Settings come from environment variables: the field `port` is the variable `PORT`."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line and names the variable."""


class Settings(BaseModel):
    """What every service can be told. A service adds its own fields in a subclass.

    Every field needs a description: the documentation of settings is made from them.
    """

    model_config = ConfigDict(frozen=True)

    port: int = Field(8080, ge=1, le=65535, description="TCP port of the API.")
    metrics_port: int = Field(
        9090, ge=0, le=65535, description="TCP port of the Prometheus metrics; 0 switches them off."
    )
    host: str = Field("0.0.0.0", description="Address that both ports listen on.")
    threads: int = Field(8, ge=1, le=256, description="Requests answered at once by one pod.")
    base_path: str = Field(
        "",
        pattern=r"^(/[A-Za-z0-9._-]+)*$",
        description="Path in front of every route where the release does not own the whole host.",
    )
    version: str = Field("v1", description="Name of this version among those side by side.")
    log_level: str = Field(
        "info",
        pattern="^(?i:debug|info|warning|error)$",
        description="Least severe level that is logged: debug, info, warning or error.",
    )
    mongodb_uri: str = Field("", description="Where this service's own database is.")
    mongodb_database: str = Field("", description="Name of this service's own database.")
    jwks_file: str = Field(
        "", description="JSON Web Key Set with the public keys that tokens are checked against."
    )
    token_issuer: str = Field("reddit-reco", description="The `iss` that a token must carry.")
    token_audience: str = Field("reddit-reco", description="The `aud` that a token must carry.")
    service_token_file: str = Field(
        "", description="This service's own token, sent when it calls another service."
    )
    open_reading: bool = Field(True, description="Whether reading needs no token.")
    max_body_bytes: int = Field(
        8 * 1024 * 1024, ge=1024, description="Largest request body, in bytes; more is a 413."
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environ` (the process's own by default).

        Raises:
            SettingsError: a variable has a value that it cannot have.
        """
        environ = os.environ if environ is None else environ
        given = {
            name: environ[name.upper()]
            for name in cls.model_fields
            if environ.get(name.upper(), "") != ""
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            variable = str(first["loc"][0]).upper()
            raise SettingsError(f"{variable}: {first['msg']} (it is {first['input']!r})") from None
