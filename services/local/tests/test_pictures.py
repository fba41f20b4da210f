"""Pictures in a real browser: they come from the site itself, and nothing jumps when they do."""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from PIL import Image
from proofs.browser import WIDTHS, chromium, visiting

from reddit_reco_local import front
from reddit_reco_local.embedded import free_port
from reddit_reco_local.stack import ALL, running

SHIFTS = """() => new Promise((done) => {
  const shifts = [];
  new PerformanceObserver((list) => list.getEntries().forEach((e) => shifts.push(e.value)))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(shifts.reduce((sum, one) => sum + one, 0)), 300);
})"""
WEIGHT = """() => performance.getEntriesByType("resource")
  .concat(performance.getEntriesByType("navigation"))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""
SHOWN = "img => img.complete && img.naturalWidth > 0"
ALL_SHOWN = f"() => [...document.querySelectorAll('img.picture')].every({SHOWN})"
# 18 of them link to a picture, one of which is gone.
POSTS = 24
LINES = [
    "A lighthouse at dusk, seen from the pier",
    "My grandmother's garden after forty years",
    "The night train pulls in",
    "A heron that was not impressed",
]


def drawn(number):
    """A picture of its own for each number, wide and high in turn."""
    size = (1600, 1000) if number % 3 else (900, 1500)
    noise = Image.effect_noise((size[0] // 40, size[1] // 40), 40).resize(size)
    ramp = Image.linear_gradient("L").resize(size).rotate(90 * number)
    image = Image.merge("RGB", [ramp, noise, Image.new("L", size, 60 + number * 7 % 190)])
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Gives `/<number>.jpg`, and nothing else."""

    def do_GET(self):
        name = self.path.removeprefix("/").removesuffix(".jpg")
        body = drawn(int(name)) if name.isdigit() else b"gone"
        self.send_response(200 if name.isdigit() else 404)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def pictures():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def url(tmp_path_factory, pictures):
    env = {"image": {"TEST_PICTURE_SERVER": pictures}}
    with running(tmp_path_factory.mktemp("pictures"), ALL, extra_env=env) as stack:
        with httpx2.Client(headers={"Authorization": f"Bearer {stack.token()}"}) as http:
            for number in range(POSTS):
                name = "gone" if number == 20 else number
                post = {
                    "title": f"{LINES[number % len(LINES)]} ({number})",
                    "text": "It was early, and nobody was about. " * (number % 4),
                    "created_at": f"2026-11-20T10:{number:02}:00Z",
                    "subreddit": "pics",
                    "score": number,
                    "url": f"http://{pictures}/{name}.jpg" if number % 4 != 3 else None,
                }
                http.put(f"{stack.url('posts')}/api/v1/posts/reddit:pic{number}", json=post)
                # Fetched before the browser waits for it: decoding takes its time.
                http.get(f"{stack.url('image')}/api/v1/images/reddit:pic{number}", timeout=60)
        port = free_port()
        server = front.start(stack, port)
        yield f"http://127.0.0.1:{port}"
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("width", WIDTHS)
def test_pictures_come_from_the_site_and_nothing_jumps(width, browser, url, say):
    with visiting(browser, url, width, frozenset(ALL)) as visit:
        # Of the one that is gone; it leaves no hole.
        visit.allowed = ("404",)
        visit.go("/?sort=new")
        page = visit.page
        visit.settle()
        first = page.evaluate(WEIGHT) / 1000
        while page.locator("li.post").count() < POSTS:
            page.mouse.wheel(0, 1000)
            page.wait_for_timeout(100)
        page.locator("li.post").last.scroll_into_view_if_needed()
        page.wait_for_function(ALL_SHOWN, timeout=60_000)
        assert page.locator("img.picture").count() == 17
        page.evaluate("scrollTo(0, 0)")
        whole = page.evaluate(WEIGHT) / 1000
        say(f"home, {width}: {first:.0f} kB; read to the end, with 17 pictures: {whole:.0f} kB")
        assert first <= 100
        visit.look("home-with-pictures")
        visit.go("/posts/reddit:pic22")
        visit.settle()
        assert page.locator("img.whole-picture").evaluate(SHOWN)
        assert page.evaluate(SHIFTS) < 0.01
        visit.look("post-with-picture")
        visit.go("/posts/reddit:pic20")
        visit.settle()
        assert page.locator("main img").count() == 0


def test_without_script_pictures_show_too(browser, url):
    with visiting(browser, url, "desktop", frozenset(ALL), java_script_enabled=False) as visit:
        visit.go("/posts/reddit:pic22")
        visit.settle()
        answers = [one for one in visit.requests if "/api/v1/images/" in one]
        assert answers
        assert all(httpx2.get(one).headers["Content-Type"] == "image/webp" for one in answers)
