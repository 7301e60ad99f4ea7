#!/bin/bash
# `run` in the foreground through each OCI runtime: options, streams, exit codes.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir -p ctx data
printf 'FROM busybox\nENV A=image B=image\nWORKDIR /w\nRUN echo ada:x:1000:1000::/home/ada:/bin/sh >> /etc/passwd\nENTRYPOINT ["echo"]\nCMD ["default"]\n' >ctx/Dockerfile
strata build -q -t app ctx >/dev/null
echo host >data/file

for runtime in crun runc; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"
  run() { strata run --rm --network host --runtime "$runtime" "$@"; }
  assert_equals "$(run app)" default
  assert_equals "$(run app other words)" "other words"
  assert_equals "$(run -e A=cli --entrypoint sh app -c 'echo $A $B $HOME; pwd')" $'cli image /root\n/w'
  assert_equals "$(run -w /tmp -u ada --entrypoint sh app -c 'pwd; id -un')" $'/tmp\nada'
  assert_equals "$(run -u 1234:5678 --entrypoint sh app -c 'id -u; id -g')" $'1234\n5678'
  assert_equals "$(run -v "$work/data:/data:ro" --entrypoint sh app -c 'cat /data/file; touch /data/x 2>/dev/null || echo read-only')" $'host\nread-only'
  run -v "$work/data:/data" --entrypoint sh app -c 'echo container > /data/written'
  assert_equals "$(cat data/written)" container
  assert_equals "$(echo typed | run -i --entrypoint cat app)" typed
  assert_equals "$(run --entrypoint sh app -c 'grep CapBnd /proc/self/status')" $'CapBnd:\t00000000a80425fb'
  assert_equals "$(run --entrypoint sh app -c 'grep Seccomp: /proc/self/status')" $'Seccomp:\t2'
  assert_equals "$(strata run --rm --network none --runtime "$runtime" --entrypoint sh app -c 'ls /sys/class/net')" lo
  assert_status 7 run --entrypoint sh app -c 'exit 7'
  assert_status 127 run --entrypoint nosuchprogram app
  assert_status 126 run --entrypoint /etc app
done
assert_status 125 strata run --rm --network host nosuchimage
assert_status 125 strata run --rm --network host --runtime nosuchruntime app
assert_status 125 strata run --nosuchflag app
assert_status 125 env PATH=/nowhere "$STRATA" run --rm --network host app
assert_contains "$output" 'crun'
assert_lacks "$(cat /proc/self/mountinfo)" "$work"
# A terminal: what is typed reaches the program, and it sees a terminal.
python3 - "$STRATA" <<'END'
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "run", "--rm", "-it", "--network", "host", "--entrypoint", "sh", "app", "-c", "test -t 0 && read x && echo got:$x"])
time.sleep(1)
os.write(fd, b"hello\n")
seen = b""
while True:
    try:
        part = os.read(fd, 1000)
    except OSError:
        break
    if not part: break
    seen += part
assert b"got:hello" in seen, seen
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
END
