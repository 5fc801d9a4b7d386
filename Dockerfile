# syntax=docker/dockerfile:1

# Builds the program with the project's own command.
FROM rust:1.95-bookworm AS build
# Any version of Node.js from Debian works; a pinned one disappears with the next point release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo xtask build

# Small image that serves /workspace. To add podslate to another image, for example one with CUDA
# and Blender, copy the program from this one:
#   COPY --from=podslate /usr/local/bin/podslate /usr/local/bin/podslate
#   ENTRYPOINT ["podslate", "serve", "--host", "0.0.0.0", "--"]
FROM debian:bookworm-slim AS runtime
RUN useradd --uid 1000 --create-home artist \
    && install -d -o artist -g artist /workspace
COPY --from=build /src/target/dist/podslate /usr/local/bin/podslate
COPY --from=build /src/target/dist/project-init.wasm /usr/local/share/podslate/project-init.wasm
USER 1000
ENV PODSLATE_HOST=0.0.0.0 \
    PODSLATE_WORKSPACE=/workspace \
    PODSLATE_DEFAULT_PROJECT=Exhibition
EXPOSE 8080
VOLUME /workspace
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
    CMD ["podslate", "health"]
ENTRYPOINT ["podslate", "serve"]
