"""fault_proxy.py UPSTREAM_PORT [LOG]: a proxy before a registry on 127.0.0.1 that does to requests what networks do. Prints
its port; LOG gets a line "METHOD path status" for each request, in which status is 0 where none came.

PUT /_faults with a JSON list says what happens from now on (the list before is forgotten). A fault is spent by the first
request that fits it, unless it says "always":
  method, path        which requests fit: the method, a part of the path; without them any
  always              true: not spent
  refuse              true: the connection is closed before anything is answered
  status, retryAfter  answered here with this status and, if given, this Retry-After
  delay               seconds to wait before going on
  cutRequest          closed after so many bytes of the request's body
  cutResponse         closed after so many bytes of the response's body
  cutHead             closed after so many bytes of the response's head
  corruptRequest      this byte of the request's body (from 0) is turned over
  corruptResponse     this byte of the response's body is turned over
  dropRequestHeader, dropResponseHeader   a header in lower case that is left out
GET /_faults answers with what is not spent yet.
"""
import asyncio
import json
import os
import sys
import threading
import time

upstream_port = int(sys.argv[1])
log = open(sys.argv[2], "a", buffering=1) if len(sys.argv) > 2 else None
faults = []
PIECE = 65536


class Cut(Exception):
    """The connection is to be closed now."""


def fault_for(method, path):
    for fault in faults:
        if fault.get("method", method) == method and fault.get("path", "") in path:
            if not fault.get("always"):
                faults.remove(fault)
            return fault
    return {}


def headers_of(head):
    return {name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:] if line)}


def without(head, name):
    lines = head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(name.encode() + b":"))


async def body_pieces(reader, headers, until_close=False):
    """The body as it is on the wire, with the bytes that are content told from chunk marks."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while True:
            line = await reader.readline()
            if not line:
                raise Cut
            yield line, False
            size = int(line.split(b";")[0], 16)
            left = size
            while left:
                piece = await reader.read(min(left, PIECE))
                if not piece:
                    raise Cut
                left -= len(piece)
                yield piece, True
            yield await reader.readline(), False
            if size == 0:
                return
    left = int(headers.get("content-length", 0))
    while until_close or left:
        piece = await reader.read(PIECE if until_close else min(left, PIECE))
        if not piece:
            if until_close:
                return
            raise Cut
        left -= len(piece)
        yield piece, True


async def pass_on(pieces, writer, cut, corrupt):
    at = 0
    async for piece, content in pieces:
        if content:
            if corrupt is not None and at <= corrupt < at + len(piece):
                piece = bytearray(piece)
                piece[corrupt - at] ^= 0xFF
            if cut is not None and at + len(piece) >= cut:
                writer.write(bytes(piece[: cut - at]))
                await writer.drain()
                raise Cut
            at += len(piece)
        writer.write(bytes(piece))
        await writer.drain()
    if cut is not None:
        raise Cut


async def control(method, reader, writer, headers):
    global faults
    if method == "PUT":
        faults = json.loads(await reader.readexactly(int(headers["content-length"])))
    body = json.dumps(faults).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()


def note(method, path, status):
    if log:
        log.write(f"{method} {path} {status}\n")


async def answer_here(fault, reader, writer, headers):
    retry = f"Retry-After: {fault['retryAfter']}\r\n" if "retryAfter" in fault else ""
    writer.write(f"HTTP/1.1 {fault['status']} Fault\r\n{retry}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    async for _ in body_pieces(reader, headers):  # who closes with bytes unread resets the connection
        pass


async def exchange(head, fault, reader, writer, upstream, noted):
    """One request to the registry and its response; whether the connections may go on."""
    up_reader, up_writer = upstream
    headers = headers_of(head)
    if "dropRequestHeader" in fault:
        head = without(head, fault["dropRequestHeader"])
    up_writer.write(head)

    async def send():
        try:
            await pass_on(body_pieces(reader, headers), up_writer, fault.get("cutRequest"), fault.get("corruptRequest"))
        except (Cut, OSError, asyncio.IncompleteReadError):
            up_writer.transport.abort()
            writer.transport.abort()
            raise Cut

    sending = asyncio.ensure_future(send())
    try:
        answer = await up_reader.readuntil(b"\r\n\r\n")
    finally:
        if sending.done() and sending.exception():
            raise Cut
    status = int(answer.split(b" ")[1])
    noted(status)
    answered = headers_of(answer)
    if "dropResponseHeader" in fault:
        answer = without(answer, fault["dropResponseHeader"])
    if "cutHead" in fault:
        writer.write(answer[: fault["cutHead"]])
        await writer.drain()
        raise Cut
    writer.write(answer)
    if head.startswith(b"HEAD ") or status in (204, 304):
        await writer.drain()
    else:
        open_end = "content-length" not in answered and "transfer-encoding" not in answered
        await pass_on(body_pieces(up_reader, answered, open_end), writer, fault.get("cutResponse"),
                      fault.get("corruptResponse"))
    early = not sending.done()
    if not early:
        await sending
    return not early and answered.get("connection", "").lower() != "close"


async def serve(reader, writer):
    upstream = None
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path = head.decode("latin-1").split(" ")[:2]
            headers = headers_of(head)
            if path == "/_faults":
                await control(method, reader, writer, headers)
                continue
            fault = fault_for(method, path)
            noted = []  # the line is written before the response, so that who has the response finds the line

            def note_once(status):
                if not noted:
                    noted.append(status)
                    note(method, path, status)

            try:
                if "delay" in fault:
                    await asyncio.sleep(fault["delay"])
                if fault.get("refuse"):
                    raise Cut
                if "status" in fault:
                    note_once(fault["status"])
                    await answer_here(fault, reader, writer, headers)
                    raise Cut
                upstream = upstream or await asyncio.open_connection("127.0.0.1", upstream_port)
                if not await exchange(head, fault, reader, writer, upstream, note_once):
                    return
            finally:
                note_once(0)
    except (Cut, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        for stream in (upstream[1] if upstream else None, writer):
            if stream:
                stream.close()


def leave_with_parent(parent=os.getppid()):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


threading.Thread(target=leave_with_parent, daemon=True).start()
asyncio.run(main())
