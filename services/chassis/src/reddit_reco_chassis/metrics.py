"""Prometheus metrics, on a port of their own."""

import time

from flask import Flask, Response, g, request
from prometheus_client import Counter, Gauge, Histogram, start_http_server

REQUESTS = Counter(
    "reddit_reco_http_requests_total",
    "Requests answered.",
    ["service", "version", "method", "route", "status"],
)
LATENCY = Histogram(
    "reddit_reco_http_request_seconds",
    "Time from a request's arrival in the service to its answer.",
    ["service", "version", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
INFO = Gauge("reddit_reco_service_info", "1, labelled with what runs.", ["service", "version"])
# A caller may send any word as a method; each would be a time series of its own.
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def register(app: Flask, service: str, version: str) -> None:
    """Count and time every request to `app`."""
    INFO.labels(service, version).set(1)

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        # The rule, not the path: a path per post would be a time series per post.
        route = request.url_rule.rule if request.url_rule else "(none)"
        method = request.method if request.method in _METHODS else "(other)"
        REQUESTS.labels(service, version, method, route, response.status_code).inc()
        LATENCY.labels(service, version, route).observe(time.perf_counter() - g.started)
        return response


def serve(host: str, port: int) -> None:
    """Answer `/metrics` on `port` from a thread, until the process ends."""
    if port:
        start_http_server(port, addr=host)
