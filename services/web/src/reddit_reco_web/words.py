"""Words and lists that pages show and that no service knows."""

EXAMPLES = [
    ("replica set", "posts with these words, best match first"),
    ('"change stream"', "exactly these words in a row"),
    ("tomato -sauce", "the first word without the second"),
    ("subreddit:bicycles chain", "in one subreddit; also tag:, author: and source:"),
    ("kuber*", "words that begin like this"),
]
REDDIT_EXPORT = (
    "a person's own data export from Reddit: its votes, saved and hidden posts become theirs"
)
OWN_EXPORT = (
    "what a person took along from a site like this one (page Account): it becomes theirs here"
)
KEYS = [
    ("j", "next post"),
    ("k", "post before"),
    ("Enter", "open the post"),
    ("l", "like it, or no longer"),
    ("h", "hide it"),
    ("t", "tag it"),
    ("s", "share it"),
    ("/", "go to the search box"),
    ("?", "show or close this list"),
]
FORMATS = [
    ("reddit-listing", "the JSON that Reddit's API answers with"),
    ("arctic-shift", "Pushshift and Arctic Shift dumps, NDJSON, plain or .zst"),
    ("mongoexport", "MongoDB extended JSON, one document a line"),
    (
        "reddit-top-csv",
        "top posts of a subreddit as CSV (the file is named after it), or as NDJSON",
    ),
    ("stackexchange-xml", "Posts.xml of a Stack Exchange data dump"),
    ("hn", "Hacker News items, in Firebase's or Algolia's form"),
    ("reddit-export", REDDIT_EXPORT),
    ("reddit-reco-export", OWN_EXPORT),
    ("feedback", "what many users like, tag, hide and share, as JSONL; for admins"),
]
