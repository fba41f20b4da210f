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
