"""The guard: this machine's own page passes, other sites and names do not."""

from __future__ import annotations

import asyncio

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from backend.api.guard import HostRule, SiteGuard, objection

LOOPBACK = HostRule()
NETWORK = HostRule(["studio.lan"], addresses=True)
OWN_PAGE = {"host": "localhost:7860", "origin": "http://localhost:7860"}
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:7860"},
        {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"},
        {"host": "[::1]:7860", "origin": "http://[::1]:7860"},
        {**OWN_PAGE, "sec-fetch-site": "same-origin"},
        {"host": "localhost:7860", "sec-fetch-site": "none"},
        {"host": "localhost:7860", "sec-fetch-site": "cross-site", **LINK},
    ],
)
def test_passes_this_machines_own_page(headers):
    assert objection(Headers(headers), LOOPBACK) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example"},
        {"host": "localhost.evil.example:7860"},
        {"host": "192.168.1.7:7860"},
        {"host": "localhost:7860", "origin": "http://evil.example"},
        {"host": "localhost:7860", "origin": "null"},
        {"host": "localhost:7860", "origin": "http://localhost:9999"},
        {"host": "localhost:7860", "origin": "http://[broken"},
        {"host": "[broken"},
        {"host": "localhost:7860", "sec-fetch-site": "cross-site"},
        # Another port of this machine is another site that counts as the same.
        {"host": "localhost:7860", "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
        {"host": "localhost:7860", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {**LINK, "host": "localhost:7860", "sec-fetch-site": "cross-site",
         "sec-fetch-dest": "iframe"},
    ],
)  # fmt: skip
def test_refuses_other_sites(headers):
    assert objection(Headers(headers), LOOPBACK).endswith(".")


def test_a_form_on_another_site_is_no_link():
    headers = Headers({"host": "localhost:7860", "sec-fetch-site": "cross-site", **LINK})
    assert objection(headers, LOOPBACK, "POST").endswith(".")


@pytest.mark.parametrize("host", ["192.168.1.7:7860", "[fe80::1]", "Studio.lan:80", "localhost"])
def test_on_a_network_numbers_and_the_names_that_were_given_are_answered(host):
    assert objection(Headers({"host": host, "origin": f"https://{host}"}), NETWORK) == ""


@pytest.mark.parametrize("host", ["rebound.example", "studio.lan.evil.example", "", "1.2.3.4.5"])
def test_on_a_network_any_other_name_may_be_rebound_and_is_refused(host):
    assert "--allowed-host" in objection(Headers({"host": host}), NETWORK)


def test_a_tunnels_page_is_ours_whatever_host_the_tunnel_passes_on():
    rule = HostRule()
    rule.allow_tunnel("abc.tunnel.example")
    for host in ("abc.tunnel.example", "127.0.0.1:7860"):
        headers = Headers({"host": host, "origin": "https://abc.tunnel.example"})
        assert objection(headers, rule) == ""
    assert objection(Headers({"host": host, "origin": "https://x.tunnel.example"}), rule)


async def _never(scope, receive, send):
    raise AssertionError("the request came through")


def test_a_refusal_is_json_with_a_sentence():
    client = TestClient(SiteGuard(_never, LOOPBACK), base_url="http://evil.example")
    answer = client.post("/sdapi/v1/txt2img", json={})
    assert answer.status_code == 403
    assert answer.json()["detail"].endswith(".")


def test_a_websocket_of_another_site_is_closed_before_it_opens():
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/",
        "headers": [(b"host", b"localhost:7860"), (b"origin", b"http://evil.example")],
    }
    asyncio.run(SiteGuard(_never, LOOPBACK)(scope, None, send))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["websocket.close"]
