#!/bin/bash
# 10. Sharing: a registry with a login, and the private registry that is a container itself.
. "$(dirname "$0")/lib.sh"
import_busybox
export DOCKER_CONFIG=$work/config
strata import "$(course_base)" debian-registry >/dev/null
mkdir registry
cat >registry/config.yml <<'END'
version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/registry}}
http: {addr: ":5000"}
END
cat >registry/Dockerfile <<'END'
FROM debian-registry
COPY config.yml /etc/docker/registry/config.yml
VOLUME /var/lib/registry
EXPOSE 5000
ENTRYPOINT ["docker-registry"]
CMD ["serve", "/etc/docker/registry/config.yml"]
END
strata build -t registry registry 2>/dev/null

# A private registry.
strata run -d -p 5000:5000 --name registry registry >/dev/null
page localhost:5000/v2/ >/dev/null
printf 'FROM busybox\nRUN echo shared >/shared\n' >Dockerfile
strata build -t app . 2>/dev/null
strata tag app localhost:5000/app:1
id=$(image_id app)
strata push localhost:5000/app:1 >first.log 2>&1
assert_equals "$(grep -c Pushed first.log)" 2
sed -i 's/shared/changed/' Dockerfile
strata build -t localhost:5000/app:2 . 2>/dev/null
strata push localhost:5000/app:2 >second.log 2>&1
assert_equals "$(grep -c Pushed second.log)" 1
assert_contains "$(cat second.log)" "Layer already exists"
assert_equals "$(curl -s localhost:5000/v2/app/tags/list | jq -c '.tags | sort')" '["1","2"]'
strata rmi app localhost:5000/app:1 >/dev/null
strata pull localhost:5000/app:1 >/dev/null 2>&1
assert_equals "$(image_id localhost:5000/app:1)" "$id"

# run pulls what is missing and never looks for something newer.
strata rmi localhost:5000/app:1 >/dev/null
assert_equals "$(strata run --rm localhost:5000/app:1 cat /shared 2>/dev/null)" shared
strata tag localhost:5000/app:2 localhost:5000/newer:1
strata push -q localhost:5000/newer:1 >/dev/null
strata tag localhost:5000/app:1 localhost:5000/newer:1
assert_equals "$(strata run --rm localhost:5000/newer:1 cat /shared 2>/dev/null)" shared
strata pull localhost:5000/newer:1 >/dev/null 2>&1
assert_equals "$(strata run --rm localhost:5000/newer:1 cat /shared)" changed

# Where a login is asked for.
echo 'ada:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW' >registry/passwords
strata run -d -p 5001:5000 --name guarded -v "$PWD/registry/passwords:/passwords:ro" -e REGISTRY_AUTH=htpasswd \
  -e REGISTRY_AUTH_HTPASSWD_REALM=course -e REGISTRY_AUTH_HTPASSWD_PATH=/passwords registry >/dev/null
page localhost:5001/v2/ >/dev/null
strata tag localhost:5000/app:2 localhost:5001/ada/app
assert_status 1 strata push localhost:5001/ada/app
assert_contains "$output" "strata login"
types '=>Username: ' 'ada\r=>Password: ' 'open sesame\r=>Login Succeeded' -- "$STRATA" login localhost:5001 >typed.log
assert_lacks "$(cat typed.log)" sesame
strata push localhost:5001/ada/app >/dev/null 2>&1
assert_equals "$(strata logout localhost:5001)" "Removing login credentials for localhost:5001"
assert_status 1 strata push localhost:5001/ada/app
