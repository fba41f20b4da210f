"""A refused upload, over a real connection: its sender gets the page, not a broken connection."""

import socket
import threading

import pytest
from werkzeug.serving import make_server

SENT = 30_000_000


@pytest.fixture
def address(site):
    app = site(max_upload_bytes=2000).application
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.server_address
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_too_large_upload_is_read_to_its_end_and_answered(address, people):
    head = (
        "POST /imports HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n"
        f"Cookie: reddit_reco_access={people.token()}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {SENT}\r\n\r\n"
    )
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(head.encode())
        connection.sendall(b"x" * SENT)
        with connection.makefile("rb") as answer:
            assert b" 413 " in answer.readline()
            assert b"the most that this page takes" in answer.read()
