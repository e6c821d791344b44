import socket

from aegen.app.live.nodelay import send_at_once


def option(connection):
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_connections_inherit_it_from_the_socket_that_listens():
    with socket.socket() as listening, socket.socket() as quiet:  # as Streamlit makes its own
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        send_at_once()
        with socket.create_connection(listening.getsockname()) as client:
            accepted, _ = listening.accept()
            with accepted:
                assert option(accepted) == 1
                assert option(client) == 0
        assert option(quiet) == 0
