//! A port of the cluster as one of this machine.

use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use crate::Result;

/// A port of a pod or Service as one of this machine. Dropping it ends that.
pub(crate) struct Forwarded {
    kubectl: Child,
    /// The port here.
    pub(crate) port: u16,
}

impl Forwarded {
    /// Forwards a port of `target`, as in `pod/NAME`, and waits until it is.
    pub(crate) fn new(namespace: &str, target: &str, port: u16) -> Result<Self> {
        let mut kubectl = Command::new("kubectl")
            .args(["port-forward", "--namespace", namespace, target])
            .arg(format!(":{port}"))
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run kubectl: {error}"))?;
        let mut line = String::new();
        if let Some(output) = kubectl.stdout.take() {
            let mut output = BufReader::new(output);
            output.read_line(&mut line)?;
            // It tells of every connection, and must not find the pipe full or closed.
            thread::spawn(move || io::copy(&mut output, &mut io::sink()));
        }
        let mut forwarded = Self { kubectl, port: 0 };
        forwarded.port =
            here(&line).ok_or_else(|| format!("port {port} of {target} was not forwarded"))?;
        Ok(forwarded)
    }
}

/// The port in `Forwarding from 127.0.0.1:40123 -> 3100`.
fn here(line: &str) -> Option<u16> {
    let (_, from) = line.split_once("127.0.0.1:")?;
    from.split_whitespace().next()?.parse().ok()
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_tells_which_port_it_took() {
        let line = "Forwarding from 127.0.0.1:40123 -> 3100\n";
        assert_eq!(here(line), Some(40123));
        assert_eq!(here(""), None);
    }
}
