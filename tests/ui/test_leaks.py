"""What stays in the kernel when a widget has gone."""

COUNTS = """(
    sum(thread.name == 'xai_widgets' for thread in threading.enumerate()),
    len(comm.get_comm_manager().comms),
    gc.collect() * 0 + sum(type(thing).__name__ == 'Explorer' for thing in gc.get_objects()),
)"""
"""Threads, lines to the browser, explorers."""


def test_running_a_cell_thirty_times_leaves_nothing_behind(lab, shows, eventually):
    def rest() -> None:
        # What has time until a picture is there, which methods are for the model, is found out after it.
        eventually(lab.page, lambda: lab.value(COUNTS)[0] == 0, "a thread goes on and on")

    lab.show("import comm, gc, threading; e = xai.explore(model, images, steps=16); display(e)")
    rest()
    before = lab.value(COUNTS)
    for _ in range(30):
        lab.run("e.close(); e = xai.explore(model, images, steps=16); display(e)")
    shows(lab, lab.widget())
    rest()
    assert lab.value(COUNTS) == before
    lab.execute("e.close()")
    lab.page.locator(".xai").wait_for(state="detached")
    assert lab.value(COUNTS)[1] < before[1]
