"""Calls out over the loopback, over UDP, by a name's address, and listens for calls.

Success: a connection is made, a packet arrives, a name is looked up, a port is open.
"""

import socket

from tests.attacks.attacker import tell

PORT = int("@PORT@")


def stream(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as out:
        out.settimeout(1)
        out.connect((address, PORT))
        return out.send(b"@CANARY@")


def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        return out.sendto(b"@CANARY@", ("127.0.0.1", PORT))


def listen():
    with socket.socket() as door:
        door.bind(("0.0.0.0", 0))
        door.listen()
        return door.getsockname()[1]


def similarity(x):
    tell(
        {
            "tcp": lambda: stream(socket.AF_INET, "127.0.0.1"),
            "tcp6": lambda: stream(socket.AF_INET6, "::1"),
            "udp": datagram,
            "name": lambda: socket.getaddrinfo("example.org", 80),
            "listen": listen,
        }
    )
