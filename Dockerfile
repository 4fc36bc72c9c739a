# One image for the bot and for the inference server: `easel run` (the default) or `easel serve --host 0.0.0.0 --port 8800`.
# docs/operations.md says how to run it.
FROM python:3.11-slim-trixie

# The engine's kernels are compiled at the first start, for the processor at hand; pg_dump is for `easel db backup`.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev postgresql-client \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/easel
# The small PyTorch.  With an NVIDIA card: --build-arg TORCH_INDEX= (nothing) for the ordinary one
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG EXTRAS=postgres,redis,s3
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -c constraints.txt -e ".[$EXTRAS]"
# Whoever runs it as somebody else, without a name, is in group 0, and may write there, too.
RUN useradd --uid 10001 --home-dir /data easel && install -d -o easel -g 0 -m 770 /data

# By its number: some clusters ask whether it is root's.
USER 10001
ENV DATA_DIR=/data \
    MODELS_DIR=/data/models \
    XDG_CACHE_HOME=/data/cache \
    XDG_RUNTIME_DIR=/tmp \
    LOG_FORMAT=json \
    WEB_HOST=0.0.0.0 \
    WEB_PORT=8080 \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8080 8800
# Whether the process lives; /readyz, which also asks for Discord and the database, is for whoever balances the load.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os; from urllib.request import urlopen; port = os.environ['WEB_PORT']; \
port == '0' or urlopen(f'http://127.0.0.1:{port}/healthz', timeout=4)"]
# SIGTERM finishes or parks what is under way, within SHUTDOWN_SECONDS.
STOPSIGNAL SIGTERM
ENTRYPOINT ["easel"]
CMD ["run"]
