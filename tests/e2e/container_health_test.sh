#!/bin/bash
# Health checks: of the image and of the command line, on their schedule, in ps, inspect and filters.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
health() { strata inspect --format "{{json .State.Health$2}}" "$1"; }
# until_health NAME STATUS: within 15 seconds
until_health() {
  for _ in $(seq 150); do [ "$(health "$1" .Status)" = "\"$2\"" ] && return; sleep 0.1; done
  fail "$1 is not $2 but $(health "$1")"
}
# until_checks NAME COUNT: so many are recorded within 15 seconds
until_checks() {
  for _ in $(seq 150); do [ "$(health "$1" .Log | jq length)" -lt "$2" ] || return 0; sleep 0.1; done
  fail "$1 has not $2 checks but $(health "$1")"
}
status() { strata ps --filter "name=$1" --format '{{.Status}}'; }

for runtime in crun runc; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"
  run() { strata run -d --runtime "$runtime" --network host "$@" >/dev/null; }

  # Of the command line: starting until asked, healthy, unhealthy after two failures in a row, and healthy again
  run --name fresh --health-cmd true --health-interval 1h busybox sleep 1000
  assert_equals "$(health fresh .Status)" '"starting"'
  assert_contains "$(status fresh)" "(health: starting)"
  strata rm -f fresh >/dev/null
  run --name web --health-cmd 'test -e /well && echo fine' --health-interval 300ms --health-retries 2 busybox sleep 1000
  strata exec web touch /well
  until_health web healthy
  assert_contains "$(status web)" "(healthy)"
  assert_equals "$(strata ps -q --filter health=healthy | wc -l)" 1
  assert_equals "$(strata ps -q --filter health=unhealthy | wc -l)" 0
  strata exec web rm /well
  until_health web unhealthy
  assert_contains "$(status web)" "(unhealthy)"
  [ "$(health web .FailingStreak)" -ge 2 ] || fail "streak $(health web .FailingStreak)"
  strata exec web touch /well
  until_health web healthy
  until_checks web 5
  assert_equals "$(health web .Log | jq -r '.[4].Output')" fine
  assert_equals "$(health web .Log | jq -r '.[4].ExitCode')" 0
  # A paused container is asked nothing, and a stopped one is not well.
  strata pause web >/dev/null
  sleep 1
  last=$(health web .Log | jq -r '.[4].End')
  sleep 1
  assert_equals "$(health web .Log | jq -r '.[4].End')" "$last"
  strata unpause web >/dev/null
  strata stop -t 0 web >/dev/null
  assert_equals "$(health web .Status)" '"unhealthy"'
  strata rm web >/dev/null

  # A check that hangs is ended, and so is its process.
  marker=$((RANDOM + 100000))
  run --name slow --health-cmd "echo begun; sleep $marker" --health-interval 200ms --health-timeout 3s --health-retries 1 busybox sleep 1000
  until_health slow unhealthy
  assert_equals "$(health slow .Log | jq -r '.[0].ExitCode')" -1
  assert_contains "$(health slow .Log | jq -r '.[0].Output')" "Health check exceeded timeout (3s): begun"
  strata update --restart no slow >/dev/null
  for _ in $(seq 20); do [ "$(pgrep -fc "sleep $marker" || true)" -le 1 ] && break; sleep 0.1; done
  [ "$(pgrep -fc "^sleep $marker" || true)" -le 1 ] || fail "ended checks are left"
  strata rm -f slow >/dev/null

  # A command that is not there is a failure, in words.
  run --name none --health-cmd ignored --health-interval 200ms --health-retries 1 busybox sleep 1000
  until_health none unhealthy
  assert_equals "$(health none .Log | jq -r '.[0].ExitCode')" 127
  strata rm -f none >/dev/null

  # Within the start period failures do not count, and checks come at its own pace.
  run --name late --health-cmd 'test -e /well' --health-interval 60s --health-start-period 60s --health-start-interval 200ms --health-retries 1 busybox sleep 1000
  until_checks late 2
  assert_equals "$(health late .Status)" '"starting"'
  assert_equals "$(health late .FailingStreak)" 0
  strata exec late touch /well
  until_health late healthy
  strata rm -f late >/dev/null
done

# Of the image, in both forms, changed and taken away by the command line
cat >Dockerfile <<'END'
FROM busybox
HEALTHCHECK --interval=200ms --retries=1 CMD ["sh", "-c", "echo $WHO; exit $CODE"]
ENV WHO=image CODE=0
CMD ["sleep", "1000"]
END
strata build -q -t checked . >/dev/null
strata run -d --network host --name checked checked >/dev/null
until_health checked healthy
assert_equals "$(health checked .Log | jq -r '.[0].Output')" image
strata run -d --network host --name failing -e CODE=1 --health-interval 3s checked >/dev/null
until_health failing unhealthy
strata run -d --network host --name unchecked --no-healthcheck checked >/dev/null
assert_equals "$(strata inspect unchecked | jq '.[0].State.Health')" null
assert_equals "$(strata inspect --format '{{json .Config.Healthcheck.Test}}' unchecked)" '["NONE"]'
assert_equals "$(strata ps --filter health=none --format '{{.Names}}')" unchecked
# A restart begins anew.
strata restart -t 0 failing >/dev/null
assert_equals "$(health failing .Status)" '"starting"'
until_health failing unhealthy
assert_status 125 strata run --rm --no-healthcheck --health-cmd true busybox true
assert_contains "$output" "--no-healthcheck conflicts with --health-* options"
assert_status 125 strata run --rm --health-cmd true --health-interval 1us busybox true
assert_contains "$output" "Interval in Healthcheck cannot be less than 1ms"
