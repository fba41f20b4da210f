"""Signing in with an OpenID provider: authorization code, PKCE, state and nonce."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from .accounts import SIGN_UP, Accounts, Grant
from .domain import NameTaken, User, names_like
from .flows import Flow, Flows
from .limits import Limits
from .provider import AnswerRefused, Proof, Provider
from .settings import LoginSettings
from .store import LoginStore

_STARTED = "oidc"
_MOST_NAMES = 20


@dataclass(frozen=True)
class Started:
    """Where the browser goes, and the secret that it must still have when it comes back."""

    authorization_url: str
    flow: str
    expires_in: int


class OidcSignIn:
    """Accounts of people who prove elsewhere who they are.

    Such an account is found by issuer and subject alone: names and addresses of others' systems
    are claims that somebody may have chosen, so they never lead to an account that is there.
    """

    def __init__(
        self,
        settings: LoginSettings,
        *,
        provider: Provider,
        flows: Flows,
        accounts: Accounts,
        store: LoginStore,
        limits: Limits,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._flows = flows
        self._accounts = accounts
        self._store = store
        self._limits = limits

    def start(self, address: str) -> Started:
        """Begin.

        Raises:
            LimitReached: too many from this address.
            ProviderAway: there is no provider to go to.
        """
        self._limits.count(_STARTED, address, self._settings.signins_per_address)
        flow = Flow(*(secrets.token_urlsafe(32) for _ in range(4)))
        url = self._provider.authorization_url(flow.state, flow.nonce, flow.verifier)
        self._flows.keep(flow)
        return Started(url, flow.secret, self._settings.oidc_flow_seconds)

    def finish(
        self, flow_secret: str, state: str, code: str, issuer: str | None, address: str
    ) -> Grant:
        """Begin a session with what the browser brought back.

        Raises:
            AnswerRefused: this browser did not begin it, or it proves nothing.
            ProviderAway: the provider does not answer.
            LimitReached: too many new accounts from this address.
        """
        flow = self._flows.take(flow_secret, state)
        if flow is None:
            raise AnswerRefused("unknown, too old, or used before")
        proof = self._provider.prove(code, flow.verifier, flow.nonce, issuer)
        # A space is in no issuer's address, so two pairs never make one identity.
        identity = f"{self._provider.issuer} {proof.subject}"
        user = self._store.by_identity(identity) or self._join(identity, proof, address)
        return self._accounts.open(user)

    def _join(self, identity: str, proof: Proof, address: str) -> User:
        self._limits.count(SIGN_UP, address, self._settings.signups_per_address)
        rest = timedelta(seconds=self._settings.name_rest_seconds)
        for name in islice(names_like(self._provider.name_of(proof)), _MOST_NAMES):
            try:
                self._store.check_free(name, rest)
                return self._store.add(name, None, identity=identity)
            except NameTaken:
                # By somebody else, or just now by this one's other tab.
                if user := self._store.by_identity(identity):
                    return user
        raise NameTaken
