"""What the course asks of Jupyter."""

from unittest import mock

from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from traitlets.config import PyFileConfigLoader

from benchmarks.browser import CONFIGURATION


def test_what_a_kernel_says_to_a_page_leaves_at_once():
    loaded = PyFileConfigLoader("jupyter_server_config.py", path=str(CONFIGURATION)).load_config()
    kind = loaded.ServerApp.kernel_websocket_connection_class
    handler = mock.Mock(spec=KernelWebsocketHandler)
    with mock.patch.object(kind.__base__, "connect", return_value="opened") as connect:
        assert kind(websocket_handler=handler).connect() == "opened"
    handler.set_nodelay.assert_called_once_with(True)
    connect.assert_called_once_with()
    assert ServerApp(config=loaded).kernel_websocket_connection_class is kind
