//! A server of documents by https, on this machine: what a program says of itself.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, extract::Request, middleware::Next, middleware::from_fn, serve::Listener};
use rustls::{RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use todo_backend::accounts::oauth::ClientDocuments;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A running server. It ends with the test's runtime.
pub struct DocumentServer {
    /// Its address, as in `https://localhost:4711`.
    pub url: String,
    roots: RootCertStore,
    asked: Arc<AtomicUsize>,
}

impl DocumentServer {
    /// Starts a server with these routes, which are told its address.
    pub async fn start(routes: impl FnOnce(&str) -> Router) -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = certified.cert.der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", tcp.local_addr().unwrap().port());
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        let routes = routes(&url).layer(from_fn(move |request: Request, next: Next| {
            count.fetch_add(1, Ordering::Relaxed);
            next.run(request)
        }));
        let listener = TlsListener {
            tcp,
            tls: TlsAcceptor::from(Arc::new(config)),
        };
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, roots, asked }
    }

    /// Documents from here, which a backend would otherwise not fetch from this machine.
    #[must_use]
    pub fn documents(&self) -> ClientDocuments {
        ClientDocuments::of(self.roots.clone(), |address| address.is_loopback()).unwrap()
    }

    /// The same from wherever a backend may fetch in production.
    #[must_use]
    pub fn documents_at(&self, admits: fn(IpAddr) -> bool) -> ClientDocuments {
        ClientDocuments::of(self.roots.clone(), admits).unwrap()
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (tcp, address) = self.tcp.accept().await.unwrap();
            // A client that refuses the certificate is no reason to end.
            if let Ok(tls) = self.tls.accept(tcp).await {
                return (tls, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
