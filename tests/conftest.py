"""One local AWS per test process, empty for every test."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.hooks
import botocore.session
import botocore.useragent
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from local_aws import LocalAws
from local_aws.serving.garbage import left_alone, look_through_everything_seldom
from tests import left_behind
from tests.waiting import until

DELIVERY_DELAY = 0.2

# Commands that tests start hear Ctrl-C, also where the tests are in a script's background.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine's other work is no failure of ours, so no example has a deadline. A property whose
# examples take long tries a part of `settings().max_examples`. `make test` tries the same examples
# each time: what fails fails again. `make test-all` looks for others.
_patient = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", _patient, derandomize=True)
settings.register_profile("long", _patient, derandomize=False, max_examples=2_000)
settings.load_profile("short")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Do not look through what is loaded for garbage, now or ever again: it stays."""
    with left_alone():
        yield
    look_through_everything_seldom()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Look through everything once at the end; pytest would do it twice, for a second or two."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _what_a_command_sets_is_put_back() -> Iterator[None]:
    """Commands set some things for as long as their process lives; tests run them in theirs."""
    sigterm, thresholds = signal.getsignal(signal.SIGTERM), gc.get_threshold()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # which keeps the first keys that it had
        yield
    signal.signal(signal.SIGTERM, sigterm)
    gc.set_threshold(*thresholds)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What checks keep of the tests' log files is not put into the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _synths_are_quick() -> Iterator[None]:
    """The CDK's rules, which change no template, take two thirds of each synth's time to load; and
    a first synth finds the CDK unpacked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        patch.setenv("JSII_RUNTIME_PACKAGE_CACHE", "enabled")
        yield


@pytest.fixture(scope="session", autouse=True)
def _examples_are_the_same_whatever_is_loaded() -> Iterator[None]:
    """Hypothesis also tries constants of the modules that happen to be loaded, and looks through
    all of them for those; the long profile does."""
    with pytest.MonkeyPatch.context() as patch:
        if settings.get_current_profile_name() == "short":
            patch.setattr(providers, "_get_local_constants", lambda: providers._local_constants)
        yield


@pytest.fixture(scope="session", autouse=True)
def _keys_are_used_again() -> Iterator[None]:
    """One RSA key takes 50 ms to make, and each topic, KMS key and signer of digests has one."""
    made, turns = functools.cache(_key), itertools.cycle(range(16))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", lambda **options: made(next(turns), **options))
        yield


def _key(_turn: int, make: Any = rsa.generate_private_key, **options: int) -> Any:
    return make(**options)


@pytest.fixture(scope="session", autouse=True)
def _descriptions_are_read_once() -> Iterator[None]:
    """All boto3 sessions share what botocore reads of its data: 50 ms a session.

    But not the paths of S3's operations, whose clients take the bucket out of them.
    """

    create: Any = botocore.session.create_loader

    @functools.cache
    def shared(*search_paths: Any) -> Any:
        loader = create(*search_paths)
        read = loader.load_service_model

        def load(name: str, *rest: Any, **options: Any) -> Any:
            found = read(name, *rest, **options)
            if name != "s3" or "operations" not in found:
                return found
            operations = {
                operation: {**described, "http": dict(described["http"])}
                for operation, described in found["operations"].items()
            }
            return {**found, "operations": operations}

        loader.load_service_model = load
        return loader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", shared)
        yield


@pytest.fixture(scope="session", autouse=True)
def _user_agents_are_spelled_once() -> Iterator[None]:
    """botocore spells all parts of the user agent anew, twice in each call: a tenth of its time."""
    with pytest.MonkeyPatch.context() as patch:
        spelled = functools.lru_cache(4096)(botocore.useragent.sanitize_user_agent_string_component)
        patch.setattr(botocore.useragent, "sanitize_user_agent_string_component", spelled)
        yield


@pytest.fixture(scope="session", autouse=True)
def _handlers_are_looked_at_once() -> Iterator[None]:
    """All boto3 sessions share the names that botocore gives its events, and what a handler takes
    is read from its code: 5 of a session's 6 ms, and a tenth of a client's."""

    hooks: Any = botocore.hooks
    names = dict[str, str]()
    alias, takes_any = hooks.EventAliaser._alias_event_name, hooks.accepts_kwargs

    def named(aliaser: Any, name: str) -> str:
        if name not in names:
            names[name] = alias(aliaser, name)
        return names[name]

    def accepts_kwargs(handler: Any) -> Any:
        code = getattr(handler, "__code__", None)
        return code.co_flags & inspect.CO_VARKEYWORDS if code else takes_any(handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hooks.EventAliaser, "_alias_event_name", named)
        patch.setattr(hooks, "accepts_kwargs", accepts_kwargs)
        yield


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """The next file of this process begins as this one did."""
    before = left_behind.state()
    yield
    assert left_behind.left(before) == []


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The templates that were synthesized so far, by any of the processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "synthesized"
    folder.mkdir(exist_ok=True)
    return folder


def at_work() -> list[str]:
    """What the local AWS of this process does in the background."""
    from local_aws.athena import queries
    from local_aws.cloudformation import background
    from local_aws.lambda_processes import concurrency

    functions = ["function"] * concurrency._count
    return [*functions, *background._running, *(each.id for each in queries._running.values())]


class OneAtATime:
    """The local AWS of this process, kept from test to test while they want the same options."""

    def __init__(self) -> None:
        self._running = contextlib.ExitStack()
        self._aws: LocalAws | None = None
        self._options: dict[str, Any] = {}

    def __call__(self, **options: Any) -> LocalAws:
        """An empty local AWS, at the machine's time, with these options of `LocalAws`."""
        options = {"delivery_delay": DELIVERY_DELAY} | options
        if self._aws is None or options != self._options:
            self.stop()
            self._aws = self._running.enter_context(LocalAws(**options))
            self._options = options
        else:
            self._aws.reset()
        return self._aws

    def give_back(self) -> None:
        """Wait for what it still does, which would be done to what comes next, and return to the
        machine's time."""
        if self._aws is not None:
            until(lambda: not at_work())
            self._aws.clock.release()

    def stop(self) -> None:
        """Stop what runs, and with it every change of ours in this process's moto."""
        self._running.close()
        self._aws = None


@pytest.fixture(scope="session")
def _local_aws_process() -> Iterator[OneAtATime]:
    from local_aws.cloudformation import background

    process = OneAtATime()
    with pytest.MonkeyPatch.context() as patch:
        # Tests look at a stack once they have their answer; just under the time that clients wait.
        patch.setattr(background, "ANSWER_WITHIN", 50.0)
        yield process
        process.stop()


@pytest.fixture
def aws(aws_with: OneAtATime) -> LocalAws:
    """A local AWS with nothing in it."""
    return aws_with()


@pytest.fixture
def aws_with(_local_aws_process: OneAtATime) -> Iterator[OneAtATime]:
    """Start an empty local AWS with options of `LocalAws`, in place of the usual one."""
    yield _local_aws_process
    _local_aws_process.give_back()


@pytest.fixture
def only_moto(_local_aws_process: OneAtATime) -> Iterator[None]:
    """moto in this process as it comes, with nothing in it: neither changes of ours nor anybody's
    state."""
    from moto.moto_api._internal.models import moto_api_backend

    _local_aws_process.stop()
    moto_api_backend.reset()
    yield
    moto_api_backend.reset()


@pytest.fixture(scope="session")
def _moto_server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def moto_url(only_moto: None, _moto_server: str) -> str:
    """The URL of moto's own server, with nothing in it."""
    return _moto_server


@pytest.fixture
def patient_aws(aws_with: OneAtATime) -> LocalAws:
    """An empty local AWS that delivers when it is told to, or when time was moved."""
    return aws_with(delivery_delay=3600)
