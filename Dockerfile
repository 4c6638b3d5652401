# A hotline node in a container.
#
#     docker build --tag hotline .
#
# BASE_IMAGE must have Python 3.11 or later as python3, with venv. Wheels that lie in
# var/docker/wheels (`make docker-wheels`) are used instead of a package index. The syntax is kept
# to what every builder understands, the one before BuildKit included.
ARG BASE_IMAGE=python:3.13-slim

# --- builder: pip and the build backend stay here -------------------------------------------------
FROM ${BASE_IMAGE} AS builder
LABEL hotline.stage="builder"

# The wildcard makes the folder optional; the locks beside it make sure that something is copied.
COPY requirements.lock requirements-build.lock var/docker/wheel[s] /wheels/

# hadolint ignore=DL3013
RUN set -eu; \
    python3 -m venv /build; \
    python3 -m venv --without-pip /opt/hotline; \
    offline=; \
    if ls /wheels/*.whl >/dev/null 2>&1; then offline='--no-index --find-links /wheels'; fi; \
    pip() { \
        /build/bin/pip --disable-pip-version-check --no-input --retries 8 --timeout 60 "$@"; \
    }; \
    pip install --no-cache-dir $offline --require-hashes -r /wheels/requirements-build.lock; \
    pip --python /opt/hotline/bin/python install --no-cache-dir $offline \
        --require-hashes -r /wheels/requirements.lock; \
    /opt/hotline/bin/python -m compileall -q -j 0 /opt/hotline/lib

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY hotline ./hotline
COPY examples ./examples
# Compiled here, as the root file system of a running node is read-only; what it depends on is
# compiled above, in a layer that is kept while the lock is the same.
RUN set -eu; \
    pip() { /build/bin/pip --disable-pip-version-check --no-input "$@"; }; \
    pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir /dist .; \
    pip --python /opt/hotline/bin/python install --no-cache-dir --no-index --no-deps /dist/*.whl; \
    /opt/hotline/bin/python -m compileall -q -j 0 /opt/hotline/lib

# --- node -----------------------------------------------------------------------------------------
FROM ${BASE_IMAGE}

LABEL org.opencontainers.image.title="hotline" \
      org.opencontainers.image.description="Signed, receipted flight notices between two air command centres" \
      org.opencontainers.image.licenses="Apache-2.0"

# A new volume takes owner and mode of the folder that it is mounted on: that is how a node that is
# not root comes to own its volumes. /pair is where the one-shot service of docker-compose.yml
# mounts the keys of both centres.
RUN set -eu; \
    groupadd --gid 10001 hotline; \
    useradd --uid 10001 --gid hotline --no-create-home --home-dir /var/lib/hotline \
        --shell /usr/sbin/nologin hotline; \
    install -d -m 0700 -o hotline -g hotline \
        /etc/hotline /var/lib/hotline /pair/iaf /pair/hmeimim

COPY --from=builder /opt/hotline /opt/hotline
COPY tools/container_health.py tools/compose_keys.sh /opt/hotline/libexec/
COPY examples /opt/hotline/share/examples

ENV PATH=/opt/hotline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOTLINE_CONFIG=/etc/hotline/node.toml

USER hotline
WORKDIR /var/lib/hotline
EXPOSE 7400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=6 \
    CMD ["python3", "-I", "/opt/hotline/libexec/container_health.py"]

ENTRYPOINT ["hotline"]
CMD ["run"]
