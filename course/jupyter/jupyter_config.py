"""What the course asks of Jupyter, in settings of its own; JUPYTER_CONFIG_PATH names this folder (see README.md)."""

c = get_config()  # noqa: F821  # Jupyter defines it where it reads this file

# A page that nbconvert makes draws a widget whose state is saved with code from the network, and nothing without it;
# the picture that the widget left is preferred here. The order of the others is nbconvert's.
c.WidgetsDataTypeFilter.display_data_priority = [
    "application/javascript",
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "text/vnd.mermaid",
    "text/latex",
    "image/png",
    "application/vnd.jupyter.widget-view+json",
    "image/jpeg",
    "text/plain",
]
# Without a state JupyterLab shows the picture as well, and the page asks for nothing.
c.ExecutePreprocessor.store_widget_state = False
