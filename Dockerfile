# syntax=docker/dockerfile:1

# The images `todo-backend` and `todo-frontend`, each nothing but a static program:
#   docker build --target backend --tag todo-backend .
# docs/images.md tells more. `nix build .#images` makes the same images without Docker.

# The version of rust-toolchain.toml.
ARG RUST_IMAGE=rust:1.95.0-alpine3.23

FROM ${RUST_IMAGE} AS toolchain
# The target is always named, so that the flags hold for the programs and not for what only helps to
# build them. `host-tuple` is this image's own target, with musl on either architecture. An image
# is pulled more often than it is built or waits for a processor, so size comes first, with packed
# relocations: the backend is a quarter smaller. Optimising across crates would save another
# thirtieth and take minutes more. The C compiler would put the time of the build into mimalloc.
ARG TARGET=host-tuple
ENV CARGO_HOME=/cargo \
    SOURCE_DATE_EPOCH=0 \
    CARGO_BUILD_TARGET=${TARGET} \
    CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=s \
    RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs"
WORKDIR /src

# The manifests, with an empty library and program for each. The result, and with it all that the
# next two stages keep in the build cache, changes with the manifests alone.
FROM toolchain AS manifests
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock -delete \
 && find . -mindepth 2 -name Cargo.toml -execdir sh -c \
    'mkdir -p src && : > src/lib.rs && echo "fn main() { }" > src/main.rs' ';'

# The sources of the dependencies: after this stage nothing needs a network. And what everything
# else waits for: in pieces it takes both cores, and the backend grows by a thirtieth. `strip` would
# not hold for a package with settings of its own.
FROM toolchain AS vendor
COPY --from=manifests /src .
RUN --mount=type=cache,id=cargo-registry,target=/cargo/registry,sharing=locked \
    cargo vendor --locked --versioned-dirs /vendor > /cargo/config.toml \
 && printf '[profile.release.package.%s]\ncodegen-units = %s\nstrip = true\n' \
    todo-backend 2 rmcp 4 >> /cargo/config.toml

# The dependencies, compiled. The backend goes without its feature `sqlite`: in a container the
# database is PostgreSQL. What was built of empty sources must not pass for the programs: cargo
# forgets that it built it. Each stage names both packages, empty or not: with one alone, the
# dependencies would have other features.
FROM toolchain AS dependencies
COPY --from=manifests /src .
COPY --from=vendor /cargo/config.toml /cargo/
RUN --mount=type=bind,from=vendor,source=/vendor,target=/vendor \
    cargo build --frozen --release --no-default-features --package todo-backend --package todo-frontend \
 && rm -r target/*/release/.fingerprint/todo-*

FROM scratch AS library-sources
COPY api /api
COPY assistant /assistant
COPY service /service

# The libraries of the programs, which change less often than these.
FROM dependencies AS libraries
COPY --from=library-sources / .
RUN --mount=type=bind,from=vendor,source=/vendor,target=/vendor \
    cargo build --frozen --release --no-default-features --package todo-backend --package todo-frontend \
 && rm -r target/*/release/.fingerprint/todo-backend-* target/*/release/.fingerprint/todo-frontend-*

FROM libraries AS build-frontend
COPY frontend frontend
RUN --mount=type=bind,from=vendor,source=/vendor,target=/vendor \
    cargo build --frozen --release --no-default-features --package todo-backend --package todo-frontend \
 && mkdir /programs \
 && cp target/*/release/todo-frontend /programs/

FROM libraries AS build-backend
COPY backend backend
RUN --mount=type=bind,from=vendor,source=/vendor,target=/vendor \
    cargo build --frozen --release --no-default-features --package todo-backend --package todo-frontend \
 && mkdir /programs \
 && cp target/*/release/todo-backend /programs/

# The backend as the next release may be: only for the proof that a release can be taken back.
FROM build-backend AS build-next
RUN --mount=type=bind,from=vendor,source=/vendor,target=/vendor \
    cargo build --frozen --release --no-default-features --features todo-backend/next-release \
    --package todo-backend --package todo-frontend \
 && cp target/*/release/todo-backend /programs/

# What both images have beside their program: certificate authorities and the user.
FROM toolchain AS files
RUN mkdir -p /files/etc/ssl/certs \
 && cp /etc/ssl/certs/ca-certificates.crt /files/etc/ssl/certs/ \
 && echo 'todo:x:65532:65532:Todo Chatbot:/:/sbin/nologin' > /files/etc/passwd \
 && echo 'todo:x:65532:' > /files/etc/group

FROM scratch AS base
COPY --from=files /files/ /
USER 65532:65532
WORKDIR /
ENV PATH=/bin
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.source="https://example.com/todo-chatbot" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"

FROM base AS backend
LABEL org.opencontainers.image.title="todo-backend" \
      org.opencontainers.image.description="The backend of the Todo Chatbot"
COPY --from=build-backend /programs/todo-backend /bin/
EXPOSE 8000 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/bin/todo-backend", "healthcheck"]
ENTRYPOINT ["/bin/todo-backend"]
CMD ["serve"]

FROM backend AS backend-next
COPY --from=build-next /programs/todo-backend /bin/

FROM base AS frontend
LABEL org.opencontainers.image.title="todo-frontend" \
      org.opencontainers.image.description="The pages of the Todo Chatbot"
COPY --from=build-frontend /programs/todo-frontend /bin/
EXPOSE 3000 9091
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/bin/todo-frontend", "healthcheck"]
ENTRYPOINT ["/bin/todo-frontend"]
CMD ["serve"]
