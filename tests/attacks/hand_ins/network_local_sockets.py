"""Uses sockets without a network: abstract and named ones, pairs, netlink, packets, vsock.

Success: the instructor's listener is reached, or a socket of any kind is made.
"""

import socket

from tests.attacks.attacker import tell


def local(address):
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(address)
        return out.send(b"@CANARY@")


def kind(*arguments):
    with socket.socket(*arguments) as made:
        return made.family.name


def similarity(x):
    tell(
        {
            "abstract": lambda: local("\0@ABSTRACT@"),
            "named": lambda: local("@NAMED@"),
            "pair": lambda: [end.family.name for end in socket.socketpair()],
            "netlink": lambda: kind(socket.AF_NETLINK, socket.SOCK_RAW, 0),
            "packet": lambda: kind(socket.AF_PACKET, socket.SOCK_RAW, 3),
            "vsock": lambda: kind(socket.AF_VSOCK, socket.SOCK_STREAM),
            "raw": lambda: kind(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        }
    )
