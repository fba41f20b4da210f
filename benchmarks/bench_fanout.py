"""How web should wait for several services at once: an event loop in a thread, or a thread pool.

    python -m benchmarks.bench_fanout [--seconds 4] [--readers 32]

Each reader is a thread of a server that makes pages: three calls at once, with a deadline. The
services are a process of their own that answers after a given time. Prints a table, and one JSON
line last. The case `one hangs` has a service that takes ten seconds; the deadline is .3 s there.
"""

import argparse
import asyncio
import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any, Protocol

import httpx2

from reddit_reco_web.backends import Answer, Backends, Call, Deadline

BODY = b'{"items":[' + b",".join([b'{"id":"reddit:x","title":"' + b"y" * 300 + b'"}'] * 20) + b"]}"
CASES = {
    "at once": (0.0, 0.0, 0.0),
    "5-20 ms": (0.005, 0.01, 0.02),
    "one hangs": (0.005, 0.01, 10.0),
}


class FanOut(Protocol):
    """What both have in common."""

    def ask(self, calls: list[Call], deadline: Deadline) -> list[Answer]:
        """Ask all at once."""

    def close(self) -> None:
        """Give up what it holds."""


class Loop:
    """The other way: a shared asynchronous client on one event loop in one background thread."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        limits = httpx2.Limits(max_connections=256, max_keepalive_connections=64)
        self._client = httpx2.AsyncClient(trust_env=False, limits=limits, timeout=None)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def ask(self, calls: list[Call], deadline: Deadline) -> list[Answer]:
        """Ask all at once; what is late is cancelled."""
        left = deadline.left()
        return asyncio.run_coroutine_threadsafe(self._all(calls, left), self._loop).result()

    def close(self) -> None:
        """End the loop."""
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _all(self, calls: list[Call], left: float) -> list[Answer]:
        tasks = [asyncio.create_task(self._one(call)) for call in calls]
        _, late = await asyncio.wait(tasks, timeout=left)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return [
            Answer(call.verb) if task.cancelled() or task.exception() else task.result()
            for call, task in zip(calls, tasks, strict=True)
        ]

    async def _one(self, call: Call) -> Answer:
        response = await self._client.get(self._addresses[call.verb] + call.path)
        return Answer(call.verb, response.status_code, json.loads(response.content))


def serve(port: "multiprocessing.Queue[int]") -> None:
    """Answer every request after the time that its path gives in milliseconds."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(int(request.split(b" ", 2)[1][1:]) / 1000)
                writer.write(head % len(BODY) + BODY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=512)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def measure(
    fan_out: FanOut, delays: tuple[float, ...], readers: int, seconds: float, deadline: float
) -> dict[str, float]:
    """Let `readers` threads make pages for `seconds`."""
    calls = [Call(verb, f"/{int(delay * 1000)}") for verb, delay in zip("abc", delays, strict=True)]
    times: list[float] = []
    missed = 0
    end = time.monotonic() + seconds
    cpu = time.process_time()

    def read() -> None:
        nonlocal missed
        while time.monotonic() < end:
            started = time.perf_counter()
            answers = fan_out.ask(calls, Deadline(deadline))
            times.append(time.perf_counter() - started)
            missed += sum(not answer.ok for answer in answers)

    _in_threads(read, readers)
    cpu = time.process_time() - cpu
    cuts = quantiles(times, n=100)
    return {
        "pages_s": round(len(times) / seconds),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p95_ms": round(cuts[94] * 1000, 1),
        "max_ms": round(max(times) * 1000, 1),
        "cpu_ms_page": round(cpu / len(times) * 1000, 2),
        "missed_page": round(missed / len(times), 2),
        "threads": threading.active_count(),
    }


def _in_threads(work: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    """Measure both ways in all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 32])
    args = parser.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    addresses = dict.fromkeys("abc", f"http://127.0.0.1:{port.get()}")
    report: dict[str, Any] = {}
    for readers in args.readers:
        makers: dict[str, Callable[[], FanOut]] = {
            "event loop": lambda: Loop(addresses),
            "threads": lambda n=readers: Backends(addresses, 2 * n),  # type: ignore[misc]
        }
        for case, delays in CASES.items():
            for name, make in makers.items():
                fan_out = make()
                deadline = 0.3 if case == "one hangs" else 2.0
                found = measure(fan_out, delays, readers, args.seconds, deadline)
                fan_out.close()
                report[f"{name}, {case}, {readers} readers"] = found
                print(f"{name:12} {case:10} {readers:3} readers  {found}", flush=True)
    server.terminate()
    print(json.dumps(report))


if __name__ == "__main__":
    main()
