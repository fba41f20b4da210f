"""The port-forward of the README works as it is written there."""

import re

import httpx2
from harness import Release, forwarded
from harness.release import REPO


def test_the_port_forward_of_the_readme_leads_to_the_search_page(release: Release) -> None:
    line = re.search(r"kubectl -n reddit-reco port-forward (\S+) 8080:(\d+)", _readme())
    assert line, "README.md has no port-forward"
    target, port = line.groups()
    with forwarded(release.kubectl_command("port-forward", target, f":{port}")) as local:
        page = httpx2.get(f"http://127.0.0.1:{local}/", timeout=30)
        results = httpx2.get(f"http://127.0.0.1:{local}/search?q=python", timeout=30)
    assert page.status_code == 200
    assert "<form" in page.text
    assert results.status_code == 200


def _readme() -> str:
    return (REPO / "README.md").read_text()
