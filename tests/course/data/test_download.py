"""A download that breaks off goes on, and what appears is whole, whatever the server does."""

import hashlib
import os
import time

import pytest

from xai_course.data.download import DESERTED, DownloadError, download
from xai_course.progress import Progress

BODY = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "file.bin"


def left_behind(path):
    return sorted(other.name for other in path.parent.iterdir())


def test_a_file_arrives_whole_and_alone(path, serve):
    with serve(BODY) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert path.read_bytes() == BODY
    assert left_behind(path) == ["file.bin"]
    assert asked == [None]


def test_where_the_line_breaks_the_rest_is_asked_for(path, serve):
    with serve(BODY, breaks=[100_000, 50_000]) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert path.read_bytes() == BODY
    assert asked == [None, "bytes=100000-", "bytes=150000-"]
    assert left_behind(path) == ["file.bin"]


def test_a_server_that_cannot_go_on_sends_everything_anew(path, serve):
    with serve(BODY, breaks=[100_000], ranges=False) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert path.read_bytes() == BODY
    assert asked == [None, "bytes=100000-"]


def test_the_next_call_goes_on_where_this_one_stopped(path, serve):
    with serve(BODY, breaks=[100_000, 0]) as (address, _), pytest.raises(DownloadError, match="100000 of 256000 bytes"):
        download(address, path, SHA256, len(BODY))
    assert left_behind(path) == ["file.bin.part"]
    with serve(BODY) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert asked == ["bytes=100000-"]
    assert path.read_bytes() == BODY
    assert left_behind(path) == ["file.bin"]


def test_an_interrupt_leaves_what_has_come(path, serve, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with serve(BODY) as (address, _), monkeypatch.context() as context:
        context.setattr("xai_course.progress.Progress.update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            download(address, path, SHA256, len(BODY))
    assert left_behind(path) == ["file.bin.part"]
    with serve(BODY) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert asked[0].startswith("bytes=")
    assert path.read_bytes() == BODY


def test_the_part_of_a_running_program_is_left_to_it(path, serve):
    path.parent.mkdir()
    running = path.with_name("file.bin.0000.part")
    running.write_bytes(BODY[:1000])
    with serve(BODY) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert asked == [None]
    assert left_behind(path) == ["file.bin", running.name]


def test_the_part_of_a_killed_program_is_taken_over(path, serve):
    path.parent.mkdir()
    killed = path.with_name("file.bin.0000.part")
    killed.write_bytes(BODY[:1000])
    old = time.time() - DESERTED - 60
    os.utime(killed, (old, old))
    with serve(BODY) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert asked == ["bytes=1000-"]
    assert left_behind(path) == ["file.bin"]


def test_a_part_of_something_else_is_not_built_upon(path, serve):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(b"<html>sign in</html>")
    with serve(BODY) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert path.read_bytes() == BODY
    assert asked == ["bytes=20-", None], "from the beginning, since the checksum was wrong"


def test_a_part_that_lacks_nothing_is_the_file(path, serve):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(BODY)
    with serve(BODY) as (address, _):
        download(address, path, SHA256, len(BODY))
    assert left_behind(path) == ["file.bin"]


def test_another_file_is_refused_and_not_kept(path, serve):
    with (
        serve(b"<html>sign in</html>") as (address, _),
        pytest.raises(DownloadError, match="another file than expected"),
    ):
        download(address, path, SHA256, len(BODY))
    assert left_behind(path) == []


def test_a_download_without_an_end_stops_where_the_file_should_end(path, serve, monkeypatch):
    written, update = [], Progress.update
    monkeypatch.setattr(Progress, "update", lambda self, done: (written.append(done), update(self, done)))
    with (
        serve(BODY, copies=200) as (address, _),  # 50 MB, for a file of a quarter
        pytest.raises(DownloadError, match="another file than expected: it does not end after 256000 bytes"),
    ):
        download(address, path, SHA256, len(BODY))
    assert max(written) <= len(BODY)
    assert left_behind(path) == []


def test_a_file_whose_length_is_not_announced_arrives_whole(path, serve):
    with serve(BODY, copies=1) as (address, _):
        download(address, path, SHA256, len(BODY))
    assert path.read_bytes() == BODY


def test_an_answer_of_another_length_leaves_what_has_come(path, serve):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(BODY[:1000])
    with (
        serve(b"<html>sign in</html>", ranges=False) as (address, _),
        pytest.raises(DownloadError, match="another file than expected: 20 bytes, not 256000"),
    ):
        download(address, path, SHA256, len(BODY))
    assert path.with_name("file.bin.part").read_bytes() == BODY[:1000]


def test_a_part_that_is_longer_than_the_file_is_not_built_upon(path, serve):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(BODY + b"more")
    with serve(BODY) as (address, asked):
        download(address, path, SHA256, len(BODY))
    assert asked == [None]
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_refusal_is_a_failed_download(path, serve, status):
    with serve(b"no", status=status) as (address, _), pytest.raises(DownloadError):
        download(address, path, SHA256, len(BODY))
    assert left_behind(path) == []


def test_no_server_is_a_failed_download(path):
    with pytest.raises(DownloadError):
        download("http://127.0.0.1:9/file.bin", path, SHA256, len(BODY))
    assert left_behind(path) == []


def test_no_room_is_a_failed_download(tmp_path):
    (tmp_path / "folder").write_text("a file is in the way")
    with pytest.raises(DownloadError):
        download("http://127.0.0.1:9/file.bin", tmp_path / "folder" / "file.bin", SHA256, len(BODY))
