"""Search quality and speed over HTTP, from a dump through ingest, posts and sync to the answers."""
