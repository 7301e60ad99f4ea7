#!/bin/bash
# RUN --mount=type=secret: where it is seen, and that nothing else ever holds it.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
build() { strata build --progress plain "$@" ctx 2>&1; }
lines() { printf '%s\n' "$@" >ctx/Dockerfile; }
outcome_of() { strata builds show --format json | jq -r --arg text "$1" '.steps[] | select(.name | contains($text)) | .outcome'; }
secret=$(head -c 30 /dev/urandom | base64 | tr -d '+/=')
printf %s "$secret" >token
digest=$(printf %s "$secret" | sha256sum | cut -d' ' -f1)

covers MNT-24 MNT-25 MNT-26
lines 'FROM busybox' \
  'RUN --mount=type=secret,id=token sha256sum < /run/secrets/token; stat -c "default %a %u:%g" /run/secrets/token' \
  'RUN --mount=type=secret,source=token sha256sum < /run/secrets/token > /dev/null && echo "by source"' \
  'RUN --mount=type=secret,target=/etc/keys/token sha256sum < /etc/keys/token > /dev/null && echo "by target"' \
  'RUN --mount=type=secret,id=dir/token,target=rel/name test "$(cat /rel/name)" && echo "relative target"' \
  'RUN --mount=type=secret,id=dir/token test -s /run/secrets/token && echo "base name of the id"' \
  'RUN --mount=type=secret,id=token,env=TOKEN test "$(printf %s $TOKEN | sha256sum | cut -c1-64)" = '"$digest"' && ls /run/secrets 2>&1 || true; echo "env alone: $(ls /run/secrets 2>/dev/null | wc -l)"' \
  'RUN --mount=type=secret,id=token,env=TOKEN,target=/both test "$TOKEN" = "$(cat /both)" && echo "both"' \
  'RUN --mount=type=secret,id=token,mode=0444 stat -c "mode %a %u:%g" /run/secrets/token' \
  'RUN --mount=type=secret,id=token,uid=12,gid=34 stat -c "owner %a %u:%g" /run/secrets/token' \
  'USER 1000' 'RUN --mount=type=secret,id=token cat /run/secrets/token 2>&1 | grep -o denied' \
  'RUN --mount=type=secret,id=token,uid=1000 test -s /run/secrets/token && echo "owner may read"' \
  'USER 0' 'RUN --mount=type=secret,id=token,mode=0600 echo x 2>&1 > /run/secrets/token || echo "read-only"' \
  'RUN --mount=type=secret,id=script /run/secrets/script 2>&1 || echo "no-exec"' \
  'RUN --mount=type=secret,id=script,mode=0500 /run/secrets/script' \
  'RUN --mount=type=secret,id=token mount | grep secrets' \
  'RUN echo "stubs: $(ls -d /run/secrets /etc/keys /rel /both 2>/dev/null | wc -l)"'
printf '#!/bin/sh\necho "executable secret"\n' >script
output=$(build -t app --secret id=token,src=token --secret id=dir/token,src=token --secret "id=script,src=script") || fail "$output"
assert_contains "$output" "$digest"
assert_contains "$output" 'default 400 0:0'
for said in 'by source' 'by target' 'relative target' 'base name of the id' 'env alone: 0' both 'mode 444 0:0' 'owner 400 12:34' denied \
  'owner may read' read-only no-exec 'executable secret' 'stubs: 0'; do
  assert_contains "$output" "$said"
done
assert_contains "$output" 'tmpfs on /run/secrets/token'

# Nothing holds it: not the store, not the image, not what was printed.
covers MNT-26 MNT-28
not_in_store() { ! grep -rlF -e "$secret" "$STRATA_ROOT" || fail 'the store holds the secret'; }
not_in_store
assert_lacks "$output" "$secret"
strata save -o app.tar app
mkdir app
tar -xf app.tar -C app
! grep -rlF -e "$secret" app || fail 'the image holds the secret'
! tar -tf "app/$(jq -r '.[0].Layers[-1]' app/manifest.json)" | grep secrets || fail 'a stub is left'
assert_lacks "$(strata history --no-trunc app)" "$secret"
assert_lacks "$(strata inspect app)" "$secret"
assert_lacks "$(strata builds show --format json)" "$secret"

covers MNT-28 PROG-3
lines 'FROM busybox' 'ENV TOKEN=public' 'ARG TOKEN2=public' \
  'RUN --mount=type=secret,id=token,env=TOKEN --mount=type=secret,id=token,env=TOKEN2 test "$TOKEN" = "$TOKEN2" && test ${#TOKEN} -gt 20 && echo overridden' \
  'RUN echo "then $TOKEN"' 'RUN --mount=type=secret,id=token,env=HIDDEN test "$HIDDEN" = wrong'
output=$(build --secret id=token,src=token) && fail 'the last step was to fail'
assert_contains "$output" 'test "****" = "****"'
assert_contains "$output" overridden
assert_contains "$output" 'then public'
assert_contains "$output" 'test "****" = wrong'
assert_lacks "$output" "$secret"
not_in_store

covers MNT-29 CACHE-2
lines 'FROM busybox' 'RUN --mount=type=secret,id=token,env=T sha256sum < /dev/null; echo ran'
build --secret id=token,src=token >log || fail "$(cat log)"
printf 'another value' >token2
build --secret id=token,src=token2 >log
assert_equals "$(outcome_of 'echo ran')" hit
build >log
assert_equals "$(outcome_of 'echo ran')" hit
covers CACHE-1
lines 'FROM busybox' 'RUN --mount=type=secret,id=other,env=T sha256sum < /dev/null; echo ran'
build >log
assert_equals "$(outcome_of 'echo ran')" executed

covers MNT-27
lines 'FROM busybox' 'RUN --mount=type=secret,id=absent,env=ABSENT,target=/absent echo "set: ${ABSENT+yes} empty: [$ABSENT]"; ls /absent 2>&1 || echo "no file"'
output=$(build) || fail "$output"
assert_contains "$output" 'set: yes empty: []'
assert_contains "$output" 'no file'
for required in required required=true; do
  lines 'FROM busybox' "RUN --mount=type=secret,id=absent,$required true"
  output=$(build) && fail 'a required secret was missing and the build went on'
  assert_contains "$output" 'secret absent: not found'
  assert_contains "$output" '>>> RUN --mount=type=secret,id=absent'
done
lines 'FROM busybox' 'RUN --mount=type=secret,id=absent,required=false echo went on'
output=$(build) || fail "$output"
assert_contains "$output" 'went on'

covers MNT-30 CLI-4
head -c $((500 * 1024)) /dev/zero | tr '\0' x >largest
head -c $((500 * 1024 + 1)) /dev/zero | tr '\0' x >toolarge
lines 'FROM busybox' 'RUN --mount=type=secret,id=s wc -c < /run/secrets/s'
output=$(build --secret id=s,src=largest) || fail "$output"
assert_contains "$output" 512000
output=$(build --secret id=s,src=toolarge) && fail 'a secret of more than 500 KiB was taken'
assert_contains "$output" '500 KiB'

covers CLI-4
lines 'FROM busybox' 'RUN --mount=type=secret,id=FOO cat /run/secrets/FOO; echo'
secret_is() { # secret_is VALUE OPTION...: what the step sees
  local wanted=$1
  shift
  output=$(build --no-cache "$@") || fail "$output"
  assert_contains "$output" "$wanted"
}
printf 'of the file' >FOO
printf 'of src' >other
secret_is 'of the file' --secret id=FOO
FOO='of the variable' secret_is 'of the variable' --secret id=FOO
BAR='of BAR' secret_is 'of BAR' --secret id=FOO,env=BAR
BAR='of BAR' secret_is 'of BAR' --secret type=env,id=FOO,src=BAR
FOO='of the variable' secret_is 'of src' --secret id=FOO,source=other
FOO='of the variable' secret_is 'of the file' --secret id=FOO,type=file
secret_is 'of src' --secret '"id=FOO","src=other"'
for wrong in src=other id=FOO,src=nowhere id=FOO,type=vault id=FOO,colour=red id=FOO,bare; do
  output=$(build --secret "$wrong") && fail "--secret $wrong was taken"
  assert_lacks "$output" '#1'
done
