#!/bin/bash
# Large Dockerfiles and tall images: they are built rightly, and memory stays bounded.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox

# --- 1,000 stages, joined by a tree of COPYs ---
mkdir stages
python3 - >stages/Dockerfile <<'END'
print("\n".join(f"FROM busybox AS s{i}\nRUN echo {i} > /made{i}" for i in range(1000)))
names, level = [f"s{i}" for i in range(1000)], 0
while len(names) > 1:
    groups = [names[i:i + 40] for i in range(0, len(names), 40)]
    names = [f"join{level}x{number}" for number in range(len(groups))]
    for name, group in zip(names, groups):
        print(f"FROM busybox AS {name}\n" + "\n".join(f"COPY --from={stage} /made* /" for stage in group))
    level += 1
END
strata build -q -t stages stages >/dev/null
sum=$(strata run --rm --network none stages sh -c 'cat /made*' | awk '{sum += $1} END {print sum}')
assert_equals "$sum" 499500
strata build -q -t stages stages >/dev/null
assert_equals "$(outcomes | sort | uniq -c | awk '{print $2}')" hit

# --- 10,000 steps of metadata ---
mkdir metadata
python3 - >metadata/Dockerfile <<'END'
print("FROM busybox")
for i in range(10_000):
    print([f"ENV NAME{i % 40}=value{i}", f"LABEL label{i}=value", f"ARG ARGUMENT{i}={i}", f"EXPOSE {i}"][i % 4])
END
bounded() { # MIB COMMAND...: no process of it ever had so much
  python3 - "$@" <<'END' || fail "'$*': $(cat out)"
import resource, subprocess, sys
with open("out", "w") as out:
    status = subprocess.run(sys.argv[2:], stdout=out, stderr=out).returncode
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak {peak:.0f} MiB", file=out, flush=True)
sys.exit(status != 0 or peak >= int(sys.argv[1]))
END
}
bounded 160 "$STRATA" build -q -t metadata metadata
config=$(strata inspect metadata)
assert_equals "$(jq '.[0].Config.Labels | length' <<<"$config")" 2500
assert_equals "$(jq '.[0].Config.ExposedPorts | length' <<<"$config")" 2500
assert_equals "$(jq -r '.[0].Config.Env[] | select(startswith("NAME36="))' <<<"$config")" NAME36=value9996
assert_equals "$(strata history -q metadata | wc -l)" "$(($(strata history -q busybox | wc -l) + 10000))"

# --- 100,000 steps that wait for one that fails ---
python3 -c 'print("FROM busybox\nRUN exit 3\n" + "RUN true\n" * 100_000)' >metadata/Dockerfile
assert_status 1 strata build metadata
assert_contains "$output" "did not complete successfully: exit code: 3"

# --- 127 layers ---
mkdir layers
{ echo 'FROM busybox'; for i in $(seq 126); do echo "RUN echo $i > /made$i"; done; } >layers/Dockerfile
strata build -q -t layers layers >/dev/null
assert_equals "$(layers layers | wc -l)" 127
assert_equals "$(strata run --rm --network none layers sh -c 'cat /made*' | awk '{sum += $1} END {print sum}')" 8001
strata save -o saved.tar layers
id=$(image_id layers)
export STRATA_ROOT=$work/other
strata load -q -i saved.tar >/dev/null
assert_equals "$(image_id layers)" "$id"
assert_equals "$(strata run --rm --network none layers sh -c 'cat /made*' | awk '{sum += $1} END {print sum}')" 8001
