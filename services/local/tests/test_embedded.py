import socket
import subprocess
import sys
import threading

import pytest
from pymongo import MongoClient

from reddit_reco_local.embedded import mongod


def test_data_in_a_given_folder_is_there_the_next_time(tmp_path):
    with mongod(tmp_path / "data") as uri, MongoClient(uri) as client:
        client.shop.things.insert_one({"_id": 1})
    with mongod(tmp_path / "data") as uri, MongoClient(uri) as client:
        assert client.shop.things.find_one() == {"_id": 1}


def test_transactions_and_change_streams_work(database):
    things = database["things"]
    things.insert_one({"_id": 0})
    with things.watch() as stream, database.client.start_session() as session:
        with session.start_transaction():
            things.insert_one({"_id": 1}, session=session)
        assert stream.next()["documentKey"] == {"_id": 1}


def test_a_folder_that_is_in_use_is_named_as_such_however_much_is_logged_there(tmp_path):
    def log_much(uri):
        with MongoClient(uri) as client:
            while not ended.wait(0.01):
                client.admin.command("setParameter", 1, logLevel=0)

    home, ended = tmp_path / "data", threading.Event()
    with mongod(home) as uri:
        owner = threading.Thread(target=log_much, args=[uri])
        owner.start()
        try:
            with pytest.raises(RuntimeError, match="data is in use"), mongod(home):
                pass
        finally:
            ended.set()
            owner.join()


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "reddit_reco_local", "--home", tmp_path / "home"]
        done = subprocess.run(
            [*command, "--port", str(port)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        == f"make run: port {port}: Address already in use; PORT=... takes another"
    )
    assert not (tmp_path / "home").exists()
