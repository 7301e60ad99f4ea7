"""token_issuer.py DIRECTORY KEY CERTIFICATE: gives out registry tokens on 127.0.0.1, as the distribution project's token
authentication specification says: GET or POST, for the user "ada" with the password "open sesame" (or the refresh token
"refresh me"). Prints its port; appends each request's scope to DIRECTORY/scopes.log."""
import base64, hashlib, http.server, json, subprocess, sys, time, urllib.parse

directory, key, certificate = sys.argv[1:4]


def packed(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def certificate_der():
    text = open(certificate).read()
    return "".join(text.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0].split())


def token(service, scopes):
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":", 2)
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "x5c": [certificate_der()]}
    claims = {"iss": "issuer", "sub": "ada", "aud": service, "iat": now, "nbf": now - 10, "exp": now + 60,
              "jti": hashlib.sha256(str(time.time_ns()).encode()).hexdigest(), "access": access}
    body = packed(json.dumps(header).encode()) + "." + packed(json.dumps(claims).encode())
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=body.encode(),
                               capture_output=True, check=True).stdout
    return body + "." + packed(signature)


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, form, allowed):
        with open(directory + "/scopes.log", "a") as log:
            log.write(" ".join(form.get("scope", [])) + "\n")
        self.send_response(200 if allowed else 401)
        body = json.dumps({"token": token(form["service"][0], form["scope"])} if allowed else {}).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        form = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        login = "Basic " + base64.b64encode(b"ada:open sesame").decode()
        self.answer(form, self.headers.get("Authorization") == login)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer(form, form.get("refresh_token") == ["refresh me"])

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
