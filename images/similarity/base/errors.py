"""The errors that reach the caller, each with the HTTP status that is true of it."""

from __future__ import annotations

from contract.headers import RETRY_AFTER


class ServiceError(Exception):
    """A request that cannot be answered: `status` is the HTTP status, the text says what is wrong and what to do."""

    status = 500

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer, beside its status."""
        return {}


class BadRequest(ServiceError):
    """The request is wrong; `status` is 400 unless another 4xx is truer."""

    def __init__(self, message: str, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self._headers = headers or {}

    @property
    def headers(self) -> dict[str, str]:
        return self._headers


class Unavailable(ServiceError):
    """The model is not there (yet); the next request tries again."""

    status = 503

    @property
    def headers(self) -> dict[str, str]:
        return {RETRY_AFTER: "1"}


class StoreError(Unavailable):
    """A file of the bundle is missing, cut off or damaged: the text says which and why, but not where it is kept."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"model file {name} {reason}; repair the store; the next request tries again")
        self.name = name


class Replaced(StoreError):
    """A file of the bundle has changed since loading began, and must not be mixed with what was read before."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "was replaced while it was in use")
