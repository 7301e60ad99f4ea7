"""A server for tests: files over HTTP with the behaviour that server.json says, and git's smart protocol.

    python3 remote_server.py DIRECTORY [CERTIFICATE KEY]

Prints its port (it listens on 127.0.0.1 alone). server.json in DIRECTORY, read anew at each request, has for a path any of:
  file          name of the file below DIRECTORY that is the body; without an entry the path itself is looked up
  etag, lastModified, headers   sent with it; a request with the same etag or date gets 304
  status        another status than 200
  redirect      Location of a 302
  cut           list of numbers: the n-th GET of this path ends after that many bytes, the connection broken
  noRanges      Range is ignored
  noHead        HEAD gives 405
  delay         seconds to wait before answering
  auth          value that Authorization must have, else 401
  challenge     WWW-Authenticate of that 401
  drip          seconds between single bytes
Below /git/ bare repositories in DIRECTORY/git are served by `git http-backend`; "gitAuth" in server.json is the Authorization
they need. Every request is a line of JSON in DIRECTORY/requests.log.
"""
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

root = sys.argv[1]
gets = {}


def settings():
    try:
        with open(os.path.join(root, "server.json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self):
        line = json.dumps({"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}})
        with open(os.path.join(root, "requests.log"), "a") as file:
            file.write(line + "\n")

    def refuse(self, status, headers=()):
        body = f"status {status}\n".encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def do_PUT(self):
        self.answer()

    def answer(self):
        self.note()
        path = urllib.parse.urlsplit(self.path).path
        if path.startswith("/git/"):
            return self.git(path)
        wanted = settings().get(path, {})
        time.sleep(wanted.get("delay", 0))
        if "auth" in wanted and self.headers.get("Authorization") != wanted["auth"]:
            return self.refuse(401, [("WWW-Authenticate", wanted["challenge"])] if "challenge" in wanted else [])
        if "redirect" in wanted:
            return self.refuse(302, [("Location", wanted["redirect"])])
        if wanted.get("status", 200) != 200:
            return self.refuse(wanted["status"])
        if self.command == "HEAD" and wanted.get("noHead"):
            return self.refuse(405)
        if self.command in ("POST", "PUT"):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(201)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return self.wfile.write(body)
        try:
            with open(os.path.join(root, wanted.get("file", urllib.parse.unquote(path).lstrip("/"))), "rb") as file:
                body = file.read()
        except OSError:
            return self.refuse(404)
        self.file(wanted, path, body)

    def file(self, wanted, path, body):
        etag, date = wanted.get("etag"), wanted.get("lastModified")
        if (etag and self.headers.get("If-None-Match") == etag) or (
            not self.headers.get("If-None-Match") and date and self.headers.get("If-Modified-Since") == date
        ):
            self.send_response(304)
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            return
        start = 0
        asked = self.headers.get("Range", "")
        fresh = self.headers.get("If-Range") in (None, etag, date)
        if asked.startswith("bytes=") and fresh and not wanted.get("noRanges"):
            start = int(asked[6:].split("-")[0])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if etag:
            self.send_header("ETag", etag)
        if date:
            self.send_header("Last-Modified", date)
        for name, value in wanted.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        count = gets.get(path, 0)
        gets[path] = count + 1
        cuts = wanted.get("cut", [])
        rest = body[start:]
        if count < len(cuts):
            self.wfile.write(rest[: cuts[count]])
            self.wfile.flush()
            self.close_connection = True
            return
        if "drip" in wanted:
            for byte in rest:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(wanted["drip"])
            return
        self.wfile.write(rest)

    def git(self, path):
        needed = settings().get("gitAuth")
        if needed and self.headers.get("Authorization") != needed:
            return self.refuse(401, [("WWW-Authenticate", 'Basic realm="test"')])
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            while True:
                length = int(self.rfile.readline().strip(), 16)
                body += self.rfile.read(length)
                self.rfile.readline()
                if length == 0:
                    break
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": os.path.join(root, "git"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": urllib.parse.unquote(path[len("/git") :]),
            "QUERY_STRING": urllib.parse.urlsplit(self.path).query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            elif name:
                headers.append((name, value))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)


def leave_with_parent(parent=os.getppid()):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


threading.Thread(target=leave_with_parent, daemon=True).start()
print(server.server_address[1], flush=True)
server.serve_forever()
