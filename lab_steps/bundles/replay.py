"""Checking a lab while saving its responses, and checking again from what was saved.

`SavingTarget` is between a check and its target. `Replay` gives the same responses without one.
Both are `Readable`, so no check knows which it sees. What is saved has no session token and no
secret key: records of STS have session tokens, which are removed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from lab_steps.checking.patience import Patience
from lab_steps.checking.view import Readable
from lab_steps.credential_redaction import redacted, redacted_in, redacted_log_file
from lab_steps.errors import CannotLookError
from trail_logs.layout import Scope
from trail_logs.sources import log_source
from trail_logs.sources.log_source import Body, LogFile, LogSource, LogSourceError, read_body

_SHORT_METADATA = ("RetryAttempts", "MaxAttemptsReached")


class NotInBundleError(CannotLookError):
    """A check asks for something that was not asked for when the bundle was saved."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong with a call, enough to raise it again.

    `kind` is the exception's class; `response` is a ClientError's, `details` what another
    botocore error was made of, `text` and `next_step` a log source's.
    """

    kind: str
    operation: str = ""
    response: dict[str, Any] = {}
    details: dict[str, str] = {}
    text: str = ""
    next_step: str = ""


class SavedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a check, and its answer or failure. Times and bytes are tagged objects."""

    operation: str
    parameters: Any
    answer: Any = None
    failure: Failure | None = None


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """An object as it was listed."""

    key: str
    size: int
    etag: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What a log source listed for a scope, and what went wrong with listing or reading it."""

    bucket: str
    prefix: str
    scope: str
    files: tuple[KeptFile, ...] = ()
    failure: Failure | None = None
    reading_failure: Failure | None = None


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """All calls and listings with their answers, in order."""

    answers: tuple[SavedAnswer, ...]
    listings: tuple[Listing, ...]


KeepBody = Callable[[str, str, bytes], None]
"""Keeps the bytes of an object: bucket, key, bytes."""

BodyOf = Callable[[str, str], bytes | None]
"""The bytes that were kept of an object."""


@dataclass
class SavingTarget:
    """A target that keeps what it answers, and gives every body that is read to `keep`."""

    target: Readable
    keep: KeepBody
    _answers: list[SavedAnswer] = field(default_factory=list)
    _listings: dict[tuple[str, str, str], Listing] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return self.target.region

    @property
    def patience(self) -> Patience:
        return self.target.patience

    def ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The target's answer, or its failure raised again; both are kept."""
        from botocore.exceptions import BotoCoreError, ClientError

        asked = redacted_in(_tagged(parameters))
        try:
            answer = self.target.ask(operation, parameters)
        except (ClientError, BotoCoreError) as error:
            failure = _failure(error)
            self._answers.append(
                SavedAnswer(operation=operation, parameters=asked, failure=failure)
            )
            raise
        kept = SavedAnswer(
            operation=operation, parameters=asked, answer=redacted_in(_tagged(answer))
        )
        self._answers.append(kept)
        return answer

    def log_source(self, bucket: str, prefix: str) -> LogSource:
        """The target's log files; what is listed and read is kept."""
        return _RecordingSource(self, self.target.log_source(bucket, prefix), bucket, prefix)

    def recording(self) -> Recording:
        """What was kept so far."""
        return Recording(answers=tuple(self._answers), listings=tuple(self._listings.values()))

    def note(self, listing: Listing) -> None:
        """Keep what was listed."""
        self._listings[listing.bucket, listing.prefix, listing.scope] = listing

    def note_unreadable(self, bucket: str, prefix: str, failure: Failure) -> None:
        """Keep the failure of reading an object of a listing."""
        for key, listing in self._listings.items():
            if key[:2] == (bucket, prefix):
                noted = msgspec.structs.replace(listing, reading_failure=failure)
                self._listings[key] = noted


@dataclass
class _RecordingSource:
    recorder: SavingTarget
    source: LogSource
    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def address(self) -> str:
        return self.source.address

    def files(self, scope: Scope) -> list[LogFile]:
        kept = Listing(bucket=self.bucket, prefix=self.prefix, scope=_scope_text(scope))
        try:
            files = self.source.files(scope)
        except LogSourceError as error:
            self.recorder.note(msgspec.structs.replace(kept, failure=_source_failure(error)))
            raise
        listed = tuple(KeptFile(key=f.key, size=f.size, etag=f.etag) for f in files)
        self.recorder.note(msgspec.structs.replace(kept, files=listed))
        return files

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        try:
            for file, body in self.source.bodies(files):
                data = read_body(body, file.size)
                self.recorder.keep(self.bucket, file.key, redacted_log_file(data))
                yield file, data
        except LogSourceError as error:
            failure = _source_failure(error)
            self.recorder.note_unreadable(self.bucket, self.prefix, failure)
            raise


@dataclass
class Replay:
    """What a SavingTarget kept, answering in its target's place. Raises NotInBundleError."""

    region: str
    patience: Patience
    recording: Recording
    body_of: BodyOf

    def __post_init__(self) -> None:
        self._answers = {
            (each.operation, _key(each.parameters)): each for each in self.recording.answers
        }
        self._listings = {
            (each.bucket, each.prefix, each.scope): each for each in self.recording.listings
        }

    def ask(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The kept answer, or the kept failure raised."""
        asked = _key(redacted_in(_tagged(parameters)))
        kept = self._answers.get((operation, asked))
        if kept is None:
            raise NotInBundleError(
                f"The bundle has no response to {operation} with {asked}.",
                "Save the bundle again with this version of the lab, or check the lab itself.",
            )
        if kept.failure:
            raise _raised(kept.failure)
        return dict(_untagged(kept.answer))

    def log_source(self, bucket: str, prefix: str) -> LogSource:
        """The kept log files."""
        return _ReplayedSource(self, bucket, prefix)

    def listing(self, bucket: str, prefix: str, scope: Scope) -> Listing:
        """What was listed for `scope`."""
        kept = self._listings.get((bucket, prefix, _scope_text(scope)))
        if kept is None:
            raise NotInBundleError(f"The bundle has no listing of s3://{bucket}/{prefix} for this.")
        return kept

    def reading_failure(self, bucket: str, prefix: str) -> Failure | None:
        """What went wrong with reading an object, if anything."""
        kept = self._listings.items()
        failures = (each.reading_failure for key, each in kept if key[:2] == (bucket, prefix))
        return next((each for each in failures if each), None)


@dataclass
class _ReplayedSource:
    replay: Replay
    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        return self.bucket

    @property
    def address(self) -> str:
        return f"bundle/{self.bucket}"

    def files(self, scope: Scope) -> list[LogFile]:
        kept = self.replay.listing(self.bucket, self.prefix, scope)
        if kept.failure:
            raise _raised(kept.failure)
        return [LogFile(each.key, each.size, each.etag) for each in kept.files]

    def bodies(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, Body]]:
        for file in files:
            data = self.replay.body_of(self.bucket, file.key)
            if data is None:
                failure = self.replay.reading_failure(self.bucket, self.prefix)
                if failure:
                    raise _raised(failure)
                raise NotInBundleError(f"The bundle lacks s3://{self.bucket}/{file.key}.")
            yield file, data


def _tagged(value: Any) -> Any:
    """`value` as JSON has it, with times and bytes as objects."""
    match value:
        case datetime():
            return {"$time": value.astimezone(UTC).isoformat()}
        case timedelta():
            return {"$seconds": value.total_seconds()}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case dict():
            return {key: _tagged(part) for key, part in value.items()}
        case list() | tuple():
            return [_tagged(part) for part in value]
    return value


def _untagged(value: Any) -> Any:
    match value:
        case {"$time": str(text)}:
            return datetime.fromisoformat(text)
        case {"$bytes": str(text)}:
            return base64.b64decode(text)
        case dict():
            return {key: _untagged(part) for key, part in value.items()}
        case list():
            return [_untagged(part) for part in value]
    return value


def _key(parameters: Any) -> str:
    return msgspec.json.encode(parameters, order="deterministic").decode()


def _scope_text(scope: Scope) -> str:
    return _key(msgspec.to_builtins(scope))


def _failure(error: Exception) -> Failure:
    from botocore.exceptions import ClientError

    kind = type(error).__name__
    if isinstance(error, ClientError):
        answer: dict[str, Any] = dict(error.response)
        metadata = answer.get("ResponseMetadata") or {}
        short = {name: metadata[name] for name in _SHORT_METADATA if name in metadata}
        response = redacted_in(_tagged({"Error": answer["Error"], "ResponseMetadata": short}))
        return Failure(kind=kind, operation=error.operation_name, response=response)
    details = {name: str(value) for name, value in getattr(error, "kwargs", {}).items()}
    return Failure(kind=kind, details=redacted_in(details))


def _source_failure(error: LogSourceError) -> Failure:
    return Failure(kind=type(error).__name__, text=redacted(str(error)), next_step=error.advice)


def _raised(failure: Failure) -> Exception:
    """An exception with the class and text of the one that `failure` was made of."""
    from botocore import exceptions

    if failure.response:
        named: Any = exceptions.ClientError
        if failure.kind != named.__name__:
            named = type(failure.kind, (named,), {})
        error: Exception = named(_untagged(failure.response), failure.operation)
        return error
    known = getattr(log_source, failure.kind, None) or getattr(exceptions, failure.kind, None)
    if isinstance(known, type) and issubclass(known, LogSourceError):
        return known(failure.text, failure.next_step)
    if isinstance(known, type) and issubclass(known, exceptions.BotoCoreError):
        return known(**failure.details)
    return CannotLookError(f"{failure.kind}: {failure.text}")
