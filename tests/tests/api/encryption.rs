//! Connections to a PostgreSQL server that takes them encrypted and with a password only, as Neon.

use std::fs;

use tempfile::TempDir;
use todo_backend::db::Db;
use todo_test_postgres::{Cluster, Encryption};
use todo_tests::Database;

/// A server whose certificate names `localhost`.
struct Server {
    cluster: Cluster,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let encryption = Encryption {
            certificate: certified.cert.pem(),
            key: certified.signing_key.serialize_pem(),
            password: "open sesame".to_owned(),
        };
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("root.crt"), &encryption.certificate).unwrap();
        let cluster = Cluster::start_encrypted(&encryption).unwrap();
        Self { cluster, folder }
    }

    fn url(&self, host: &str, settings: &str) -> String {
        let port = self.cluster.port();
        let root = self.folder.path().join("root.crt");
        let settings = settings.replace("ROOT", &root.display().to_string());
        format!("postgres://postgres:open%20sesame@{host}:{port}/postgres?{settings}")
    }

    /// The database behind this address.
    fn database(&self, host: &str, settings: &str, patience: &str) -> Db {
        let database = Database::Postgres(self.url(host, settings));
        let patience = [("DATABASE_CONNECT_TIMEOUT", patience)];
        Db::open(database.config(&patience).database).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_reached_only_as_safely_as_the_address_asks() {
    let server = Server::start();
    let db = server.database("localhost", "sslmode=require", "10s");
    db.migrate().await.unwrap();

    let full = "sslmode=verify-full&sslrootcert=ROOT";
    for (host, settings) in [
        ("localhost", "sslmode=require"),
        ("127.0.0.1", "sslmode=require"),
        ("localhost", "sslmode=prefer"),
        ("localhost", full),
        ("localhost", &format!("{full}&channel_binding=require")),
        ("localhost", "sslmode=require&channel_binding=require"),
    ] {
        let checked = server.database(host, settings, "10s").check().await;
        checked.unwrap_or_else(|error| panic!("{host} {settings}: {error}"));
    }
    for (host, settings) in [
        ("localhost", "sslmode=disable"),
        // Its certificate is not one that the world trusts.
        ("localhost", "sslmode=verify-full"),
        ("localhost", "sslmode=verify-full&sslrootcert=system"),
        // It is not whom the address names.
        ("127.0.0.1", full),
    ] {
        let checked = server.database(host, settings, "500ms").check().await;
        assert!(checked.is_err(), "{host} {settings}");
    }
}
