"""The types of problems that this service answers beside those of the chassis."""

from reddit_reco_chassis import ProblemType

WEAK_PASSWORD = ProblemType(
    400, "weak-password", "The password is too easy to guess: `detail` says why."
)
USERNAME_TAKEN = ProblemType(409, "username-taken", "Somebody has this name: take another one.")
SIGN_IN_REFUSED = ProblemType(401, "sign-in-refused", "Name or password is wrong.")
REFRESH_REFUSED = ProblemType(
    401, "refresh-refused", "The refresh token is not good any more: sign in again."
)
NO_ACCOUNT = ProblemType(
    404, "no-account", "The token is good, but belongs to no account: it may have been erased."
)
NO_USER = ProblemType(404, "no-user", "There is no such user.")
LAST_ADMIN = ProblemType(
    409, "last-admin", "Without this admin there would be none: make another one first."
)
ADMIN_OF_SETTINGS = ProblemType(
    409,
    "admin-of-settings",
    "This admin is one of the installation's settings: change it there.",
)
TOO_MANY_REQUESTS = ProblemType(
    429, "too-many-requests", "Too many tries: come again after `Retry-After`."
)
BUSY = ProblemType(503, "busy", "Too many sign in at this moment: try again after `Retry-After`.")
OIDC_OFF = ProblemType(
    404, "oidc-off", "This site knows no OpenID provider: sign in by name and password."
)
OIDC_REFUSED = ProblemType(
    401, "oidc-refused", "What came back from the provider proves nothing: begin again."
)
OIDC_AWAY = ProblemType(503, "oidc-away", "The provider does not answer: try again later.")
TYPES = (
    WEAK_PASSWORD,
    USERNAME_TAKEN,
    SIGN_IN_REFUSED,
    REFRESH_REFUSED,
    NO_ACCOUNT,
    NO_USER,
    LAST_ADMIN,
    ADMIN_OF_SETTINGS,
    TOO_MANY_REQUESTS,
    BUSY,
    OIDC_OFF,
    OIDC_REFUSED,
    OIDC_AWAY,
)
