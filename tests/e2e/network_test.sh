# The network commands as a learner types them, on a host of the test's own.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up

names() { strata network ls --format '{{.Name}}' | paste -sd' '; }
assert_equals "$(names)" "bridge host none"
assert_equals "$(strata network ls --format '{{.Name}} {{.Driver}} {{.Scope}}' -f name=none)" "none null local"
assert_contains "$(strata network ls)" "NETWORK ID"

id=$(strata network create --driver bridge --label tier=data my-net)
assert_equals "${#id}" 64
assert_equals "$(strata network inspect my-net --format '{{.Id}} {{.Driver}} {{.Internal}}')" "$id bridge false"
assert_equals "$(strata network inspect my-net | jq -r '.[0].IPAM.Config[0].Subnet')" 172.18.0.0/16
assert_equals "$(strata network inspect bridge -f '{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}')" \
  "172.17.0.0/16 172.17.0.1"
assert_equals "$(strata network ls -q -f label=tier=data)" "${id:0:12}"
assert_status 1 strata network create my-net
assert_contains "$output" "network with name my-net already exists"

strata network create --subnet 10.20.0.0/24 --gateway 10.20.0.254 --ip-range 10.20.0.128/25 --internal own >/dev/null
assert_equals "$(strata network inspect own | jq -c '.[0] | [.Internal, .IPAM.Config[0]]')" \
  '[true,{"Gateway":"10.20.0.254","IPRange":"10.20.0.128/25","Subnet":"10.20.0.0/24"}]'
assert_status 1 strata network create --subnet 10.20.0.128/25 other
assert_contains "$output" "Pool overlaps with other one on this address space"
assert_status 1 strata network create --gateway 10.9.0.1 other
assert_contains "$output" "--subnet"

assert_status 1 strata network create --driver overlay cluster
assert_contains "$output" "needs a cluster"
assert_status 1 strata network create -d macvlan lan
assert_contains "$output" "--subnet"
strata network create -d macvlan --subnet 10.30.0.0/24 -o parent=eth0 lan >/dev/null

assert_status 1 strata network rm bridge
assert_contains "$output" "bridge is a pre-defined network and cannot be removed"
assert_status 1 strata network rm missing lan
assert_contains "$output" "network missing not found"
assert_equals "$(names)" "bridge host my-net none own"
assert_status 1 strata network inspect missing
strata network rm -f missing
assert_equals "$(strata network prune -f --filter label=tier | paste -sd' ')" "Deleted Networks: my-net "
assert_equals "$(strata network prune --force | paste -sd' ')" "Deleted Networks: own "
assert_equals "$(names)" "bridge host none"
[ -z "$(ls "$STRATA_ROOT/networks" 2>/dev/null | grep -v names)" ] || fail "left: $(ls "$STRATA_ROOT/networks")"
