# All images at once, each with a cache: `docker buildx bake`.
variable "VERSION" {
  default = "2.4.1"
}

variable "REGISTRY" {
  default = "registry.example.org/shop/"
}

group "default" {
  targets = ["web", "api"]
}

target "web" {
  context    = "web"
  dockerfile = "Dockerfile"
  tags       = ["${REGISTRY}shop-web:${VERSION}"]
  cache-from = ["type=local,src=.buildx-cache/web"]
  cache-to   = ["type=local,dest=.buildx-cache/web,mode=max"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}

target "api" {
  context    = "api"
  dockerfile = "Dockerfile"
  tags       = ["${REGISTRY}shop-api:${VERSION}"]
  cache-from = ["type=local,src=.buildx-cache/api"]
  cache-to   = ["type=local,dest=.buildx-cache/api,mode=max"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}
