"""What can be told to the service is in its README."""

from pathlib import Path

import pytest

from reddit_reco_chassis import Settings
from reddit_reco_ingest.fetch.settings import FetchSettings
from reddit_reco_ingest.formats import FORMATS
from reddit_reco_ingest.models import FormatName
from reddit_reco_ingest.settings import IngestSettings

README = (Path(__file__).parents[1] / "README.md").read_text()
OWN = {
    name: field.default
    for settings in (FetchSettings, IngestSettings)
    for name, field in settings.model_fields.items()
    if name not in Settings.model_fields
}


@pytest.mark.parametrize("name", OWN)
def test_every_setting_is_documented_with_its_default(name):
    assert f"| `{name.upper()}` | {OWN[name]} |" in README


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_documented(name):
    assert f"| `{name}` |" in README


def test_the_api_offers_the_formats_that_there_are():
    assert set(FormatName.__args__) == set(FORMATS)
