"""The types of problems that this service answers beside those of the chassis."""

from reddit_reco_chassis import ProblemType
from reddit_reco_synced.problems import USER_ERASED

NO_FILE = ProblemType(400, "no-file", "The form has no file: send one as the field `file`.")
EMPTY_FILE = ProblemType(400, "empty-file", "The file has no content.")
UNEXPECTED_FILE = ProblemType(400, "unexpected-file", "There is a file where none is taken.")
TOO_MANY_FILES = ProblemType(
    400, "too-many-files", "The form has more than one file: make an import of each."
)
FILE_TOO_LARGE = ProblemType(
    413, "file-too-large", "The file is larger than the setting that `detail` names: cut it."
)
UPLOAD_TOO_SLOW = ProblemType(
    408, "upload-too-slow", "The file did not come in time: send it again."
)
UPLOAD_UNDER_WAY = ProblemType(
    409,
    "upload-under-way",
    "A request with this key is not done yet: ask again after `Retry-After`.",
)
KEY_REUSED = ProblemType(
    422,
    "idempotency-key-reused",
    "The key came before, with another request: take a new one.",
)
TOO_MANY_IMPORTS = ProblemType(
    429, "too-many-imports", "Wait for imports that are under way, or delete one that failed."
)
IMPORT_NOT_FOUND = ProblemType(
    404, "import-not-found", "There is no such import, or it is not yours."
)
IMPORT_NOT_DONE = ProblemType(
    404, "import-not-done", "The import has no result yet: ask for the import itself until then."
)
CANNOT_RESUME = ProblemType(
    409, "cannot-resume", "This import did not fail, or its file is gone: import it anew."
)
TYPES = (
    USER_ERASED,
    NO_FILE,
    EMPTY_FILE,
    UNEXPECTED_FILE,
    TOO_MANY_FILES,
    FILE_TOO_LARGE,
    UPLOAD_TOO_SLOW,
    UPLOAD_UNDER_WAY,
    KEY_REUSED,
    TOO_MANY_IMPORTS,
    IMPORT_NOT_FOUND,
    IMPORT_NOT_DONE,
    CANNOT_RESUME,
)
