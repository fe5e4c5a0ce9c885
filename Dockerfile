FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN sed -n '/^uv==/,/# via/p' requirements.lock | pip install -qq --require-hashes -r /dev/stdin \
    && uv venv /opt/whistle
# The lock as a constraint: what the service needs at the locked versions and hashes, no tools.
COPY . ./
RUN uv pip install --no-cache --compile-bytecode --python /opt/whistle \
    --constraint requirements.lock --build-constraint requirements.lock .

FROM python:3.13-slim
COPY --from=build /opt/whistle /opt/whistle
RUN useradd --system --uid 10001 --user-group --no-create-home whistle \
    && install --directory --owner whistle --group whistle --mode 700 /var/lib/whistle
ENV PATH=/opt/whistle/bin:$PATH PYTHONUNBUFFERED=1 WHISTLE_DATA=/var/lib/whistle
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/api/health', timeout=5)"]
ENTRYPOINT ["whistle"]
CMD ["serve", "--host", "0.0.0.0"]
