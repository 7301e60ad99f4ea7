#!/bin/bash
# Memory does not grow with what flows through: gigabytes are built, saved, loaded, exported, analysed, pushed and pulled in less
# than 96 MiB.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
truncate -s 1G ctx/big
printf 'FROM busybox\nCOPY big /copied\nRUN dd if=/dev/zero of=/made bs=1M count=1024 2>/dev/null\n' >ctx/Dockerfile
# within COMMAND...: succeeds, and no process of it ever had 100 MiB.
within() {
  python3 - "$@" <<'END' || fail "'$*': $(cat out)"
import resource, subprocess, sys
with open("out", "w") as out:
    status = subprocess.run(sys.argv[1:], stdout=out, stderr=out).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
with open("out", "a") as out:
    print(f"peak {peak:.0f} MiB", file=out)
sys.exit(status != 0 or peak >= 96)
END
}
within "$STRATA" build -t big ctx
within "$STRATA" save -o saved.tar big
within "$STRATA" rmi big
within "$STRATA" load -i saved.tar
rm saved.tar
within "$STRATA" inspect-layers big
within "$STRATA" build --squash -t squashed ctx
within "$STRATA" build -o type=tar,dest=/dev/null ctx
within "$STRATA" save --compression zstd -o /dev/null big
within "$STRATA" system fsck
start_registry
strata tag big "$here/big"
within "$STRATA" push "$here/big"
within "$STRATA" push --compression zstd "$here/big"
export STRATA_ROOT=$work/other
within "$STRATA" pull "$here/big"
