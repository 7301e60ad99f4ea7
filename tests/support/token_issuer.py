"""token_issuer.py DIRECTORY KEY CERTIFICATE: gives out registry tokens on 127.0.0.1, as the distribution project's token
authentication specification says: GET or POST, for the user "ada" with the password "open sesame" (or the refresh token
"refresh me", which who asks for offline_token gets). Prints its port; appends each request's scope to DIRECTORY/scopes.log.
DIRECTORY/lifetime, if there is such a file, has the seconds that a token lasts; a registry grants a minute more, which is
taken off. With DIRECTORY/no-post POST is answered with 404."""
import base64, hashlib, http.server, json, os, subprocess, sys, time, urllib.parse

directory, key, certificate = sys.argv[1:4]


def packed(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def certificate_der():
    text = open(certificate).read()
    return "".join(text.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0].split())


def lifetime():
    try:
        return float(open(directory + "/lifetime").read())
    except FileNotFoundError:
        return None


def token(service, scopes):
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":", 2)
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "x5c": [certificate_der()]}
    claims = {"iss": "issuer", "sub": "ada", "aud": service, "iat": now - 100, "nbf": now - 100, "exp": now + 60 if lifetime() is None else int(time.time() + lifetime()) - 60,
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
        answer = {"token": token(form["service"][0], form.get("scope", []))} if allowed else {}
        if allowed and lifetime() is not None:
            answer["expires_in"] = lifetime()
        if allowed and form.get("offline_token") == ["true"]:
            answer["refresh_token"] = "refresh me"
        body = json.dumps(answer).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        form = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        logins = ["Basic " + base64.b64encode(login).decode() for login in (b"ada:open sesame", b"<token>:refresh me")]
        self.answer(form, self.headers.get("Authorization") in logins)

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if os.path.exists(directory + "/no-post"):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        form["scope"] = [scope for scopes in form.get("scope", []) for scope in scopes.split(" ")]
        self.answer(form, form.get("refresh_token") == ["refresh me"])

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
