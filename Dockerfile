# syntax=docker/dockerfile:1
# Targets: portal (the default) and cloud-sim, each run by an unprivileged account.

FROM node:22-bookworm-slim AS front
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=front /src/node_modules node_modules
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --bins --workspace \
    && mkdir /out && cp target/release/mssp-portal target/release/cloud-sim /out/

FROM debian:bookworm-slim AS base
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin house \
    && install -d -o house -g house -m 0711 /var/lib/mssp-portal /var/lib/cloud-sim

FROM base AS cloud-sim
COPY --from=build /out/cloud-sim /usr/local/bin/
USER 10001
VOLUME /var/lib/cloud-sim
ENTRYPOINT ["cloud-sim"]

FROM base AS portal
COPY --from=build /out/mssp-portal /usr/local/bin/
USER 10001
VOLUME /var/lib/mssp-portal
ENV PORTAL_LISTEN=0.0.0.0:8080 PORTAL_DATA=/var/lib/mssp-portal
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. 200' <&3"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["mssp-portal"]
CMD ["serve"]
