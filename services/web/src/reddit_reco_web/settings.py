"""What web can be told."""

from pydantic import Field

from reddit_reco_chassis import Settings

# Every verb that pages are made of; each has a setting `<verb>_url`.
VERBS = (
    "posts",
    "search",
    "recommend",
    "tag",
    "like",
    "hide",
    "share",
    "login",
    "ingest",
    "image",
)


class WebSettings(Settings):
    """The chassis's settings, the other services' addresses, and how long a page waits for them."""

    posts_url: str = Field(
        "", description="Address of posts, e.g. `http://reddit-reco-posts:8080`."
    )
    search_url: str = Field("", description="Address of search.")
    recommend_url: str = Field("", description="Address of recommend.")
    tag_url: str = Field("", description="Address of tag.")
    like_url: str = Field("", description="Address of like.")
    hide_url: str = Field("", description="Address of hide.")
    share_url: str = Field("", description="Address of share.")
    login_url: str = Field("", description="Address of login.")
    ingest_url: str = Field("", description="Address of ingest.")
    image_url: str = Field("", description="Address of image; without it pages show no pictures.")
    fan_out_seconds: float = Field(
        0.7,
        gt=0,
        le=30,
        description="How long a page waits for other services, in seconds, all calls together.",
    )
    act_seconds: float = Field(
        5,
        gt=0,
        le=60,
        description="How long what somebody does may take, in seconds: given up sooner, it might "
        "be done all the same.",
    )
    sign_in_seconds: float = Field(
        10,
        gt=0,
        le=60,
        description="How long signing in or up may take: passwords are hashed slowly on purpose.",
    )
    oidc_name: str = Field(
        "",
        max_length=50,
        description="Name of the OpenID provider that login knows, for a button on the sign-in "
        "page. Empty: no button.",
    )
    upload_seconds: float = Field(
        120, gt=0, le=3_600, description="How long handing an uploaded file to ingest may take."
    )
    max_upload_bytes: int = Field(
        200_000_000,
        ge=1024,
        description="Largest file that the imports page takes, in bytes, and all that come in at "
        "once; /tmp holds them meanwhile (`serviceDefaults.tmpSizeLimit`).",
    )
    session_seconds: int = Field(
        30 * 86_400,
        ge=60,
        description="How long a browser keeps its session's cookies; login's setting of this name.",
    )
    page_size: int = Field(20, ge=1, le=50, description="Posts on a page.")
    threads: int = Field(
        32,
        ge=1,
        le=256,
        description="Pages made at once by one pod; they spend their time waiting for services.",
    )

    def addresses(self) -> dict[str, str]:
        """Verb -> address, for the verbs that this site has."""
        found = {verb: str(getattr(self, f"{verb}_url")) for verb in VERBS}
        return {verb: url for verb, url in found.items() if url}
