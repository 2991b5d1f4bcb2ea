# All images at once, each with a cache: `docker buildx bake`.
variable "VERSION" {
  default = "0.1.0"
}

variable "REGISTRY" {
  default = ""
}

group "default" {
  targets = ["frontend", "backend"]
}

target "frontend" {
  context    = "."
  dockerfile = "frontend.Dockerfile"
  tags       = ["${REGISTRY}todo-frontend:${VERSION}"]
  cache-from = ["type=local,src=.buildx-cache/frontend"]
  cache-to   = ["type=local,dest=.buildx-cache/frontend,mode=max"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}

target "backend" {
  context    = "."
  dockerfile = "backend.Dockerfile"
  tags       = ["${REGISTRY}todo-backend:${VERSION}"]
  cache-from = ["type=local,src=.buildx-cache/backend"]
  cache-to   = ["type=local,dest=.buildx-cache/backend,mode=max"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}
