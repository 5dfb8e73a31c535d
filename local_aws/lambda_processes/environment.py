"""The environment variables of a function, as Lambda sets them.

Source: AWS Lambda Developer Guide, "Working with Lambda environment variables".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.lambda_processes.processes import INTERPRETER, RUNTIMES
from local_aws.role_rights import session_of

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

_NODE_PACKAGES = Path(__file__).parents[2]
"""Where `npm ci` installs the AWS SDK for JavaScript: the clone."""


def environment_of(
    function: LambdaFunction, task: Path, stream: str, endpoint_url: str
) -> dict[str, str]:
    """The process's whole environment. It has none of the server's own settings."""
    own = {key: str(value) for key, value in function.environment_vars.items()}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(task.parent),
        "TMPDIR": str(task.parent),
        **INTERPRETER,
        **own,
        **_reserved(function, task, stream, endpoint_url),
        **_credentials(function),
    }


def _reserved(
    function: LambdaFunction, task: Path, stream: str, endpoint_url: str
) -> dict[str, str]:
    nowhere = str(task.with_name("no-aws-config"))
    return {
        "_HANDLER": str(function.handler),
        "AWS_CONFIG_FILE": nowhere,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REGION": function.region,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "LAMBDA_RUNTIME_DIR": str(RUNTIMES),
        "LAMBDA_TASK_ROOT": str(task),
        "LOCAL_AWS_NODE_PACKAGES": str(_NODE_PACKAGES),
    }


def _credentials(function: LambdaFunction) -> dict[str, str]:
    """Keys of a session of the function's role; as in Lambda, it has the function's name."""
    session = session_of(
        function.role, function.function_name, function.account_id, function.region
    )
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
    }
