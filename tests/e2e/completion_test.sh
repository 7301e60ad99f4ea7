#!/bin/bash
# What shells complete: the same words in bash, zsh and fish, each typed into a real one; and the manual's pages.
. "$(dirname "$0")/lib.sh"
import_busybox
strata tag busybox localhost:5000/team/app:1
ln -s "$STRATA" strata
export PATH=$work:$PATH
types() { python3 "$STRATA_SOURCE_DIR/tests/support/terminal.py" "$@"; }

# bash: words, names of the store with colons in them, files.
completed() { bash -c 'eval "$(strata completion bash)"; COMP_LINE=$1 COMP_POINT=${#1}; _strata 2>/dev/null; printf "%s\n" "${COMPREPLY[@]}"' - "$1"; }
assert_equals "$(completed 'strata vo')" volume
assert_equals "$(completed 'strata volume in')" inspect
assert_equals "$(completed 'strata run --rm bus' | tr '\n' ' ')" "busybox busybox:latest "
assert_equals "$(completed 'strata push localhost:50')" "5000/team/app:1"
assert_contains "$(completed 'strata run --net')" --network-alias
touch Dockerfile.other
assert_equals "$(completed 'strata build -f Dockerf')" Dockerfile.other
types 'PS1=\n=>' 'eval "$(strata completion bash)"\n=>' 'strata versi\t\n=>(linux' 'exit\n=>exit' -- bash --norc -i

# fish says itself what it would offer.
for shell in fish zsh; do command -v $shell >/dev/null || skip "$shell is not installed"; done
offers() { HOME=$work fish --no-config -c 'strata completion fish | source; complete -C $argv[1]' "$1"; }
assert_contains "$(offers 'strata vo')" "volume"$'\t'"Manage volumes"
assert_equals "$(offers 'strata push localhost:50')" "localhost:5000/team/app:1"
assert_contains "$(offers "strata build $work/Dock")" "$work/Dockerfile.other"

# zsh, typed.
types 'PS1=; autoload -Uz compinit; compinit -u -D; eval "$(strata completion zsh)"; echo rea""dy\n=>ready' \
  'strata versi\t\n=>(linux' 'exit\n=>' -- zsh -f -i
assert_status 1 strata completion tcsh
assert_contains "$output" "no completion for 'tcsh': bash, zsh or fish"

# A store is not made because somebody presses a key.
STRATA_ROOT=$work/nothing strata __complete -- rm ''
[ ! -e "$work/nothing" ] || fail "a store was made"

# The manual's pages are roff without a fault.
strata man-pages pages
assert_contains "$(ls pages)" strata-build.1
command -v groff >/dev/null || skip "groff is not installed"
assert_equals "$(for page in pages/*; do groff -man -ww -z "$page" 2>&1; done)" ""
assert_contains "$(groff -man -Tascii pages/strata-run.1)" "strata-run - Create a container of an image and start it"
