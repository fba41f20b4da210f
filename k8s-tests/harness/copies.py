"""The posts, and the copies of them that sync makes for other verbs."""

from .release import Release
from .waiting import wait_until


def copying(release: Release) -> list[str]:
    """Databases with a copy of the posts, as the chart's table has them."""
    return [
        its["database"]
        for its in release.verbs().values()
        if any(each["from"] == each["stream"] == "posts" for each in its.get("syncs", []))
    ]


def counts(release: Release, databases: list[str]) -> dict[str, int]:
    """How many posts each copy has, the marks of deleted ones among them."""
    with release.mongo() as mongo:
        return {name: mongo[name]["synced_posts"].count_documents({}) for name in databases}


def wait_equal(release: Release, seconds: float = 300) -> None:
    """Wait until every copy has as many posts as the master."""
    databases = copying(release)

    def equal() -> bool:
        with release.mongo() as mongo:
            master = mongo["posts"]["posts"].count_documents({})
        found = counts(release, databases)
        assert set(found.values()) == {master}, f"{master} posts, {found}"
        return True

    wait_until(equal, "every copy has all posts", seconds, pause=2)
