"""Plays with the socket that the grader reads from: its buffers, its descriptors, its halves.

Success: the grader holds a descriptor or memory of the student's, or waits for ever.
"""

import array
import os
import socket

import msgpack


def similarity(x):
    channel = socket.socket(fileno=os.dup(3))
    body = msgpack.packb({"value": None})
    frame = len(body).to_bytes(4, "big") + body
    held = [os.open("/dev/null", os.O_RDWR) for _ in range(20)]
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", held))
    channel.sendmsg([frame[:2]], [rights])
    channel.sendmsg([frame[2:]], [rights])
    return None


def softmax(x, axis=-1):
    channel = socket.socket(fileno=os.dup(3))
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, socket.SO_RCVLOWAT):
        channel.setsockopt(socket.SOL_SOCKET, option, 1 << 30)
    channel.send(b"x", socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    channel.shutdown(socket.SHUT_RD)
    return None


def padding_mask(token_ids):
    socket.socket(fileno=os.dup(3)).shutdown(socket.SHUT_WR)
