# Registries of a scenario's own, sourced after lib.sh. The user is ada, the password "open sesame".

# start_registry NAME [SETTINGS]: sets $NAME to "127.0.0.1:port"; SETTINGS are further lines of its configuration.
start_registry() {
  local name=$1 port
  port=$(free_port)
  mkdir -p "registry-$name"
  cat >"registry-$name/config.yml" <<END
version: 0.1
log: {level: info, formatter: json}
storage: {delete: {enabled: true}, filesystem: {rootdirectory: $PWD/registry-$name/data}}
http:
  addr: 127.0.0.1:$port
${2:-}
END
  docker-registry serve "registry-$name/config.yml" >"registry-$name/log" 2>&1 &
  at_end kill $!
  printf -v "$name" '127.0.0.1:%s' "$port"
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    sleep 0.1
  done
  fail "docker-registry does not answer: $(cat "registry-$name/log")"
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
