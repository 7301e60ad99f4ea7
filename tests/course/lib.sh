# Shared by the course's chapters (tests/e2e/lib.sh says how scenarios work): each is typed as a learner types it, with
# strata for docker, on a host of its own, whose interfaces, ports and firewall are not this machine's. What a learner
# would pull is made from Debian's packages. With LEARNER=ordinary the learner is no root but a user with subordinate
# users; a chapter that cannot be taken so says why, by only_root.
here=$(dirname "${BASH_SOURCE[0]}")
node_base() { made_once node.tar "$STRATA_SOURCE_DIR/scripts/make-node-base"; }
course_base() { made_once course.tar "$STRATA_SOURCE_DIR/scripts/make-course-base"; }
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then
  # The packages come from outside, which the host of one's own does not reach.
  (. "$here/../e2e/lib.sh" && node_base && course_base) >/dev/null || exit
  exec env OWN_HOST=yes unshare --net --mount bash "$0"
fi
if [ "$(id -u)" = 0 ]; then ip link set lo up; fi
if [ "$(id -u)" = 0 ] && [ "${LEARNER:-}" = ordinary ]; then
  # Under an own root and own users, all of which the user reaches, wherever the source and the program are.
  host=$(mktemp -d /var/tmp/strata-course-XXXXXX)
  chmod 755 "$host"
  mkdir "$host"/{source,program,cache,home}
  mount --bind "$STRATA_SOURCE_DIR" "$host/source"
  mount --bind "${STRATA_TEST_CACHE:-$STRATA_SOURCE_DIR/build/cache}" "$host/cache"
  cp "$STRATA" "$host/program/strata"
  for file in passwd group subuid subgid; do touch "/etc/$file"; cp "/etc/$file" "$host/$file"; done
  echo "learner:x:54321:54321::$host/home:/bin/bash" >>"$host/passwd"
  echo "learner:x:54321:" >>"$host/group"
  for file in subuid subgid; do echo "learner:1000000000:65536" >>"$host/$file"; done
  for file in passwd group subuid subgid; do mount --bind "$host/$file" "/etc/$file"; done
  mknod -m 666 "$host/tun" c 10 200
  mount --bind "$host/tun" /dev/net/tun
  chown 54321:54321 "$host/home"
  cd "$host/home"
  status=0
  setpriv --reuid 54321 --regid 54321 --init-groups env -i PATH="$PATH" HOME="$host/home" TERM="${TERM:-dumb}" LEARNER=ordinary \
    STRATA="$host/program/strata" STRATA_SOURCE_DIR="$host/source" STRATA_TEST_CACHE="$host/cache" \
    bash "$host/source/tests/course/$(basename "$0")" || status=$?
  cd /
  umount "$host/source" "$host/cache"
  rm -rf "$host"
  exit "$status"
fi
. "$here/../e2e/lib.sh"
[ "${LEARNER:-}" = ordinary ] || needs_root
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'

# only_root WHY: an ordinary learner cannot take this chapter; tests/CMakeLists.txt has it as root alone
only_root() { [ "$(id -u)" = 0 ] || skip "an ordinary user cannot take this chapter: $*"; }
# page URL: asked for until it answers, because a server takes its time to start
page() { curl -s --max-time 3 --retry 30 --retry-delay 0 --retry-all-errors "$@"; }
no_page() { ! curl -s --max-time 2 "$1" >/dev/null || fail "$1 answers"; }
# types 'TYPED=>AWAITED'... -- COMMAND...: in a terminal
types() { python3 "$STRATA_SOURCE_DIR/tests/support/terminal.py" "$@"; }
# becomes WANTED COMMAND...: the command's output, some time within five seconds
becomes() {
  local wanted=$1 got
  shift
  for _ in $(seq 50); do
    got=$("$@" 2>&1) || true
    [ "$got" != "$wanted" ] || return 0
    sleep 0.1
  done
  fail "'$*' gives '$got', wanted '$wanted'"
}

import_node() {
  strata import -c 'CMD ["node"]' "$(node_base)" node >/dev/null
  # An ordinary user's layers are unpacked when they are first needed, for longer than a terminal waits.
  [ "$(id -u)" = 0 ] || strata run --rm --network none node true
}
import_python() { strata import -c 'CMD ["python3"]' "$(course_base)" python >/dev/null; }
# The web server of the course: its pages are in /usr/local/apache2/htdocs.
import_httpd() {
  strata import "$(course_base)" debian-httpd >/dev/null
  strata build -q -t httpd - >/dev/null <<'END'
FROM debian-httpd
RUN mkdir -p /usr/local/apache2 /var/run/apache2 && mv /var/www/html /usr/local/apache2/htdocs && \
    ln -s /usr/local/apache2/htdocs /var/www/html && echo '<h1>It works!</h1>' >/usr/local/apache2/htdocs/index.html && \
    echo ServerName localhost >>/etc/apache2/apache2.conf
ENV APACHE_RUN_USER=www-data APACHE_RUN_GROUP=www-data APACHE_PID_FILE=/var/run/apache2.pid APACHE_RUN_DIR=/var/run/apache2 \
    APACHE_LOCK_DIR=/var/lock APACHE_LOG_DIR=/var/log/apache2
STOPSIGNAL SIGWINCH
EXPOSE 80
CMD ["apache2", "-DFOREGROUND"]
END
}

# node_app DIRECTORY: the first chapter's application, whose page is in server.js and whose one dependency comes along
node_app() {
  mkdir -p "$1/greeter"
  cat >"$1/server.js" <<'END'
const http = require('http');
const greet = require('greeter');
http.createServer((request, response) => response.end(greet('Hello') + '\n')).listen(process.env.PORT || 80);
process.on('SIGTERM', () => process.exit(0));
console.log('listening');
END
  echo '{"name": "app", "version": "1.0.0", "dependencies": {"greeter": "file:./greeter"}}' >"$1/package.json"
  echo '{"name": "greeter", "version": "1.0.0"}' >"$1/greeter/package.json"
  echo 'module.exports = word => word + " from the container";' >"$1/greeter/index.js"
  cat >"$1/Dockerfile" <<'END'
FROM node
WORKDIR /app
COPY . /app
RUN npm install
EXPOSE 80
CMD ["node", "server.js"]
END
}
