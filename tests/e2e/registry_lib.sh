# Registries of a scenario's own, sourced after lib.sh. The user is ada, the password "open sesame".

# named_registry NAME [SETTINGS]: sets $NAME to "127.0.0.1:port"; SETTINGS are further lines of its configuration.
named_registry() {
  local here registry
  serve_registry "registry-$1" "${2:-}"
  printf -v "$1" '%s' "$here"
}

# requests NAME METHOD PART: how many requests of this method had PART in their path
requests() {
  { grep "\"http.request.method\":\"$2\"" "registry-$1/log" || true; } | { grep -c "\"http.request.uri\":\"[^\"]*$3.*response completed" || true; }
}

password_settings() {
  echo 'ada:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW' >"$PWD/htpasswd"
  echo "auth: {htpasswd: {realm: test, path: $PWD/htpasswd}}"
}

# make_authority: ca.crt, and server.crt with server.key for 127.0.0.1
make_authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr 2>/dev/null
  openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt \
    -extfile <(echo subjectAltName=IP:127.0.0.1) 2>/dev/null
}
