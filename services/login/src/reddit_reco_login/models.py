"""The shapes that go in and out over HTTP."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from reddit_reco_chassis import InputModel, QueryModel

from .domain import LONGEST_PASSWORD, NAME_PATTERN, SHORTEST_PASSWORD


def _of_good_length(password: SecretStr) -> SecretStr:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ValueError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, "
            f"not {len(password)}"
        )
    return password


class SignUp(InputModel):
    """A new account."""

    username: str = Field(
        pattern=NAME_PATTERN,
        description="3 to 32 of letters a-z, digits, `-` and `_`; upper and lower case are one.",
    )
    password: Annotated[SecretStr, AfterValidator(_of_good_length)] = Field(
        json_schema_extra={"minLength": SHORTEST_PASSWORD, "maxLength": LONGEST_PASSWORD}
    )


class UserPath(BaseModel):
    """Whose account it is."""

    username: str = Field(pattern=NAME_PATTERN, description="Upper and lower case are one.")


class ScopePath(UserPath):
    """Whose, and which scope."""

    scope: Literal["admin", "feedback:write", "posts:write"]


class SignIn(InputModel):
    """A name and its password. What cannot be either is refused like what is wrong."""

    username: str = Field(max_length=1_000)
    password: SecretStr = Field(max_length=1_000)


class Refresh(InputModel):
    """The refresh token that was handed out last."""

    refresh_token: SecretStr = Field(max_length=1_000)


class SignOut(QueryModel):
    """Which sessions end."""

    all: bool = Field(False, description="All of this user, not only the one of this token.")


class Link(BaseModel):
    """Where something is."""

    href: str


class Account(BaseModel):
    """An account, to its owner and to admins."""

    id: str = Field(description="The `sub` of this user's tokens.")
    username: str
    scopes: list[str]
    created_at: str = Field(description="RFC 3339.")
    links: dict[str, Link] = Field(alias="_links")


class Tokens(BaseModel):
    """What a session hands out."""

    access_token: str = Field(description="JWT for `Authorization: Bearer`.")
    refresh_token: str = Field(description="Good for one refresh.")
    expires_in: int = Field(description="Seconds that the access token is valid.")
    token_type: str = "Bearer"  # noqa: S105


class OidcStarted(BaseModel):
    """A sign-in under way at the provider."""

    authorization_url: str = Field(description="Where the browser goes.")
    flow: str = Field(description="Secret of this browser; it is asked for when it comes back.")
    expires_in: int = Field(description="Seconds until it is too late.")


class OidcAnswer(InputModel):
    """What the browser brought back from the provider, and what it had all the time."""

    flow: SecretStr = Field(max_length=200)
    state: str = Field(max_length=1_000)
    code: SecretStr = Field(max_length=10_000)
    iss: str | None = Field(None, max_length=1_000, description="The issuer (RFC 9207).")


class Erasure(BaseModel):
    """That an account was erased, and its data everywhere are being erased."""

    state: str = "erasing"
    id: str
    at: str = Field(description="RFC 3339.")


class PublicKey(BaseModel):
    """A public key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str


class KeySet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[PublicKey]
