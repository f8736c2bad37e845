"""A server made of a socket, optionally with TLS, for answers that no HTTP library would write."""
import contextlib
import socket
import threading


class Server:
    """Answers each connection with `serve(connection)`, after a TLS handshake when there is a context. What clients sent
    before that is in `heads`, failed handshakes in `refused`, the addresses of all in `clients`."""

    def __init__(self, serve, context=None, host="127.0.0.1"):
        self.serve, self.context, self.heads, self.clients, self.refused = serve, context, [], [], 0
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, client = self.listener.accept()
                self.clients.append(client)
                threading.Thread(target=self.connected, args=(connection,), daemon=True).start()

    def connected(self, connection):
        with contextlib.suppress(OSError), connection:
            if self.context:
                try:
                    connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                    connection.do_handshake()
                except OSError:
                    self.refused += 1
                    # Closing now, with a request unread, could take the alert away from a client that is to read it.
                    with connection:
                        while socket.socket.recv(connection, 65536):
                            pass
                    raise
            self.serve(connection)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

    def head(self, connection):
        """Everything up to the empty line, and a body if one is announced."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                raise ConnectionError("no request came")
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    body += connection.recv(65536)
        self.heads.append(head.decode() + "\n\n" + body.decode())
        return self.heads[-1]

    def close(self):
        # The thread has to be out of accept() before the descriptor may go to the next listener.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


def says(text):
    """A server that answers with this text."""
    def serve(self, connection):
        self.head(connection)
        connection.sendall(text.encode() if isinstance(text, str) else text)
    return serve


OK = says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Two: 1\r\nx-two: 2\r\n\r\nfine")


def tunnel(server, connection):
    """A proxy's CONNECT."""
    line = server.head(connection).split("\r\n")[0]
    with socket.create_connection(("127.0.0.1", int(line.split()[1].split(":")[1]))) as other:
        connection.sendall(b"HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n")
        threading.Thread(target=copy, args=(connection, other), daemon=True).start()
        copy(other, connection)


def copy(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
