"""Brings posts in from live sources: `python -m reddit_reco_ingest.fetch reddit|hn`."""
