import pytest

from reddit_reco_image.domain import picture_address


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://example.org/a.jpg", "https://example.org/a.jpg"),
        ("http://example.org/A.JPEG?x=1#top", "http://example.org/A.JPEG?x=1"),
        ("https://pbs.twimg.com/media/a.jpg:large", "https://pbs.twimg.com/media/a.jpg:large"),
        ("https://i.redd.it/abc", "https://i.redd.it/abc"),
        ("http://imgur.com/aBc12", "https://i.imgur.com/aBc12.jpg"),
        ("http://i.imgur.com/aBc12", "https://i.imgur.com/aBc12.jpg"),
        ("http://i.imgur.com/aBc12.gifv", "https://i.imgur.com/aBc12.jpg"),
        ("http://i.imgur.com/aBc12.png", "http://i.imgur.com/aBc12.png"),
        ("https://youtu.be/dQw4w9WgXcQ", "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"),
        (
            "https://www.youtube.com/watch?a=b&v=dQw4w9WgXcQ",
            "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg",
        ),
    ],
)
def test_what_a_post_links_to_leads_to_its_picture(link: str, address: str) -> None:
    assert picture_address({"url": link}) == address


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "https://example.org/",
        "https://example.org/a.svg",
        "https://example.org/a.html",
        "ftp://example.org/a.jpg",
        "javascript:a.jpg",
        "http:///a.jpg",
        "http://[bad/a.jpg",
        "http://imgur.com/random",
        "http://imgur.com/a/abcde",
        "https://youtu.be/../../x",
        "https://youtube.com/watch?v=short",
    ],
)
def test_other_links_lead_to_none(link: str | None) -> None:
    assert picture_address({"url": link}) is None
