//! What the images are meant to be. The Dockerfile, the flake, the compose file and the chart each
//! say it in their own language; the tests below hold them to this.

/// The user and the group that the programs run as, in numbers because Kubernetes can tell only of
/// a number that it is not root.
pub(super) const USER: u32 = 65532;
/// What a program is started with unless the container says otherwise.
pub(super) const COMMAND: &str = "serve";
/// The labels that an image must have, from the OCI's list of annotation keys.
pub(super) const LABELS: [&str; 6] = [
    "org.opencontainers.image.title",
    "org.opencontainers.image.description",
    "org.opencontainers.image.source",
    "org.opencontainers.image.version",
    "org.opencontainers.image.revision",
    "org.opencontainers.image.licenses",
];
/// What an image holds beside its program.
pub(super) const FILES: [&str; 3] = [
    "/etc/group",
    "/etc/passwd",
    "/etc/ssl/certs/ca-certificates.crt",
];
/// The most bytes of all that, and of what the archive adds.
pub(super) const MAX_OVERHEAD: u64 = 400_000;

/// The version of the programs.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One of the two images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Product {
    /// The target in the Dockerfile and the name of the archive.
    pub(super) name: &'static str,
    /// The program, and the repository of the image.
    pub(super) program: &'static str,
    /// The tag of the image.
    pub(super) version: &'static str,
    /// Where it serves.
    pub(super) port: u16,
    /// Where it serves metrics.
    pub(super) metrics_port: u16,
    /// The most bytes of the image, uncompressed.
    pub(super) max_size: u64,
}

/// All of them.
pub(super) const PRODUCTS: [Product; 2] = [
    Product {
        name: "backend",
        program: "todo-backend",
        version: VERSION,
        port: 8000,
        metrics_port: 9090,
        max_size: 20_000_000,
    },
    Product {
        name: "frontend",
        program: "todo-frontend",
        version: VERSION,
        port: 3000,
        metrics_port: 9091,
        max_size: 12_000_000,
    },
];

/// The backend as the next release may be, with one more migration. Nobody gets it: it is there to
/// upgrade a cluster to, and to roll back.
pub(super) const NEXT: Product = Product {
    name: "backend-next",
    version: concat!(env!("CARGO_PKG_VERSION"), "-next"),
    ..PRODUCTS[0]
};

impl Product {
    /// The program's path in its image.
    pub(super) fn path(&self) -> String {
        format!("/bin/{}", self.program)
    }

    /// The ports as an image's configuration writes them.
    pub(super) fn exposed(&self) -> [String; 2] {
        [self.port, self.metrics_port].map(|port| format!("{port}/tcp"))
    }
}
