"""resuming_registry.py LOG [CUT...]: a registry's uploads as the OCI distribution specification has them, with what Debian's
docker-registry lacks: an upload that broke goes on where it stands. Prints its port. The n-th body that comes is cut (the
connection closed) after CUT bytes of it, which are kept; 0: it is not. LOG gets a line a request: method, Content-Range or
"-", status, bytes that are there. Blobs are kept in memory; whatever path is before /blobs/ is one repository, but "liar"
says that it has other bytes than it has."""
import hashlib
import http.server
import os
import sys
import threading
import time
import urllib.parse

log = open(sys.argv[1], "a", buffering=1)
cuts = [int(word) for word in sys.argv[2:]]
uploads, blobs = {}, {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers=(), body=b""):
        there = len(uploads.get(self.upload_id(), b""))
        log.write(f"{self.command} {self.headers.get('Content-Range', '-')} {status} {there}\n")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def upload_id(self):
        return urllib.parse.urlsplit(self.path).path.rsplit("/", 1)[1]

    def place(self):
        data = uploads[self.upload_id()]
        headers = [("Location", urllib.parse.urlsplit(self.path).path)]
        return headers + ([("Range", f"0-{len(data) - 1}")] if data else [("Range", "0-0")])

    def pieces(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            left = int(self.headers.get("Content-Length", 0))
            while left:
                piece = self.rfile.read(min(left, 4096))
                left -= len(piece)
                yield piece
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def take(self):
        """False: the connection is cut, with what came kept."""
        data, cut = uploads[self.upload_id()], 0
        if self.headers.get("Content-Length") != "0":
            cut = cuts.pop(0) if cuts else 0
        came = 0
        for piece in self.pieces():
            if cut and came + len(piece) >= cut:
                data += piece[: cut - came]
                log.write(f"{self.command} {self.headers.get('Content-Range', '-')} cut {len(data)}\n")
                self.close_connection = True
                return False
            data += piece
            came += len(piece)
        return True

    def do_GET(self):
        if self.upload_id() in uploads:
            return self.answer(204, self.place())
        digest = self.upload_id()
        if digest in blobs:
            return self.answer(200, [], blobs[digest])
        self.answer(200 if self.path == "/v2/" else 404)

    do_HEAD = do_GET

    def do_POST(self):
        name = f"u{len(uploads)}"
        uploads[name] = bytearray()
        self.answer(202, [("Location", self.path.split("?")[0] + name)])

    def do_PATCH(self):
        expected = self.headers.get("Content-Range")
        if expected and int(expected.split("-")[0]) != len(uploads[self.upload_id()]):
            self.close_connection = True
            return self.answer(416, self.place())
        if self.take():
            self.answer(202, self.place())

    def do_PUT(self):
        if not self.take():
            return
        data = bytes(uploads[self.upload_id()])
        wanted = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["digest"][0]
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if digest != wanted:
            return self.answer(400, [], b'{"errors":[{"code":"DIGEST_INVALID","message":"other bytes"}]}')
        blobs[digest] = data
        said = "sha256:" + "0" * 64 if "/liar/" in self.path else digest
        self.answer(201, [("Docker-Content-Digest", said)])


def leave_with_parent(parent=os.getppid()):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


threading.Thread(target=leave_with_parent, daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
