#!/bin/bash
# 2. Images are read-only: what was built does not change with the source; layers are cached from the top.
. "$(dirname "$0")/lib.sh"
import_node
node_app app
cd app
strata build -t app . 2>/dev/null
strata run -d --name web -p 3000:80 app >/dev/null
assert_equals "$(page localhost:3000)" "Hello from the container"

sed -i "s/'Hello'/'Goodbye'/" server.js
assert_equals "$(page localhost:3000)" "Hello from the container"
strata restart web >/dev/null
assert_equals "$(page localhost:3000)" "Hello from the container"

strata build -t app . 2>build.log
assert_contains "$(grep -A1 WORKDIR build.log)" CACHED
assert_lacks "$(grep -A1 'COPY . /app' build.log)" CACHED
assert_lacks "$(grep -A1 'RUN npm install' build.log)" CACHED
strata stop web >/dev/null
strata run -d -p 3001:80 app >/dev/null
assert_equals "$(page localhost:3001)" "Goodbye from the container"

# Nothing has changed: all is cached.
strata build -t app . 2>build.log
for step in WORKDIR "COPY . /app" "RUN npm install"; do assert_contains "$(grep -A1 "$step" build.log)" CACHED; done

# What seldom changes comes first.
cat >Dockerfile <<'END'
FROM node
WORKDIR /app
COPY package.json /app
COPY greeter /app/greeter
RUN npm install
COPY . /app
EXPOSE 80
CMD ["node", "server.js"]
END
strata build -t app . 2>/dev/null
sed -i "s/'Goodbye'/'Welcome back'/" server.js
strata build -t app . 2>build.log
assert_contains "$(grep -A1 'RUN npm install' build.log)" CACHED
assert_lacks "$(grep -A1 'COPY . /app' build.log)" CACHED
strata run -d -p 3002:80 app >/dev/null
assert_equals "$(page localhost:3002)" "Welcome back from the container"
