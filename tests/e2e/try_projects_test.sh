#!/bin/bash
# Dockerfiles are planned without any image at hand, and scripts/try-projects notices when an outcome changes.
. "$(dirname "$0")/lib.sh"

cat >Dockerfile <<'END'
ARG BASE
FROM no-such-image:1 AS one
RUN make
COPY . /src
FROM one
RUN make install
FROM ${BASE} AS three
END
assert_status 1 strata debug plan-dockerfile Dockerfile
assert_contains "$output" "one: 3 steps"
assert_contains "$output" "stage-1: 4 steps"
assert_contains "$output" "Dockerfile:7"
assert_equals "$(strata debug plan-dockerfile --build-arg BASE=busybox Dockerfile | tail -n 1)" "three: 1 steps"

mkdir -p clones/some+project tree/docs
git -C clones/some+project init -q
cp Dockerfile clones/some+project/Containerfile
git -C clones/some+project add .
git -C clones/some+project -c user.name=a -c user.email=a@b commit -qm one
commit=$(git -C clones/some+project rev-parse HEAD)
printf '# projects\nsome/project - Containerfile\n' >tree/docs/projects.txt
try_projects() { STRATA_SOURCE_DIR=$work/tree python3 "$STRATA_SOURCE_DIR/scripts/try-projects" "$@"; }

assert_status 0 try_projects --record clones
assert_contains "$(cat tree/docs/projects.txt)" "some/project $commit Containerfile parses (7 instructions), does not plan:"
assert_status 0 try_projects clones
sed -i 's/, does not plan.*//' tree/docs/projects.txt
assert_status 1 try_projects clones
assert_contains "$output" "1 of the outcomes are not as recorded"

sed -i 's/FROM ${BASE}/FROM busybox/' clones/some+project/Containerfile
git -C clones/some+project -c user.name=a -c user.email=a@b commit -qam two
echo "some/project - Containerfile" >tree/docs/projects.txt
assert_status 0 try_projects --record clones
assert_contains "$(cat tree/docs/projects.txt)" "Containerfile plans: 7 instructions, 3 stages"
