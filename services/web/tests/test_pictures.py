import pytest

from reddit_reco_web.domain import Post


def post(url):
    return Post("reddit:1", "A post", "reddit", url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.jpg",
        "http://example.org/A.JPEG?x=1#top",
        "https://pbs.twimg.com/media/a.jpg:large",
        "https://i.redd.it/abc",
        "http://imgur.com/aBc12",
        "http://i.imgur.com/aBc12.gifv",
        "https://youtu.be/dQw4w9WgXcQ",
        "https://www.youtube.com/watch?a=b&v=dQw4w9WgXcQ",
    ],
)
def test_a_post_is_pictured_where_the_service_of_pictures_knows_one(url):
    assert post(url).pictured


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "https://example.org/",
        "https://example.org/a.svg",
        "https://example.org/a.html?next=a.jpg",
        "https://example.org/?v=dQw4w9WgXcQ",
        "ftp://example.org/a.jpg",
        "javascript:a.jpg",
        "http://imgur.com/a/abcde",
        "https://youtube.com/watch?v=short",
    ],
)
def test_other_posts_are_not(url):
    assert not post(url).pictured
