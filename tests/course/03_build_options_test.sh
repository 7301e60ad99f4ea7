#!/bin/bash
# 3. Build options: names, platform, -f, --build-arg, and every instruction.
. "$(dirname "$0")/lib.sh"
import_busybox
mkdir -p app/sub
cd app
echo content >file
echo fetched >sub/added
tar -cf archive.tar -C sub added
cat >base.Dockerfile <<'END'
FROM busybox
MAINTAINER learner@example.com
ONBUILD RUN echo triggered >/triggered
END
strata build -t course/base:1 -f base.Dockerfile . 2>/dev/null
cat >Dockerfile <<'END'
FROM course/base:1
ARG DEFAULT_PORT=80
ENV PORT $DEFAULT_PORT
ENV GREETING="Hello there"
LABEL stage=course owner="a learner"
WORKDIR /app
COPY file .
ADD archive.tar /unpacked
SHELL ["/bin/sh", "-ec"]
RUN echo "port $PORT, arg $DEFAULT_PORT" >built
VOLUME /app/data
EXPOSE $PORT
USER nobody
STOPSIGNAL SIGINT
HEALTHCHECK --interval=1s CMD true
ENTRYPOINT ["echo", "entry"]
CMD ["default"]
END
strata build --platform linux/amd64 -t options:1 --build-arg DEFAULT_PORT=8000 . 2>/dev/null
strata build -t options:latest "$PWD" 2>/dev/null
show() { strata image inspect --format "$1" options:1; }
assert_equals "$(show '{{.Config.User}} {{.Config.WorkingDir}} {{.Config.StopSignal}}')" "nobody /app SIGINT"
assert_equals "$(show '{{json .Config.ExposedPorts}}')" '{"8000/tcp":{}}'
assert_equals "$(show '{{json .Config.Volumes}}')" '{"/app/data":{}}'
assert_equals "$(show '{{json .Config.Labels}}')" '{"owner":"a learner","stage":"course"}'
assert_equals "$(show '{{json .Config.Healthcheck.Test}}')" '["CMD-SHELL","true"]'
assert_equals "$(strata inspect --format '{{.Author}}' course/base:1)" learner@example.com

# CMD is ENTRYPOINT's parameters; arguments of run replace it, --entrypoint alone replaces ENTRYPOINT.
assert_equals "$(strata run --rm options:1)" "entry default"
assert_equals "$(strata run --rm options:1 mine)" "entry mine"
assert_equals "$(strata run --rm --entrypoint cat options:1 /app/built /app/file /unpacked/added /triggered)" "port 8000, arg 8000
content
fetched
triggered"

# ENV is there when it runs, ARG only while it is built.
output=$(strata run --rm --entrypoint env options:1)
assert_contains "$output" PORT=8000
assert_contains "$output" "GREETING=Hello there"
assert_lacks "$output" DEFAULT_PORT
assert_equals "$(strata run --rm --entrypoint sh options -c 'echo $PORT')" 80
