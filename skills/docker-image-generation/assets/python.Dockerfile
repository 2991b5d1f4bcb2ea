# syntax=docker/dockerfile:1
# @{service.full}: Python with its packages in an environment of its own.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim-bookworm AS build
RUN python -m venv /venv
WORKDIR /app
# Dependencies first: this layer lasts until requirements.txt changes.
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip /venv/bin/pip install -r requirements.txt

FROM python:${PYTHON_VERSION}-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
USER 65532:65532
EXPOSE @{service.port}
ENTRYPOINT ["python", "-m", "@{service.entry}"]
