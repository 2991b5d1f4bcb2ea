//! How a connection string's security settings become TLS through rustls. Follows libpq: `require`
//! encrypts without asking who answers, `verify-ca` and `verify-full` check the certificate and
//! (here both) the host name; `channel_binding=require` proves the server by the password.

use std::{io::BufReader, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use todo_service::tls;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection string that cannot be used. Never holds the string, which has a password in it.
#[derive(Debug, thiserror::Error)]
#[error("the database URL is not valid: {0}")]
pub struct InvalidUrl(String);

/// What a connection string says.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: MakeRustlsConnect,
}

impl Target {
    /// Reads a connection string in URL form.
    pub(super) fn parse(url: &str) -> Result<Self, InvalidUrl> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut verify = false;
        let mut roots_file = None;
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("sslmode", "verify-full" | "verify-ca") => {
                    verify = true;
                    kept.push("sslmode=require");
                }
                ("sslmode", "allow") => kept.push("sslmode=prefer"),
                ("sslrootcert", "system") => verify = true,
                ("sslrootcert", path) => roots_file = Some(path.replace("%2F", "/")),
                // libpq's settings for client certificates and statistics have no meaning here.
                ("sslcert" | "sslkey" | "sslcrl" | "gssencmode" | "pgbouncer", _) => {}
                _ => kept.push(pair),
            }
        }
        let url = if kept.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{}", kept.join("&"))
        };
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|error: tokio_postgres::Error| {
                // The source names the setting; the string itself holds the password.
                let source = std::error::Error::source(&error).map(ToString::to_string);
                InvalidUrl(source.unwrap_or_else(|| "it cannot be parsed".to_owned()))
            })?;
        if verify {
            config.ssl_mode(SslMode::Require);
        }
        if config.get_application_name().is_none() {
            config.application_name("todo");
        }
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(client_config(verify, roots_file.as_deref())?),
        })
    }
}

fn client_config(verify: bool, roots_file: Option<&str>) -> Result<ClientConfig, InvalidUrl> {
    let invalid = |error: rustls::Error| InvalidUrl(error.to_string());
    if !verify {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(invalid)?;
        let verifier = Arc::new(AnyServer(provider));
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth());
    }
    let roots = match roots_file {
        None => tls::public_roots(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            let unreadable =
                |error: &dyn std::fmt::Display| InvalidUrl(format!("sslrootcert {path}: {error}"));
            let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
            for certificate in CertificateDer::pem_reader_iter(BufReader::new(file)) {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                roots.add(certificate).map_err(|error| unreadable(&error))?;
            }
            roots
        }
    };
    tls::client_config(roots).map_err(invalid)
}

/// Encrypts to whoever answers, as libpq does for `sslmode=require`.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
