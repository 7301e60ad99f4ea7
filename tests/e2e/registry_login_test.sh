#!/bin/bash
# Logins are verified, kept where docker keeps them and forgotten; settings say how a registry is reached.
. "$(dirname "$0")/lib.sh"
. "$STRATA_SOURCE_DIR/tests/e2e/registry_lib.sh"

export DOCKER_CONFIG=$PWD/docker XDG_CONFIG_HOME=$PWD/config
unset REGISTRY_AUTH_FILE CONTAINERS_REGISTRIES_CONF
named_registry locked "$(password_settings)"

# A wrong password is refused and nothing is kept.
output=$(printf guess | strata login -u ada --password-stdin "$locked" 2>&1) && fail "a wrong password was taken"
assert_contains "$output" "does not know this user and password"
[ ! -e docker/config.json ] || fail "a wrong password was kept"

output=$(printf 'open sesame\n' | strata login -u ada --password-stdin "$locked" 2>&1)
assert_contains "$output" "Login Succeeded"
assert_contains "$output" "WARNING! Your password will be stored unencrypted in $PWD/docker/config.json."
assert_equals "$(stat -c %a docker/config.json)" 600
assert_equals "$(jq -r ".auths.\"$locked\".auth | @base64d" docker/config.json)" "ada:open sesame"
assert_contains "$(strata login "$locked" 2>&1)" "Authenticating with existing credentials..."
output=$(skopeo list-tags --tls-verify=false --authfile docker/config.json "docker://$locked/none" 2>&1 || true)
assert_contains "$output" "404 (Not Found)"

# What docker says when it cannot ask, and to options that do not go together.
assert_status 1 strata login 127.0.0.1:1 </dev/null
assert_contains "$output" "Cannot perform an interactive login from a non TTY device"
assert_status 1 strata login --password-stdin "$locked" </dev/null
assert_contains "$output" "Must provide --username with --password-stdin"
assert_status 1 strata login -u ada -p x --password-stdin "$locked" </dev/null
assert_contains "$output" "--password and --password-stdin are mutually exclusive"
assert_status 75 strata login -u ada -p x 127.0.0.1:1
assert_contains "$output" "WARNING! Using --password via the CLI is insecure. Use --password-stdin."

assert_status 1 strata login -u ada -p x ftp://me:hush@127.0.0.1:1
assert_contains "$output" "invalid registry 'ftp://xxxxx:xxxxx@127.0.0.1:1'"

# On a terminal it asks, and shows no password.
python3 - "$STRATA" "$locked" >shown <<'END'
import os, pty, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], [sys.argv[1], "login", "--username", "ada", sys.argv[2]])
shown = b""
while b"Password: " not in shown:
    shown += os.read(terminal, 1000)
time.sleep(0.2)
os.write(terminal, b"open sesame\n")
try:
    while True:
        shown += os.read(terminal, 1000)
except OSError:
    pass
print(shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
assert_contains "$(cat shown)" "Login Succeeded"
assert_lacks "$(cat shown)" "sesame"

# A helper keeps the secret where one is configured.
mkdir bin
cat >bin/docker-credential-safe <<'END'
#!/bin/sh
case $1 in
  store) cat >"$SAFE" ;;
  erase) rm "$SAFE" ;;
  get) [ -e "$SAFE" ] && cat "$SAFE" || { echo "credentials not found in native keychain"; exit 1; } ;;
esac
END
chmod +x bin/docker-credential-safe
export SAFE=$PWD/safe PATH=$PWD/bin:$PATH
assert_equals "$(strata logout "$locked")" "Removing login credentials for $locked"
assert_equals "$(strata logout "$locked")" "Not logged in to $locked"
jq '.credsStore = "safe" | .detachKeys = "ctrl-p"' docker/config.json >new.json && mv new.json docker/config.json
output=$(printf 'open sesame' | strata login -u ada --password-stdin "$locked" 2>&1)
assert_lacks "$output" "WARNING"
assert_equals "$(jq -r .Secret safe)" "open sesame"
assert_equals "$(jq -r .detachKeys docker/config.json)" ctrl-p
assert_contains "$(strata registry config "$locked")" "user ada, from docker-credential-safe ($locked)"
strata logout "$locked" >/dev/null
[ ! -e safe ] || fail "the helper still has it"

# TLS with an authority that certs.d names; a mirror that answers instead.
make_authority
named_registry secure "  tls: {certificate: $PWD/server.crt, key: $PWD/server.key}"
assert_status 1 strata tags "$secure/app"
assert_contains "$output" "certificate"
mkdir -p "config/containers/certs.d/$secure"
cp ca.crt "config/containers/certs.d/$secure/"
assert_status 1 strata tags "$secure/app"
assert_contains "$output" "404 Not Found"
named_registry mirror
cat >config/containers/registries.conf <<END
[[registry]]
location = "$secure"
[[registry.mirror]]
location = "$mirror"
[[registry]]
prefix = "evil.example"
blocked = true
END
strata registry config "$secure" --format json >report.json
assert_equals "$(jq -r .answering report.json)" "$mirror"
assert_equals "$(jq -r '.places[1].url' report.json)" "https://$secure/v2/"
assert_equals "$(jq -r '.certificates.authorities[0]' report.json)" "$PWD/config/containers/certs.d/$secure/ca.crt"
assert_contains "$(strata registry config "$secure")" "<- pulls by tag go here"
assert_status 1 strata tags evil.example/app
assert_contains "$output" "evil.example/app is blocked by $PWD/config/containers/registries.conf"
assert_contains "$(https_proxy=http://me:hush@127.0.0.1:1 strata registry config "$secure")" "https_proxy=http://xxxxx:xxxxx@127.0.0.1:1"
# A proxy that cannot be is no reason to try again, and its password nobody's business.
for proxy in 'http://me:hu sh@127.0.0.1:1' ftp://me:hush@127.0.0.1:1; do
  assert_status 1 env https_proxy="$proxy" "$STRATA" tags registry.example/app
  assert_contains "$output" "Unsupported proxy"
  assert_lacks "$output" sh@
done

# A registry that wants a certificate of whoever asks: without one the answer comes at once.
named_registry strict "  tls: {certificate: $PWD/server.crt, key: $PWD/server.key, clientcas: [$PWD/ca.crt]}"
mkdir -p "config/containers/certs.d/$strict"
cp ca.crt "config/containers/certs.d/$strict/ca.crt"
assert_status 1 timeout 20 "$STRATA" tags "$strict/app"
assert_contains "$output" "it may want a certificate of ours"
openssl genrsa -out other.key 2048 2>/dev/null
cp server.crt "config/containers/certs.d/$strict/client.cert"
cp other.key "config/containers/certs.d/$strict/client.key"
assert_status 1 timeout 20 "$STRATA" tags "$strict/app"
assert_contains "$output" "private key"
