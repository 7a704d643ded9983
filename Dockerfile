# The image of the hub: two static programs, the certificates of public
# authorities, and a user that is not root. Nothing else: no shell, no packages.
#
#   docker build -t ocpihub/ocpi-hub:0.1.0 --build-arg VERSION=0.1.0 .
#
# What the last stage stands on is `scratch` with the few files that a distroless
# static image has; where a base image of one's own is wanted, --build-arg BASE=IMAGE
# puts the same files onto it.
ARG GO_IMAGE=golang:1.26
ARG BASE=scratch

# Built where the builder runs, for the platform that is asked for.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG COMMIT=unknown
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath \
      -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" \
      -o /root-fs/usr/local/bin/ ./cmd/ocpi-hub ./cmd/hubctl
RUN mkdir -p /root-fs/etc/ssl/certs /root-fs/var/lib/ocpi-hub /root-fs/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ \
 && echo 'nonroot:x:65532:65532:nonroot:/var/lib/ocpi-hub:/sbin/nologin' > /root-fs/etc/passwd \
 && echo 'nonroot:x:65532:' > /root-fs/etc/group \
 && chown 65532:65532 /root-fs/var/lib/ocpi-hub && chmod 1777 /root-fs/tmp

FROM ${BASE}
COPY --from=build /root-fs/ /
ENV PATH=/usr/local/bin
USER 65532:65532
WORKDIR /var/lib/ocpi-hub
VOLUME /var/lib/ocpi-hub
ENV OCPI_HUB_DATA_DIR=/var/lib/ocpi-hub
EXPOSE 8080 8081
ENTRYPOINT ["/usr/local/bin/ocpi-hub"]
CMD ["serve"]
