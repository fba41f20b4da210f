"""The stable types of problems, for the reference: who answers them with which status, and why."""

from dataclasses import dataclass

EVERY = "every service"


@dataclass(frozen=True)
class ProblemType:
    """One type: the last part of its URN."""

    code: str
    status: int
    who: str
    why: str


TYPES = tuple(
    ProblemType(*one)
    for one in (
        ("invalid-input", 400, EVERY, "A field or parameter is wrong; `errors` names each."),
        ("invalid-json", 400, EVERY, "The body is not JSON."),
        ("invalid-cursor", 400, EVERY, "The cursor was not made by this list."),
        ("unauthorized", 401, EVERY, "There is no token, or it is not good any more."),
        ("missing-scope", 403, EVERY, "The token does not allow this."),
        ("user-erased", 403, EVERY, "The account was erased: nothing is kept for it any more."),
        ("not-found", 404, EVERY, "There is nothing at this address."),
        ("method-not-allowed", 405, EVERY, "`Allow` says what can be done here."),
        ("request-entity-too-large", 413, EVERY, "The body is larger than the service takes."),
        ("internal-error", 500, EVERY, "A fault of the service, which its log tells of."),
        ("database-unavailable", 503, EVERY, "Try again after `Retry-After`."),
        ("not-ready", 503, EVERY, "The service has just started, and is still reading."),
        ("empty-batch", 400, "batches", "The body has no line."),
        ("too-many-lines", 413, "batches", "The body has more lines than one request may have."),
        ("post-not-found", 404, "posts, image", "There is no such post."),
        ("post-deleted", 410, "posts, image", "The post was deleted, and does not come back."),
        ("no-picture", 404, "image", "The post has no picture."),
        ("picture-refused", 404, "image", "The picture is not shown; `reason` says why."),
        ("posts-unavailable", 503, "image", "The posts service does not answer; try again."),
        ("contended", 409, "posts", "Too many others are writing this post; try again."),
        ("precondition-failed", 412, "posts", "The post is not the one that the header names."),
        ("invalid-query", 400, "search", "`q` has nothing to look for."),
        ("share-not-found", 404, "share", "There is no such link."),
        (
            "idempotency-key-reused",
            422,
            "share, ingest",
            "The key came before, with another request.",
        ),
        ("no-file", 400, "ingest", "The form has no file."),
        ("empty-file", 400, "ingest", "The file has no content."),
        ("unexpected-file", 400, "ingest", "There is a file where none is taken."),
        ("too-many-files", 400, "ingest", "The form has more than one file."),
        ("file-too-large", 413, "ingest", "The file is larger than ingest takes."),
        ("upload-too-slow", 408, "ingest", "The file did not come in time."),
        ("upload-under-way", 409, "ingest", "A request with this key is not done yet."),
        ("too-many-imports", 429, "ingest", "Wait for imports that are under way."),
        ("import-not-found", 404, "ingest", "There is no such import, or it is not yours."),
        ("import-not-done", 404, "ingest", "The import has no result yet."),
        ("cannot-resume", 409, "ingest", "This import is over, or its file is gone."),
        ("weak-password", 400, "login", "The password is too easy to guess."),
        ("username-taken", 409, "login", "Somebody has this name."),
        ("sign-in-refused", 401, "login", "Name or password is wrong."),
        ("refresh-refused", 401, "login", "The refresh token is not good any more."),
        ("no-account", 404, "login", "The token belongs to no account here."),
        ("no-user", 404, "login", "There is no such user."),
        ("last-admin", 409, "login", "Without this admin there would be none."),
        (
            "admin-of-settings",
            409,
            "login",
            "This admin is one of the installation's settings: change it there.",
        ),
        ("too-many-requests", 429, "login", "Try again after `Retry-After`."),
        ("busy", 503, "login, image", "Too much of this is under way; try again."),
        ("oidc-off", 404, "login", "This site knows no OpenID provider."),
        ("oidc-refused", 401, "login", "The provider did not say who this is."),
        ("oidc-away", 503, "login", "The provider does not answer."),
    )
)
