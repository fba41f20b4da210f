"""Pictures of posts on the cluster: fetched once, kept, shown from here; harm is refused."""

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx2
import pytest
from harness import Release, delete_post, wait_until
from harness.pictures import PictureServer, picture_server
from harness.posts import now_id
from PIL import Image
from playwright.sync_api import expect
from proofs.browser import WIDTHS, chromium, visiting

# Switching it on and off again takes most of the time.
pytestmark = pytest.mark.long
Put = Callable[[str], str]
IMAGES = "/api/v1/images"
# As many as one pod fetches at once, by its settings.
AT_ONCE = 8
SHOWN = "img => img.complete && img.naturalWidth > 0"
# The most memory that the container has had, its limit, and how often it was short of it.
MEMORY = """
import json, pathlib
one, two = pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")
events = one / "memory.oom_control" if one.exists() else two / "memory.events"
peak = one / "memory.max_usage_in_bytes" if one.exists() else two / "memory.peak"
limit = one / "memory.limit_in_bytes" if one.exists() else two / "memory.max"
kills = dict(line.split() for line in events.read_text().splitlines())["oom_kill"]
peak, limit = int(peak.read_text()), int(limit.read_text())
print(json.dumps({"kills": int(kills), "peak": peak, "limit": limit}))
"""


@pytest.fixture(scope="module")
def server(release: Release) -> Iterator[PictureServer]:
    """Pictures are switched on, and a server has some; afterwards, all is as before."""
    values = release.helm("get", "values", release.name)
    release.upgrade("--set", "components.image.enabled=true")
    deployed = release.apps.read_namespaced_deployment(
        f"{release.name}-image-v1", release.namespace
    )
    try:
        with picture_server(release, deployed.spec.template.spec.containers[0].image) as server:
            yield server
    finally:
        release.upgrade()
        assert release.helm("get", "values", release.name) == values


@pytest.fixture
def put(http: httpx2.Client) -> Iterator[Put]:
    """Put in a post that links to this address; gives its id."""
    made = []

    def call(address: str) -> str:
        made.append(now_id("picture"))
        body = {
            "title": f"A picture {made[-1]}",
            "created_at": datetime.now(UTC).isoformat(),
            "subreddit": "pics",
            "url": address,
        }
        http.put(f"/api/v1/posts/{made[-1]}", json=body).raise_for_status()
        return made[-1]

    yield call
    for each in made:
        delete_post(http, each)


def _size(answer: httpx2.Response) -> tuple[int, int]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/webp"
    return Image.open(io.BytesIO(answer.content)).size


def _path(address: str) -> str:
    return "/" + address.split("/", 3)[3].partition("?")[0]


def test_a_picture_is_fetched_once_for_all_readers_and_widths(
    http: httpx2.Client, server: PictureServer, put: Put
) -> None:
    address = server.url("good")
    post = put(address)
    widths = [160, 320, 640, 1280] * 3
    with ThreadPoolExecutor(AT_ONCE) as readers:
        answers = list(readers.map(lambda w: http.get(f"{IMAGES}/{post}?w={w}"), widths))
    assert [_size(each) for each in answers] == [(w, w * 1000 // 1600) for w in widths]
    assert server.asked()[_path(address)] == 1
    known = {"If-None-Match": answers[0].headers["ETag"]}
    assert http.get(f"{IMAGES}/{post}?w=160", headers=known).status_code == 304


def test_a_picture_outlives_its_pod_and_goes_with_its_post(
    release: Release, http: httpx2.Client, server: PictureServer, put: Put
) -> None:
    address = server.url("good")
    post = put(address)
    before = http.get(f"{IMAGES}/{post}")
    assert _size(before) == (640, 400)
    dead = release.running("image")
    release.kubectl("delete", "pod", *dead, "--grace-period=0", "--force")

    def another_pod() -> bool:
        return bool(set(release.running("image")) - set(dead))

    wait_until(another_pod, "another pod of image", 180, 0.5)
    after = wait_until(
        lambda: (found := http.get(f"{IMAGES}/{post}")).status_code == 200 and found, "it", 120
    )
    assert isinstance(after, httpx2.Response)
    assert after.content == before.content
    assert server.asked()[_path(address)] == 1
    with release.mongo("image") as mongo:
        pictures = mongo["image"]["pictures"]
        assert pictures.count_documents({"_id": post}) == 1
        delete_post(http, post)
        assert http.get(f"{IMAGES}/{post}").status_code == 410
        assert pictures.count_documents({"_id": post}) == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_show_pictures_that_come_from_the_release_alone(
    width: str, release: Release, server: PictureServer, put: Put
) -> None:
    addresses = [server.url("good") for _ in range(3)]
    posts = [put(each) for each in addresses]
    with (
        chromium() as browser,
        visiting(browser, release.url, width, frozenset(release.verbs())) as visit,
    ):
        visit.go("/?sort=new")
        for post in posts:
            picture = visit.page.locator(f'img.picture[src*="{post}"]')
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", value=True)
            assert picture.evaluate(SHOWN)
        visit.look("home-with-pictures-on-the-cluster")
        visit.go(f"/posts/{posts[0]}")
        visit.settle()
        assert visit.page.locator("img.whole-picture").evaluate(SHOWN)
        of_pictures = [each for each in visit.requests if IMAGES in each]
    assert len(of_pictures) >= len(posts) + 1
    assert [each for each in visit.requests if not each.startswith(release.url)] == []
    asked = server.asked()
    assert [asked[_path(each)] for each in addresses] == [1, 1, 1]


def _inside(release: Release, server: PictureServer) -> list[str]:
    """Addresses that lead to this pod, to the cloud around it, and to the cluster; some answer."""
    api = release.core.read_namespaced_service("kubernetes", "default").spec.cluster_ip
    posts = release.core.read_namespaced_service(f"{release.name}-posts", release.namespace)
    return [
        *("http://127.0.0.1/x.png", "http://127.0.0.1:9090/x.png", "http://localhost/x.png"),
        *("http://[::1]/x.png", "http://[::ffff:127.0.0.1]/x.png", "http://2130706433/x.png"),
        "http://169.254.169.254/latest/x.png",
        *(f"https://{api}/x.png", "https://kubernetes.default.svc.cluster.local/x.png"),
        f"http://{posts.spec.cluster_ip}:8080/api/v1/posts/x.png",
        f"http://{release.name}-posts.{release.namespace}.svc.cluster.local:8080/x.png",
        *(f"http://{each}/good/inside.png" for each in (server.pod_ip, server.cluster_ip)),
        f"http://{server.name}/good/inside.png",
    ]


def test_what_means_harm_is_refused_while_others_see_their_pictures(
    release: Release,
    http: httpx2.Client,
    server: PictureServer,
    put: Put,
    say: Callable[[str], None],
) -> None:
    inside = _inside(release, server)
    hostile = dict.fromkeys([*inside, *map(server.redirect, inside)], "address-refused") | {
        server.redirect("file:///etc/passwd"): "address",
        server.url("loop"): "redirects",
        server.url("endless"): "size",
        server.url("boasting"): "size",
        server.url("drip"): "timeout",
        server.url("silent"): "timeout",
        server.url("page"): "type",
        server.url("drawing"): "type",
        server.url("disguised"): "format",
        server.url("broken"): "broken",
        server.url("bomb"): "pixels",
        server.url("nothing"): "gone",
    }
    good, large = put(server.url("good")), put(server.url("large"))
    assert _size(http.get(f"{IMAGES}/{good}")) == (640, 400)
    posts = {put(address): reason for address, reason in hostile.items()}
    pods = release.running("image")
    with ThreadPoolExecutor(AT_ONCE) as attackers:
        asking = [attackers.submit(http.get, f"{IMAGES}/{post}") for post in [large, *posts]]
        seen = 0
        while not all(each.done() for each in asking):
            assert _size(http.get(f"{IMAGES}/{good}")) == (640, 400)
            seen += 1
    answers = [each.result() for each in asking]
    assert _size(answers.pop(0))[0] == 640
    assert [_refusal(each) for each in answers] == list(posts.values())
    asked = server.asked()
    assert "/good/inside.png" not in asked
    again = [http.get(f"{IMAGES}/{post}") for post in posts]
    assert [_refusal(each) for each in again] == list(posts.values())
    assert server.asked() == asked
    assert release.running("image") == pods
    for pod in release.pods("image"):
        (container,) = pod.status.container_statuses
        assert container.restart_count == 0
        memory = json.loads(
            release.kubectl("exec", pod.metadata.name, "--", "python3", "-c", MEMORY)
        )
        assert memory["kills"] == 0, memory
        assert memory["peak"] <= memory["limit"]
        say(
            f"{len(posts)} hostile pictures, one of 20 million pixels, {seen} good answers beside: "
            f"at most {memory['peak'] >> 20} MiB of {memory['limit'] >> 20}"
        )


def _refusal(answer: httpx2.Response) -> str:
    assert answer.status_code == 404, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    reason: str = answer.json()["reason"]
    return reason
