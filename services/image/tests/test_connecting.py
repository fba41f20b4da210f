"""Names: what they lead to is checked once, and that very address is connected to."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import httpcore2
import pytest

from reddit_reco_image.addresses import Address, is_numeric, is_public, networks
from reddit_reco_image.connecting import Deadline, Gate, GuardedBackend, loopback_socket
from reddit_reco_image.domain import Refused

PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001:80b::200e"]


class Names:
    """A name server whose answers change from one question to the next."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, _: str, __: float) -> Sequence[Address]:
        self.asked += 1
        return [ip_address(each) for each in self._answers.pop(0)]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_public_address_behind_nat64_is_open() -> None:
    assert is_public(ip_address("64:ff9b::101:101"))
    assert not is_public(ip_address("64:ff9b::a00:1"))
    assert not is_public(ip_address("64:ff9b:1::101:101"))


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_of_a_private_address_is_refused_also_among_public_ones(inside: str) -> None:
    for found in ([inside], ["1.1.1.1", inside], [inside, "1.1.1.1"]):
        with pytest.raises(Refused) as error:
            Gate(Names(found)).addresses("pictures.example", 80, 1)
        assert error.value.reason == "address-refused"


def test_a_name_without_an_address_is_refused_in_the_same_words() -> None:
    with pytest.raises(Refused) as nothing:
        Gate(Names([])).addresses("nothing.example", 80, 1)
    with pytest.raises(Refused) as inside:
        Gate(Names(["10.0.0.1"])).addresses("inside.example", 80, 1)
    assert str(nothing.value) == str(inside.value)


def test_networks_of_your_own_are_refused() -> None:
    gate = Gate(Names(["93.184.215.14"]), refused=networks("93.184.0.0/16, 2001:500::/30"))
    with pytest.raises(Refused):
        gate.addresses("pictures.example", 443, 1)


def test_a_name_that_changes_after_the_check_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[object] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    names = Names(["1.1.1.1", "1.0.0.1"], ["127.0.0.1"])
    backend = GuardedBackend(Gate(names), Deadline(5), 1)
    with pytest.raises(httpcore2.ConnectError):
        backend.connect_tcp("rebinding.example", 80)
    assert connected == [("1.1.1.1", 80), ("1.0.0.1", 80)]
    assert names.asked == 1


@pytest.mark.parametrize(
    "host", ["1.2.3", "127.1", "0x7f.1", "0X7F000001", "2130706433", "0.", "0x"]
)
def test_numbers_in_disguise_are_told(host: str) -> None:
    assert is_numeric(host)


@pytest.mark.parametrize("host", ["example.org", "1.example", "abc", "xn--p1ai", "0xyz"])
def test_names_are_no_numbers(host: str) -> None:
    assert not is_numeric(host)


@pytest.mark.parametrize(
    "text", ["10.0.0.1:80", "127.0.0.2:80", "localhost:80", "127.0.0.1", "127.0.0.1:0", "[::1]:80"]
)
def test_nothing_but_one_loopback_socket_can_be_exempt(text: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:<port>"):
        loopback_socket(text)
