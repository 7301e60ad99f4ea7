# Shared by the course's chapters (tests/e2e/lib.sh says how scenarios work): each is typed as a learner types it, with
# strata for docker, on a host of its own, whose interfaces, ports and firewall are not this machine's. What a learner
# would pull is made from Debian's packages.
here=$(dirname "${BASH_SOURCE[0]}")
node_base() { made_once node.tar "$STRATA_SOURCE_DIR/scripts/make-node-base"; }
course_base() { made_once course.tar "$STRATA_SOURCE_DIR/scripts/make-course-base"; }
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then
  # The packages come from outside, which the host of one's own does not reach.
  (. "$here/../e2e/lib.sh" && node_base && course_base) >/dev/null || exit
  exec env OWN_HOST=yes unshare --net --mount bash "$0"
fi
. "$here/../e2e/lib.sh"
needs_root
ip link set lo up
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'

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

import_node() { strata import -c 'CMD ["node"]' "$(node_base)" node >/dev/null; }
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
