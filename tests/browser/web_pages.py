"""The explorers' modules served to a real browser from a small server on this machine, and pages that use them."""

import functools
import http.server
import threading
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "course_lib" / "explorers" / "web"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def log_message(self, *_):
        """Say nothing."""

    def end_headers(self):
        """Let the browser keep the modules from page to page."""
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def do_GET(self):
        """An empty page at /page, files below it."""
        if self.path != "/page":
            return super().do_GET()
        head = b"<!doctype html><meta charset=utf-8><link rel=icon href='data:,'>"
        head += b"<meta name=viewport content='width=device-width'>"
        content = head + b"<body style='margin:0'><div id=here></div>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(content)
        return None


class WebPages:
    """A server over `web/`, and pages of it in a browser.

    Parameters
    ----------
    browser : a Chromium of Playwright
    folder : what is served
    """

    def __init__(self, browser, folder=WEB):
        self.browser = browser
        self.in_use, self.idle = [], {}
        handler = functools.partial(_Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def open(self, width=1366, height=640, **context):
        """An empty page; what its console says as an error, or it throws, is in page.said.

        A page that `clear` has emptied is taken before a new one: a process of the browser begins only for the latter,
        which takes three times as long.
        """
        kind, size = tuple(sorted(context.items())), {"width": width, "height": height}
        idle = self.idle.setdefault(kind, [])
        if idle:
            page = idle.pop()
            if page.viewport_size != size:
                page.set_viewport_size(size)
        else:
            page = self._new(size, context)
        self.in_use.append((page, kind))
        return page

    def _new(self, size, context):
        page = self.browser.new_context(viewport=size, **context).new_page()
        page.said = []
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.said.append(message.text))
        page.goto(f"{self.url}/page")
        return page

    def clear(self, kept=()):
        """Empty every page in use but those of `kept`, for the next test; no page may have said an error.

        A page whose context a test has closed is not used again: what was done to it would outlast its document.
        """
        ended = [each for each in self.in_use if each not in kept]
        self.in_use = list(kept)
        said = [words for page, _ in ended for words in page.said]
        for page, kind in ended:
            if not page.is_closed():
                page.mouse.move(-1, -1)
                page.goto(f"{self.url}/page")  # nothing of the old document goes on
                page.said.clear()
                self.idle[kind].append(page)
        assert said == [], said  # nobody rewrites the asserts of this file

    def mount(self, explorer, state=None, has_address=False, **words):
        """A page with one explorer, its handle in window.explorer."""
        page = self.open(**words)
        self.put(page, explorer, state, has_address)
        return page

    def put(self, page, explorer, state=None, has_address=False):
        """An explorer on a page that is open, its handle in window.explorer. has_address: the page is its own."""
        page.evaluate(
            """async ([name, state, has_address]) => {
              const { default: mount } = await import(`/explorers/${name}.js`);
              const host = has_address ? { address: window.location } : {};
              window.explorer = mount(document.getElementById("here"), state, host);
            }""",
            [explorer, state or {}, has_address],
        )

    def stop(self):
        """End the server."""
        self.server.shutdown()
        self.server.server_close()
