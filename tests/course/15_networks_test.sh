#!/bin/bash
# 15. Networks: containers that find each other by name; the drivers.
. "$(dirname "$0")/lib.sh"
only_root "bridges and macvlan are interfaces of the host"
import_busybox
strata network create --driver bridge my-net >/dev/null
assert_contains "$(strata network ls)" my-net
serve='mkdir /www && echo "page of $(hostname)" >/www/index.html && exec httpd -f -p 80 -h /www'
strata run -d --network my-net --name db --hostname db busybox sh -c "$serve" >/dev/null
becomes "page of db" strata run --rm --network my-net busybox wget -qO- http://db/
! strata run --rm busybox wget -T 2 -qO- http://db/ >/dev/null 2>&1 || fail "the default network reaches db"
strata run --rm --network none busybox ip addr >addresses
assert_lacks "$(cat addresses)" eth0
assert_equals "$(strata run --rm --network host busybox hostname)" "$(hostname)"
assert_status 1 strata network create --driver overlay wide
assert_contains "$output" cluster
ip link add parent type veth peer name other
ip link set parent up
strata network create -d macvlan -o parent=parent --subnet 10.77.0.0/24 lan >/dev/null
assert_contains "$(strata run --rm --network lan busybox ip addr)" "10.77.0."
assert_status 1 strata network rm my-net
strata rm -f db >/dev/null
assert_equals "$(strata network rm my-net lan)" "my-net
lan"
