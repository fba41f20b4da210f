"""Which addresses are on the public internet. Everything else is refused, by whatever name."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# `is_global` follows IANA's registries; these count as global there, and lead inside all the same.
_ALSO_REFUSED = (
    ip_network("168.63.129.16/32"),  # Azure's wire server
    ip_network("192.88.99.0/24"),  # relays of 6to4
    ip_network("192.0.0.0/24"),  # protocol assignments, and Oracle's metadata
    ip_network("2001::/23"),  # Teredo and other assignments
    ip_network("2002::/16"),  # 6to4, with an IPv4 address inside
    ip_network("3fff::/20"),  # documentation
)
_UNICAST_V6 = ip_network("2000::/3")
# DNS64 gives a public IPv4 address in this form where a cluster speaks IPv6 alone.
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is unicast and on the public internet."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.scope_id or address not in _UNICAST_V6:
            return False
    inside = any(address in network for network in _ALSO_REFUSED)
    return address.is_global and not address.is_multicast and not address.is_reserved and not inside


def literal(host: str) -> Address | None:
    """The address that a URL's host is, None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_numeric(host: str) -> bool:
    """Whether a name is an IPv4 address in an old disguise: `127.1`, `0x7f000001`, `0177.0.0.1`."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last.isdigit() or (last.startswith("0x") and _is_hexadecimal(last[2:]))


def networks(text: str) -> tuple[Network, ...]:
    """Networks out of a list with commas.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())


def _is_hexadecimal(text: str) -> bool:
    return all(digit in "0123456789abcdef" for digit in text)
