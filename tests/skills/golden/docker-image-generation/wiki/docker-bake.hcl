# All images at once, each with a cache: `docker buildx bake`.
variable "VERSION" {
  default = "1.0.0"
}

variable "REGISTRY" {
  default = ""
}

group "default" {
  targets = ["reader", "store"]
}

target "reader" {
  context    = "."
  dockerfile = "reader.Dockerfile"
  tags       = ["${REGISTRY}wiki-reader:${VERSION}"]
  cache-from = ["type=local,src=.buildx-cache/reader"]
  cache-to   = ["type=local,dest=.buildx-cache/reader,mode=max"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}

target "store" {
  context    = "."
  dockerfile = "store.Dockerfile"
  tags       = ["${REGISTRY}wiki-store:${VERSION}"]
  cache-from = ["type=local,src=.buildx-cache/store"]
  cache-to   = ["type=local,dest=.buildx-cache/store,mode=max"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}
