"""moto behind the local AWS's web server: `python -m bench.moto_here PORT`.

moto_server's own web server closes each connection; this peer shows what recording costs alone.
"""

from __future__ import annotations

import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local_aws.web_server import WebServer


def main(port: int) -> None:
    """Serve until the process is ended."""
    application = DomainDispatcherApplication(create_backend_app)
    WebServer(application, port).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
