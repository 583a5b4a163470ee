"""What the course asks of a Jupyter server; JUPYTER_CONFIG_PATH names this folder (see README.md)."""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

c = get_config()  # noqa: F821  # Jupyter defines it where it reads this file


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The line from a kernel to a page, on which small messages leave at once.

    Otherwise each waits until the page has confirmed the one before it, and a page takes its time, 40 ms, to confirm
    what it has nothing to say to: what a widget answers comes after the word that the kernel is busy.
    """

    def connect(self) -> Any:
        """Open the line."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c.ServerApp.kernel_websocket_connection_class = PromptConnection
