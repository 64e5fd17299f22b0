"""Who pays for a call: the ledger is asked first, then a key or the login goes with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.youtube.complaints import (
    BucketEmptyError,
    KeyProblemError,
    LoginNeededError,
    NotYoursError,
)
from loquitur.youtube.credentials import KEY_NAME, TOKEN_NAME, GivenToken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.youtube.complaints import ComplaintError
    from loquitur.youtube.credentials import Credentials
    from loquitur.youtube.ledger import Ledger, Reservation
    from loquitur.youtube.methods import Method, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A call that may go out.

    Args:
        headers: With the key or the token.
        reservation: What the ledger counted.
        by_login: Whether the login asks.
    """

    headers: Mapping[str, str] = field(repr=False)
    reservation: Reservation
    by_login: bool


class Purse:
    """The credentials and the ledger together.

    Args:
        credentials: Keys and login.
        ledger: What was spent.
        look: Asks the service for its time, True where that is another than was known; called
            before a call is refused, since a wrong clock may have the wrong day.
    """

    def __init__(
        self, credentials: Credentials, ledger: Ledger, *, look: Callable[[], bool]
    ) -> None:
        self.credentials = credentials
        self.ledger = ledger
        self._look = look
        self._token = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may not stand in any error."""
        return (*self.credentials.secrets, self._token)

    def pay(self, method: Method, given: Mapping[str, Value]) -> Paid:
        """Count a call, and give it the key or token that goes with it.

        Raises:
            BucketEmptyError: No key has units left for it today.
            MissingError: There is no key, or no login where one is needed.
            LoginNeededError: The login is over.
        """
        by_login = self.credentials.by_login(method, given)
        payers = self.credentials.payers[:1] if by_login else self.credentials.payers
        headers = {}
        if by_login and self.credentials.login is not None:
            self._token = self.credentials.login.access_token()
            headers = {"Authorization": f"Bearer {self._token}"}
        try:
            reservation = self.ledger.take(payers, method.id)
        except BucketEmptyError:
            if not self._look():
                raise
            reservation = self.ledger.take(payers, method.id)
        if not by_login:
            headers = {"X-Goog-Api-Key": self.credentials.key_of(reservation.project)}
        return Paid(headers=headers, reservation=reservation, by_login=by_login)

    def done(self, paid: Paid) -> None:
        """The call came back, with whatever answer."""
        self.ledger.settle(paid.reservation)

    def unsent(self, paid: Paid) -> None:
        """The call never left: its units are there again."""
        self.ledger.give_back(paid.reservation)

    def refused(self, paid: Paid, error: ComplaintError) -> None:
        """The call came back with an error: hear what it says, and say which key it is about."""
        self.done(paid)
        if isinstance(error, BucketEmptyError):
            error.project = paid.reservation.project
            # Of the day it was asked on: an answer that comes after midnight says nothing of today.
            self.ledger.mark_full(error.project, error.bucket, day=paid.reservation.day)
        elif isinstance(error, KeyProblemError) and len(self.credentials.projects) > 1:
            number = self.credentials.payers.index(paid.reservation.project) + 1
            error.hint += f" (it is key {number} of {len(self.credentials.projects)} in {KEY_NAME})"
        elif isinstance(error, LoginNeededError | NotYoursError) and self._by_set_token(paid):
            error.hint += f"; {TOKEN_NAME} is set and goes before a saved login: unset it first"

    def _by_set_token(self, paid: Paid) -> bool:
        """Whether the token of the environment asked."""
        is_given = isinstance(self.credentials.login, GivenToken)
        return paid.by_login and is_given and not self.credentials.is_emulated

    def renew(self, paid: Paid) -> bool:
        """Another token for a login whose token was refused; False where there is none."""
        login = self.credentials.login
        return paid.by_login and login is not None and login.renew()
