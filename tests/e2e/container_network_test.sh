# Containers on networks as the course shows them, on a host of the test's own: its interfaces, firewall and name servers are not
# this machine's.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up
import_busybox
at_end 'strata rm -f $(strata ps -aq) >/dev/null 2>&1'
web='mkdir -p /www && echo "page of $(hostname)" >/www/index.html && exec httpd -f -p 80 -h /www'
# page URL: asked for until it answers, because a server takes its time to start
page() { curl -s --max-time 3 --retry 20 --retry-delay 0 --retry-connrefused "$@"; }

# cannot_reach CONTAINER URL
cannot_reach() { ! strata exec "$1" timeout 2 wget -qO- "$2" >/dev/null 2>&1 || fail "$1 reaches $2"; }

# The default bridge: an address, the way out, a published port. EXPOSE alone publishes nothing.
strata run -d --name web --hostname shop -p 3000:80 --expose 9000 busybox sh -c "$web" >/dev/null
assert_equals "$(page localhost:3000)" "page of shop"
assert_equals "$(strata port web)" "80/tcp -> 0.0.0.0:3000"
assert_equals "$(strata port web 80)" "0.0.0.0:3000"
assert_contains "$(strata ps)" "0.0.0.0:3000->80/tcp, 9000/tcp"
address=$(strata inspect web --format '{{.NetworkSettings.IPAddress}}')
assert_equals "$(page "$address")" "page of shop"
assert_contains "$(strata exec web cat /etc/hosts)" "$address	shop"
assert_equals "$(strata network inspect bridge | jq -r '.[0].Containers[].Name')" web
assert_status 125 strata run -d -p 3000:80 busybox true
assert_contains "$output" "driver failed programming external connectivity"
assert_contains "$output" "address already in use"
assert_status 125 strata run --rm --network missing busybox true
assert_contains "$output" "network missing not found"
strata run -d --name own -p 127.0.0.1:3001:80 -P --expose 81 busybox sh -c "$web" >/dev/null
assert_contains "$(page 127.0.0.1:3001)" "page of"
assert_contains "$(strata port own 81)" "0.0.0.0:"
strata restart -t 0 web >/dev/null
assert_equals "$(page localhost:3000)" "page of shop"
strata rm -f own >/dev/null

# A network of one's own: names, aliases, host entries, an address that was asked for.
strata network create --driver bridge --subnet 10.40.0.0/24 my-net >/dev/null
strata run -d --network my-net --name db --network-alias store --ip 10.40.0.50 busybox sh -c "$web" >/dev/null
assert_contains "$(strata run --rm --network my-net busybox wget -qO- http://db/)" "page of"
assert_contains "$(strata run --rm --network my-net busybox wget -qO- http://store/)" "page of"
assert_equals "$(strata inspect db --format '{{(index .NetworkSettings.Networks "my-net").IPAddress}}')" 10.40.0.50
assert_contains "$(strata run --rm --network my-net --add-host box:10.1.2.3 --add-host up:host-gateway busybox cat /etc/hosts)" \
  "10.1.2.3	box
10.40.0.1	up"
assert_contains "$(strata run --rm --network my-net busybox cat /etc/resolv.conf)" "nameserver 10.40.0.1"
assert_equals "$(strata run --rm --dns 9.9.9.9 --dns-search lab.example --dns-option ndots:3 busybox cat /etc/resolv.conf)" \
  "nameserver 9.9.9.9
search lab.example
options ndots:3"
assert_status 1 strata network rm my-net
assert_contains "$output" "has active endpoints"

# Others do not reach it, until they are connected; and no more when they are disconnected.
cannot_reach web http://10.40.0.50/
strata network connect --alias shop my-net web
assert_contains "$(strata exec web wget -qO- http://10.40.0.50/)" "page of"
assert_contains "$(strata exec db wget -qO- http://shop/)" "page of shop"
assert_equals "$(strata inspect web | jq -c '.[0].NetworkSettings.Networks | keys')" '["bridge","my-net"]'
strata network disconnect my-net web
cannot_reach web http://10.40.0.50/
assert_equals "$(page localhost:3000)" "page of shop"

# host and none, and another container's network.
assert_contains "$(strata run --rm --network host busybox ip link)" "lo"
assert_equals "$(strata run --rm --network none busybox ip -o link | wc -l)" 1
assert_equals "$(strata run --rm --network container:web busybox wget -qO- http://127.0.0.1/)" "page of shop"

# Twenty at once have twenty addresses.
for i in $(seq 20); do strata run -d --name "many$i" busybox sleep 100 >/dev/null & done
wait
assert_equals "$(strata network inspect bridge | jq -r '.[0].Containers[].IPv4Address' | sort -u | wc -l)" 21
strata rm -f $(strata ps -aq) >/dev/null

# Nothing is left of all that.
strata network rm my-net >/dev/null
for _ in $(seq 100); do
  left=$(ip -o link | grep -E 'br-|ve[0-9a-f]' || true)$(iptables-save | grep NETAVARK || true)
  left+=$(for process in $(pgrep aardvark-dns || true); do grep -aF "$STRATA_ROOT" /proc/$process/cmdline || true; done | tr '\0' ' ')
  [ -n "$left" ] || break
  sleep 0.1
done
assert_equals "$left" ""
