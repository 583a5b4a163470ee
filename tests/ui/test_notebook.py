"""Notebook 7, which is JupyterLab with another face."""


def test_a_slider_works_in_notebook_7(new_notebook, shows, icon_of):
    notebook = new_notebook("seven", "notebook")
    assert "/notebooks/" in notebook.page.url
    widget = notebook.show("e = xai.explore(model, images, target='digit 3'); e")
    shows(notebook, widget)
    swapped = icon_of(notebook)
    widget.drag("Steps", [*range(10), 4], pause=20)
    shows(notebook, widget)
    assert swapped() == 0
    assert "17 of 17 passes" in widget.facts
    assert notebook.value("e.options['steps']") == 16
    widget.control("Method").focus()
    notebook.page.keyboard.type("smoothgrad")
    notebook.page.keyboard.press("Enter")
    shows(notebook, widget)
    assert notebook.value("e.method") == "smoothgrad"
