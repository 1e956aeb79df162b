# docker build -t autograd-seen . && docker run -p 8888:8888 autograd-seen
FROM python:3.11-slim
RUN apt-get update && apt-get install --yes --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
WORKDIR /course
COPY . .
RUN make .venv/lab
EXPOSE 8888
CMD ["make", "lab", "LAB_ARGS=--ip=0.0.0.0"]
