//! nginx before the product, as a plain reverse proxy: whatever is not said here is its default, so
//! a silent connection ends after 60 s, and answers are buffered.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{Result, cluster::until};

/// A running nginx. It ends with the value.
pub(crate) struct Nginx {
    /// Where it answers for the product.
    pub(crate) url: String,
    /// Where it answers for a server that says nothing, ever.
    pub(crate) silence: String,
    process: Child,
    _folder: TempDir,
    _silent: TcpListener,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Nginx {
    /// Starts it before the Ingress at that address.
    pub(crate) async fn start(ingress: IpAddr, host: &str) -> Result<Self> {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = free()?;
        let address = listener.local_addr()?;
        // It accepts, as the system does for it, and never answers.
        let silent = free()?;
        let folder = tempfile::tempdir()?;
        let settings = folder.path().join("nginx.conf");
        fs::write(
            &settings,
            configuration(address, silent.local_addr()?, ingress, host),
        )?;
        drop(listener);
        let process = Command::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&settings)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("nginx: {error}; on Debian it is there with `apt-get install nginx-light`")
            })?;
        let nginx = Self {
            url: format!("http://{address}"),
            silence: format!("http://{address}/silence"),
            process,
            _folder: folder,
            _silent: silent,
        };
        until("nginx listens", Duration::from_secs(10), async || {
            Ok(TcpStream::connect(address).await.is_ok())
        })
        .await?;
        Ok(nginx)
    }
}

/// One process, which ends when it is killed, with all its files in its folder.
fn configuration(address: SocketAddr, silent: SocketAddr, ingress: IpAddr, host: &str) -> String {
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{ }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {address};
        location / {{
            proxy_pass https://{ingress};
            proxy_ssl_server_name on;
            proxy_ssl_name {host};
            proxy_set_header Host {host};
        }}
        location /silence {{
            proxy_pass http://{silent};
        }}
    }}
}}
"
    )
}
