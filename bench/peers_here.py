"""Peers behind the local AWS's web server: `python -m bench.peers_here moto|nothing PORT`.

moto_server's own web server closes each connection. Behind ours, moto shows what recording costs
alone, and an application that does nothing what the web server does.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local_aws.web.web_server import WebServer


def nothing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer an empty object."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]


def main(peer: str, port: int) -> None:
    """Serve until the process is ended."""
    moto = DomainDispatcherApplication(create_backend_app)
    WebServer(moto if peer == "moto" else nothing, port).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
