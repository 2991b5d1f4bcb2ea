# syntax=docker/dockerfile:1
# todo-backend: a static binary in an image without anything else.
ARG RUST_VERSION=1.95

FROM rust:${RUST_VERSION}-alpine AS build
RUN apk add --no-cache build-base ca-certificates perl
WORKDIR /src
COPY . .
# The caches keep what cargo downloaded and compiled, whatever file changed.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin todo-backend \
    && install -D target/release/todo-backend /out/todo-backend

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/todo-backend /todo-backend
USER 65532:65532
EXPOSE 8000
ENTRYPOINT ["/todo-backend"]
