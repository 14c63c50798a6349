"""Atelier's command line: arguments -> Studio -> page -> server."""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from backend.api.guard import HostRule
    from backend.api.password import Login

HERE = Path(__file__).resolve().parent


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with a sentence where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="app.py", description="Atelier, a Stable Diffusion studio in the browser."
    )
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        help="address to serve on (127.0.0.1: this machine only; 0.0.0.0: everyone who can reach "
        "this machine may paint and see the pictures)",
    )
    add("--port", type=_port, default=7860, help="port to serve on (7860)")
    add("--models", type=Path, default=HERE / "models", help="folder of checkpoints and VAE files")
    add("--outputs", type=Path, default=HERE / "outputs", help="folder the pictures are saved in")
    add(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="what to paint on (auto: the fastest there is)",
    )
    add(
        "--dtype",
        choices=("auto", "fp32", "bf16", "fp16"),
        default="auto",
        help="number format of the model (auto: what this machine computes fastest, as measured)",
    )
    add(
        "--keep-steps",
        type=_gigabytes,
        metavar="GB",
        default=4.0,
        help="gigabytes for the steps that are kept with the pictures, the oldest out (4; 0: none)",
    )
    add(
        "--model-cache",
        type=_gigabytes,
        metavar="GB",
        help="gigabytes of memory for checkpoints that were used lately, so that changing back to "
        "one is immediate; 0 keeps only the one in use (half of what is free at the start)",
    )
    add(
        "--share",
        action="store_true",
        help="also open a public address through Gradio's tunnel: anyone who has it may paint",
    )
    add(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer under this name as well, beside loopback's (and, with --host, this machine's "
        "name and addresses in numbers); may be given several times",
    )
    add(
        "--auth",
        action="append",
        type=_login,
        default=[],
        metavar="USER:PASSWORD",
        help="ask for this name and password before the page is shown, and by the API too unless "
        "that has its own; may be given several times",
    )
    add(
        "--api-auth",
        action="append",
        type=_login,
        default=[],
        metavar="USER:PASSWORD",
        help="ask for this name and password under /sdapi; may be given several times",
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Serve until interrupted; returns the exit status."""
    arguments = parse_arguments()
    # Nothing may leave the machine unasked: neither usage figures nor look-ups on a model hub.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # torch's threads must not spin while they wait: the browser is on the same machine, and with
    # one of two cores taken a picture took 6 to 14 s with spinning threads, 1 to 2 s without.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if not arguments.models.is_dir():
        print(f"There is no models folder at {arguments.models}.", file=sys.stderr)
        return 2

    import uvicorn

    from backend.api.guard import HostRule
    from backend.api.password import Logins
    from backend.studio.studio import Settings, Studio
    from ui.server import build_server

    cache = None if arguments.model_cache is None else int(arguments.model_cache * 1e9)
    studio = Studio(
        Settings(
            models=arguments.models,
            outputs=arguments.outputs,
            device=arguments.device,
            dtype=arguments.dtype,
            step_budget=int(arguments.keep_steps * 1e9),
            cache_bytes=cache,
        )
    )
    rule = HostRule(
        [*arguments.allowed_host, *own_names(arguments.host)],
        addresses=not is_loopback(arguments.host),
    )
    logins = Logins(page=tuple(arguments.auth), api=tuple(arguments.api_auth))
    server = build_server(studio, rule, logins)
    studio.start()
    print(f"Atelier: http://{arguments.host}:{arguments.port}", flush=True)
    if arguments.share:
        print(_share(arguments.port, rule), flush=True)
    try:
        uvicorn.run(
            server,
            host=arguments.host,
            port=arguments.port,
            log_level="warning",
            timeout_graceful_shutdown=1,  # open pages follow their job without end
        )
    finally:
        studio.close()
    return 0


def _share(port: int, rule: HostRule) -> str:
    from backend.errors import AtelierError
    from ui.server import open_tunnel

    try:
        address = open_tunnel(port)
    except AtelierError as error:
        return f"Not shared: {error}"
    rule.allow_tunnel(urlsplit(address).hostname or "")
    return f"Shared: {address}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def own_names(host: str) -> list[str]:
    """The names of this machine in its network, where the server can be reached from there."""
    if is_loopback(host):
        return []
    name = socket.gethostname()
    return [host, name, f"{name}.local"]


def _login(text: str) -> Login:
    from backend.api.password import Login

    try:
        return Login.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("give it as user:password") from error


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _gigabytes(text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        raise argparse.ArgumentTypeError("gigabytes are a number from 0, such as 2 or 0.5")
    return float(text)


if __name__ == "__main__":
    sys.exit(main())
