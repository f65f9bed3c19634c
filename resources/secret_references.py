"""References to secrets: the values of settings that AWS Secrets Manager keeps, looked up by the role of the process.

Which settings may be one is the settings' business. What is found is never logged, and no sentence quotes it.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tributary.resources.errors import TributaryError

SCHEME = "secretsmanager:"
"""What a reference begins with: `secretsmanager:NAME`, or `secretsmanager:NAME#KEY` for a part of a JSON secret.

The name may be an ARN."""


class SecretError(TributaryError):
    """A secret cannot be had: it is not there, may not be read, or is not of the form that is asked for."""


def is_reference(value: str) -> bool:
    """Whether a setting's value names a secret instead of being it."""
    return value.startswith(SCHEME)


def look_up(reference: str, region: str | None = None, endpoint_url: str | None = None) -> str:
    """The secret's text, or the text of one key of it.

    A secret of RDS's form (JSON with host, username and password) that is asked for as a whole is its server's URL.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html

    Raises:
        SecretError: it cannot be had.
    """
    name, _, key = reference.removeprefix(SCHEME).partition("#")
    text = _text(name, region, endpoint_url)
    if not key:
        return _server_url(text) or text
    found = _parts(text).get(key)
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise SecretError(f"the secret {name} is no JSON object with a text {key}.")
    return str(found)


def _text(name: str, region: str | None, endpoint_url: str | None) -> str:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session

    session = Session()
    where = region or session.get_config_variable("region") or "us-east-1"
    try:
        client: Any = session.create_client("secretsmanager", region_name=where, endpoint_url=endpoint_url)
        found = client.get_secret_value(SecretId=name).get("SecretString")
    except (ClientError, BotoCoreError) as error:
        # The words of AWS may name accounts and roles.
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise SecretError(
            f"Secrets Manager does not give the secret {name} in {where} ({code}); check its name and the role."
        ) from None
    if not found:
        raise SecretError(f"the secret {name} holds bytes and no text.")
    return str(found)


def _parts(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _server_url(text: str) -> str | None:
    parts = _parts(text)
    if not {"host", "username", "password"} <= parts.keys():
        return None
    who = f"{quote(str(parts['username']), safe='')}:{quote(str(parts['password']), safe='')}"
    return f"postgresql://{who}@{parts['host']}:{parts.get('port', 5432)}/{parts.get('dbname', 'postgres')}"
