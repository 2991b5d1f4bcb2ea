//! An HTTP/1.1 client that does as little as it can, because it shares the cores with what it
//! measures: of an answer's head only the status, the length and single lines are looked at.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::Result;

/// Something to ask for, any number of times.
#[derive(Clone)]
pub(crate) struct Call {
    head: String,
    body: String,
}

impl Call {
    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path, String::new())
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path, body.to_string()).with("content-type", "application/json")
    }

    /// A form as a page of ours sends it.
    pub(crate) fn form(path: &str, body: String) -> Self {
        Self::new("POST", path, body)
            .with("content-type", "application/x-www-form-urlencoded")
            .with("sec-fetch-site", "same-origin")
    }

    fn new(method: &str, path: &str, body: String) -> Self {
        let length = body.len();
        Self {
            head: format!(
                "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n"
            ),
            body,
        }
    }

    /// The same with one more header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    pub(crate) fn bearing(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// As it goes over the wire.
    pub(crate) fn text(&self) -> String {
        [&self.head, "\r\n", &self.body].concat()
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// Reads a whole head, with the empty line at its end.
    fn of(head: &[u8]) -> Result<Self> {
        let head = std::str::from_utf8(head)?.to_owned();
        let status = head.split(' ').nth(1).unwrap_or_default().parse()?;
        Ok(Self {
            status,
            head,
            body: Vec::new(),
        })
    }

    /// A header, whose name is in lower case as servers of ours write it.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The JSON of a success.
    pub(crate) fn json(&self) -> Result<Value> {
        if self.status >= 300 {
            let text = String::from_utf8_lossy(&self.body);
            return Err(format!("answered {}: {text}", self.status).into());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    /// What has come and was not taken yet.
    unread: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            unread: Vec::with_capacity(16 * 1024),
        })
    }

    /// Asks and reads the answer to its end, which has to tell its length.
    pub(crate) async fn send(&mut self, call: &Call) -> Result<Answer> {
        let mut answer = self.begin(call).await?;
        let length = answer.header("content-length");
        let length = length.ok_or("an answer without its length")?.parse()?;
        while self.unread.len() < length {
            self.read().await?;
        }
        answer.body = self.unread.drain(..length).collect();
        Ok(answer)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send(&Call::get(path)).await
    }

    /// Asks and reads the answer's head; [`Self::text`] then gives the rest.
    pub(crate) async fn begin(&mut self, call: &Call) -> Result<Answer> {
        const END: &[u8] = b"\r\n\r\n";
        self.stream.write_all(call.text().as_bytes()).await?;
        loop {
            if let Some(at) = self.unread.windows(END.len()).position(|it| it == END) {
                let answer = Answer::of(&self.unread[..at + END.len()]);
                self.unread.drain(..at + END.len());
                return answer;
            }
            self.read().await?;
        }
    }

    /// What comes next of an answer that streams, as it is on the wire.
    pub(crate) async fn text(&mut self) -> Result<String> {
        if self.unread.is_empty() {
            self.read().await?;
        }
        let text = String::from_utf8_lossy(&self.unread).into_owned();
        self.unread.clear();
        Ok(text)
    }

    async fn read(&mut self) -> Result {
        match self.stream.read_buf(&mut self.unread).await? {
            0 => Err("the connection was closed".into()),
            _ => Ok(()),
        }
    }
}
