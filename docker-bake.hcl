# docker buildx bake            both images, for this machine, into Docker
# docker buildx bake release    both, for both processors, to the registry
#   REGISTRY=registry.example.org/team/ REVISION=$(git rev-parse HEAD) docker buildx bake release --push

# The version in Cargo.toml.
variable "VERSION" {
  default = "0.1.0"
}

# The commit.
variable "REVISION" {
  default = "unknown"
}

# What stands before the images' names, with a slash at its end.
variable "REGISTRY" {
  default = ""
}

group "default" {
  targets = ["backend", "frontend"]
}

group "release" {
  targets = ["backend-release", "frontend-release"]
}

target "image" {
  context = "."
  args = {
    VERSION  = VERSION
    REVISION = REVISION
    # BuildKit takes the time of files and layers from it, so that they are the same in each build.
    SOURCE_DATE_EPOCH = "0"
  }
}

target "release" {
  platforms = ["linux/amd64", "linux/arm64"]
  attest = [
    "type=provenance,mode=max",
    "type=sbom",
  ]
}

target "backend" {
  inherits = ["image"]
  target   = "backend"
  tags     = ["${REGISTRY}todo-backend:${VERSION}"]
}

target "frontend" {
  inherits = ["image"]
  target   = "frontend"
  tags     = ["${REGISTRY}todo-frontend:${VERSION}"]
}

# Only for the proof on a cluster that a release can be taken back.
target "backend-next" {
  inherits = ["image"]
  target   = "backend-next"
  args     = { VERSION = "${VERSION}-next" }
  tags     = ["todo-backend:${VERSION}-next"]
}

target "backend-release" {
  inherits = ["backend", "release"]
}

target "frontend-release" {
  inherits = ["frontend", "release"]
}
