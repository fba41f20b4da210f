# An OpenID provider for tests: its part of the hashed development requirements, on the base of the services.
ARG BASE=reddit-reco/base:12-py3.11
ARG BUILD=reddit-reco/base-build:12-py3.11

FROM ${BUILD} AS requirements
COPY requirements.txt /tmp/
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    install-requirements /tmp/requirements.txt /app/site-packages

FROM ${BASE}
COPY --from=requirements /app/site-packages /app/site-packages
