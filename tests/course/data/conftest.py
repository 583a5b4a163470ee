"""A real server on this machine, which can break off half way, and empty places to look for data in."""

import contextlib
import http.server
import re
import threading

import pytest


@contextlib.contextmanager
def _serve(body, *, breaks=(), ranges=True, status=200, copies=0):
    """Serve `body` at the address given back with the list of the ranges that were asked for.

    The first answers break off after so many bytes as `breaks` says; `ranges` tells whether the server can go on in the
    middle. With `copies` an answer does not say how long it is, and has the body that many times, or as long as
    somebody listens.
    """
    asked, left = [], list(breaks)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers.get("Range"))
            start = int(re.fullmatch(r"bytes=(\d+)-", asked[-1])[1]) if ranges and asked[-1] else 0
            if start >= len(body) > 0 and start:
                self.send_error(416)
                return
            if copies:
                self.send_response(status)
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    for _ in range(copies):
                        self.wfile.write(body)
                return
            self.send_response(206 if start else status)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start:][: left.pop(0) if left else None])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/file", asked
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def serve():
    return _serve


@pytest.fixture
def places(monkeypatch, tmp_path):
    """The folders in which data are looked for, all of them empty, and no network."""
    names = {"home": "XAI_DATA_HOME", "keras": "KERAS_HOME", "sklearn": "SCIKIT_LEARN_DATA", "cache": "XAI_CACHE"}
    folders = {name: tmp_path / name for name in names}
    for name, variable in names.items():
        folders[name].mkdir()
        monkeypatch.setenv(variable, str(folders[name]))
    monkeypatch.setenv("XAI_OFFLINE", "1")
    return folders
