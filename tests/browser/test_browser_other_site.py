"""A page of another site, open in the artist's own browser, can neither paint nor read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.serving import serving
from tests.ui.fake_studio import FakeStudio
from ui.server import build_server

# All that a page can try without being asked; each says "refused" or what came of it.
ATTACK = """async (target) => {
  const told = {};
  const tries = {
    read: async () => (await fetch(`${target}atelier/recent`)).text(),
    paint: async () => {
      await fetch(`${target}sdapi/v1/txt2img`, { method: "POST", mode: "no-cors", body: "{}" });
      return "sent";
    },
    look: () => new Promise((done, fail) => {
      const image = new Image();
      image.onload = () => done("seen");
      image.onerror = fail;
      image.src = `${target}atelier/${window.picture}`;
    }),
    follow: () => new Promise((done, fail) => {
      const stream = new EventSource(`${target}atelier/jobs/x/events`);
      stream.onmessage = () => done("followed");
      stream.onerror = fail;
    }),
    frame: () => new Promise((done) => {
      const frame = document.createElement("iframe");
      frame.onload = () => done("loaded");
      frame.src = target;
      document.body.append(frame);
    }),
  };
  for (const [name, act] of Object.entries(tries)) {
    told[name] = await act().catch(() => "refused");
  }
  return told;
}"""


class OtherSite(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Other</title><form method=post></form><a>Atelier</a>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OtherSite)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture
def studio(tmp_path) -> FakeStudio:
    studio = FakeStudio(tmp_path, pace=0.0)
    studio.add_earlier_pictures([(64, 64)])
    return studio


@pytest.fixture
def target(studio) -> Iterator[str]:
    with serving(build_server(studio)) as port:
        yield f"http://127.0.0.1:{port}/"


# "localhost" is another site than 127.0.0.1, and another port of the same host the same site.
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_another_site_can_neither_paint_nor_read(studio, target, other_port, artists, host):
    page = artists().context.new_page()
    page.goto(f"http://{host}:{other_port}/")
    path = studio.recent(1)[0].path
    page.evaluate("name => { window.picture = name; }", f"pictures/{path.parent.name}/{path.name}")
    answers: list[tuple[int, str]] = []
    page.on(
        "response",
        lambda it: answers.append((it.status, it.url)) if it.url.startswith(target) else None,
    )
    told = page.evaluate(ATTACK, target)
    assert told["read"] == told["look"] == told["follow"] == "refused"
    # The browser tells only of those that it does not keep from the page by itself.
    assert {(403, f"{target}sdapi/v1/txt2img"), (403, target)} <= set(answers)
    assert {status for status, _ in answers} == {403}
    assert studio.jobs == {}


def test_a_form_of_another_site_paints_nothing_and_a_link_leads_here(
    studio, target, other_port, artists
):
    page = artists().context.new_page()
    page.goto(f"http://localhost:{other_port}/")
    page.evaluate("url => { document.forms[0].action = url; }", f"{target}sdapi/v1/interrupt")
    with page.expect_navigation() as sent:
        page.evaluate("document.forms[0].submit()")
    assert sent.value.status == 403
    page.goto(f"http://localhost:{other_port}/")
    page.evaluate("url => { document.querySelector('a').href = url; }", target)
    with page.expect_navigation() as followed:
        page.click("a")
    assert followed.value.status == 200
    page.get_by_role("button", name="Generate").wait_for(timeout=60_000)
