import pytest
from pydantic import Field

from reddit_reco_chassis import Settings, SettingsError


class OwnSettings(Settings):
    own_url: str = Field("http://posts:8080", description="Where posts answers.")


def test_settings_have_defaults() -> None:
    settings = Settings.from_env({})
    assert (settings.port, settings.metrics_port, settings.open_reading) == (8080, 9090, True)


def test_a_variable_is_a_field_in_upper_case() -> None:
    environ = {"PORT": "81", "OPEN_READING": "false", "OWN_URL": "http://x", "HOME": "/root"}
    settings = OwnSettings.from_env(environ)
    assert (settings.port, settings.open_reading, settings.own_url) == (81, False, "http://x")


def test_an_empty_variable_is_an_unset_one() -> None:
    assert Settings.from_env({"PORT": "", "BASE_PATH": ""}).port == 8080


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "82")
    assert Settings.from_env().port == 82


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("METRICS_PORT", "65536"),
        ("THREADS", "0"),
        ("BASE_PATH", "reco"),
        ("BASE_PATH", "/reco/"),
        ("BASE_PATH", "/<script>"),
        ("LOG_LEVEL", "loud"),
        ("OPEN_READING", "perhaps"),
        ("MAX_BODY_BYTES", "-1"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({variable: value})
    message = str(caught.value)
    assert message.startswith(f"{variable}: ")
    assert value in message
    assert "\n" not in message


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.from_env({}).port = 1


def test_every_setting_is_described() -> None:
    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]
    assert undescribed == []
