"""What this service can be told by environment variables."""

from pydantic import Field

from reddit_reco_chassis import Settings


class LoginSettings(Settings):
    """The settings of every service, and those of passwords, tokens and limits."""

    max_body_bytes: int = Field(
        64 * 1024, ge=1024, description="Largest request body, in bytes; more is a 413."
    )
    signing_key_file: str = Field(
        "",
        description="Private JWK that tokens are signed with, or a set of them, each with `iat`.",
    )
    key_settle_seconds: int = Field(
        180,
        ge=0,
        description="How long a new key is only published before tokens are signed with it.",
    )
    access_token_seconds: int = Field(
        900, ge=10, le=86_400, description="How long an access token is valid."
    )
    session_seconds: int = Field(
        30 * 86_400, ge=60, description="How long a session that nobody refreshes lasts."
    )
    refresh_grace_seconds: int = Field(
        10,
        ge=0,
        le=300,
        description="How long a refresh token that was just used gets the same answer again.",
    )
    refresh_repeat_seconds: int = Field(
        7 * 86_400,
        ge=0,
        le=30 * 86_400,
        description="How long it does as long as nobody has used its successor, since an answer "
        "may be lost; not in more than two refreshes in a row.",
    )
    argon2_memory_kib: int = Field(
        19_456, ge=8, description="Memory of one password hash (argon2id), in KiB."
    )
    argon2_passes: int = Field(2, ge=1, le=20, description="Passes over that memory.")
    hashes_at_once: int = Field(
        2, ge=1, le=64, description="Passwords hashed at once by one pod; others wait."
    )
    hash_wait_seconds: float = Field(
        10, gt=0, description="How long a request waits for its turn to hash; then it is a 503."
    )
    limit_window_seconds: int = Field(
        900, ge=1, le=86_400, description="The window that the limits below are counted in."
    )
    signins_per_account: int = Field(
        20,
        ge=1,
        description="Wrong passwords for one account from one address in a window; more is a 429.",
    )
    signins_per_account_in_all: int = Field(
        100,
        ge=1,
        description="Wrong passwords for one account in a window, from all addresses together "
        "that it did not sign in from lately; more is a 429 for those.",
    )
    known_address_seconds: int = Field(
        30 * 86_400,
        ge=0,
        description="How long an address that an account signed in from is known: nobody "
        "elsewhere can lock its owner out there.",
    )
    signins_per_address: int = Field(
        100, ge=1, description="Sign-ins from one address in a window; more is a 429."
    )
    signups_per_address: int = Field(
        50, ge=1, description="Sign-ups from one address in a window; more is a 429."
    )
    trusted_proxies: int = Field(
        1,
        ge=0,
        le=10,
        description="Proxies in front, each of which adds to `X-Forwarded-For`; the address that "
        "the outermost of them saw is the one that limits count. 0: the header is not looked at.",
    )
    name_rest_seconds: int = Field(
        86_400,
        ge=0,
        description="How long nobody can take the name of an erased user: while the erasure is "
        "carried to every service.",
    )
    admin_folder: str = Field(
        "",
        description="Folder with the files `username` and `password` of the first admin, who is "
        "made at start if missing; what changes there takes effect by itself. Empty: no admin.",
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="OpenID provider that people may sign in with, exactly as it writes itself. "
        "Empty: none.",
    )
    oidc_client_id: str = Field("", description="This site's client id at the provider.")
    oidc_secret_folder: str = Field(
        "",
        description="Folder with the file `client-secret`, and `ca.crt` where the provider's "
        "certificate is of a private authority.",
    )
    oidc_redirect_url: str = Field(
        "",
        pattern=r"^(https?://[^\s#]+)?$",
        description="Address of web's `/sign-in/oidc/callback`, as the provider knows it.",
    )
    oidc_leeway_seconds: int = Field(
        60, ge=0, le=300, description="How much the provider's clock may be off."
    )
    oidc_flow_seconds: int = Field(
        600, ge=10, le=3_600, description="How long a sign-in at the provider may take."
    )
    watch_seconds: float = Field(30, gt=0, description="How often the admin's folder is looked at.")
