# The service and what it needs are installed into one virtual environment, which is all the second stage takes over,
# less the test suites that NumPy and SciPy bring along (a fifth of it).
FROM python:3.13-slim AS build

WORKDIR /src
COPY . .
RUN python -m venv --without-pip /opt/gradserve \
    && pip --python /opt/gradserve/bin/python install --no-cache-dir . \
    && find /opt/gradserve -type d -name tests -prune -exec rm -r {} +


FROM python:3.13-slim

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin gradserve
COPY --from=build /opt/gradserve /opt/gradserve

ENV PATH=/opt/gradserve/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GRADSERVE_HOST=0.0.0.0 \
    GRADSERVE_PORT=8000
USER 10001
WORKDIR /opt/gradserve
EXPOSE 8000

# The probe goes straight to the service, whatever proxy the container is told to use for the world outside.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "\
import os, urllib.request as r; \
r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['GRADSERVE_PORT'] + '/health/live', timeout=2)"]

CMD ["python", "-m", "app"]
