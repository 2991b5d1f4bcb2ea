# All images at once, each with a cache: `docker buildx bake`.
variable "VERSION" {
  default = "@{app.version}"
}

variable "REGISTRY" {
  default = "@{app.registry_prefix}"
}

group "default" {
  targets = [@{app.targets}]
}
@for service in app.services

target "@{service.name}" {
  context    = "@{service.context}"
  dockerfile = "@{service.dockerfile}"
  tags       = ["${REGISTRY}@{service.image}:${VERSION}"]
  cache-from = ["type=local,src=.buildx-cache/@{service.name}"]
  cache-to   = ["type=local,dest=.buildx-cache/@{service.name},mode=max"]
  attest     = ["type=provenance,mode=max", "type=sbom"]
}
@end
