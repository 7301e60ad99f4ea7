#!/bin/bash
# RUN of another processor's programs, through an interpreter that is registered with binfmt_misc.
. "$(dirname "$0")/lib.sh"
needs_root
[ "$(uname -m)" != aarch64 ] || skip "arm64 is this machine's own"
qemu=$(command -v qemu-aarch64-static) || skip "package qemu-user-static is not installed"
registry=/proc/sys/fs/binfmt_misc
if [ ! -e $registry/register ]; then
  mount -t binfmt_misc binfmt_misc $registry || skip "the kernel has no binfmt_misc"
  at_end umount $registry
fi
for known in "$registry"/*aarch64*; do
  [ ! -e "$known" ] || skip "$known is registered already: it would answer in place of ours"
done
magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
forget() { [ ! -e $registry/strata-test-arm64 ] || echo -1 >$registry/strata-test-arm64; }
at_end forget
register() { forget; printf '%s' ":strata-test-arm64:M::$magic:$mask:$qemu:$1" >$registry/register; }

# An arm64 program of thirteen instructions: writes "arm64" to /made.
mkdir ctx
python3 - ctx/make <<'EOF'
import struct, sys
path, text = b"/made\0", b"arm64\n"
movz = lambda register, value: 0xD2800000 | value << 5 | register
adr = lambda register, offset: 0x10000000 | (offset & 3) << 29 | (offset >> 2) << 5 | register
svc = 0xD4000001
count = 13
at = lambda index, data: (count - index) * 4 + data
code = [0x92800C60, adr(1, at(1, 0)), movz(2, 0x41), movz(3, 0o644), movz(8, 56), svc,       # openat
        adr(1, at(6, len(path))), movz(2, len(text)), movz(8, 64), svc,                       # write
        movz(0, 0), movz(8, 93), svc]                                                         # exit
body = b"".join(struct.pack("<I", word) for word in code) + path + text
base, header = 0x400000, 64 + 56
size = header + len(body)
elf = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, base + header, 64, 0, 0, 64, 56, 1, 0, 0, 0)
elf += struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
open(sys.argv[1], "wb").write(elf + body)
EOF
chmod +x ctx/make
printf 'FROM scratch\nCOPY make /make\nRUN ["/make"]\n' >ctx/Dockerfile
made() { strata save "$1" | tar -xOf - "$(strata save "$1" | tar -xOf - manifest.json | jq -r '.[0].Layers[-1]')" | tar -xO made; }

# The kernel holds the interpreter open.
register F
strata build -q --platform linux/arm64 -t held ctx >/dev/null
assert_equals "$(made held)" arm64

# It does not: strata brings it into the container, and leaves nothing of it in the layer.
register ''
strata build -q --no-cache --platform linux/arm64 -t brought ctx >/dev/null
assert_equals "$(made brought)" arm64
strata run --rm --network host --platform linux/arm64 brought /make
assert_status 125 strata run --rm --network host --platform linux/s390x brought /make
assert_contains "$output" "it is for linux/arm64, not for linux/s390x"
layer=$(strata save brought | tar -xOf - manifest.json | jq -r '.[0].Layers[-1]')
assert_equals "$(strata save brought | tar -xOf - "$layer" | tar -tf -)" made

covers PLAT-8
# A base of another platform is taken as it is where it runs.
printf 'FROM held\nRUN ["/make"]\n' >ctx/adopting
strata build -q -f ctx/adopting -t adopted ctx >/dev/null
assert_equals "$(strata inspect adopted | jq -r '.[0].Architecture')" arm64

# Nothing is registered: the error says what to install, and what was built stays built.
forget
strata build -q --platform linux/arm64 ctx >/dev/null
assert_status 1 strata build --no-cache --platform linux/arm64 ctx
assert_contains "$output" "install qemu-user-static"

covers RUN-16
# A program that the image wrongly has: the kernel's answer is the step's error.
assert_status 1 strata build --no-cache ctx
assert_contains "$output" "exec format error"
