# One image for web, worker and scheduler: docker compose up, or any other way to run containers.
# GPU: docker build --build-arg TORCH_INDEX= .

FROM python:3.12-slim AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY constraints.txt pyproject.toml README.md LICENSE ./
RUN pip install --constraint constraints.txt ${TORCH_INDEX:+--extra-index-url $TORCH_INDEX} torch
RUN pip install --constraint constraints.txt --editable .

FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /home/tandem tandem \
    && install --directory --owner tandem --group tandem /var/tandem
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ANNOTATE_BIND=0.0.0.0 ANNOTATE_VAR=/var/tandem
USER tandem
VOLUME /var/tandem
EXPOSE 8000
CMD ["python", "-m", "annotate.processes", "web"]
