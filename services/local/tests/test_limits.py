"""Limits of several services that must agree."""

from pathlib import Path

import yaml

from reddit_reco_ingest.settings import IngestSettings
from reddit_reco_web.settings import WebSettings

VALUES = Path(__file__).parents[3] / "charts" / "reddit-reco" / "values.yaml"
_MEGABYTES = {"Mi": 1024**2, "Gi": 1024**3}


def test_what_people_upload_fits_into_the_disk_of_web_and_into_ingest():
    values = yaml.safe_load(VALUES.read_text())
    services = values["serviceDefaults"] | values["services"].get("web", {})
    size = services["tmpSizeLimit"]
    disk = int(size[:-2]) * _MEGABYTES[size[-2:]]
    most = WebSettings().max_upload_bytes
    assert most <= 0.8 * disk
    ingest = IngestSettings()
    assert most <= min(ingest.max_upload_bytes, ingest.max_export_bytes)
