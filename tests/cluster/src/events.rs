//! Server-sent events, as a page reads them.

use reqwest::Response;
use serde_json::Value;

/// A stream of events.
pub(crate) struct Events {
    answer: Response,
    unread: Vec<u8>,
}

/// An event; a comment has no name.
#[derive(Debug, Default)]
pub(crate) struct Event {
    pub(crate) id: Option<i64>,
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Events {
    pub(crate) fn of(answer: Response) -> Self {
        Self {
            answer,
            unread: Vec::new(),
        }
    }

    /// The next event or comment; none when the stream has ended or broken off.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|end| end == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                return Some(Event::read(&String::from_utf8_lossy(&block)));
            }
            let chunk = self.answer.chunk().await.ok().flatten()?;
            self.unread.extend_from_slice(&chunk);
        }
    }
}

impl Event {
    /// The turn that an event `turn` tells of.
    pub(crate) fn turn(&self) -> Option<i64> {
        let data: Value = serde_json::from_str(&self.data).ok()?;
        data["turn_id"].as_i64()
    }

    fn read(block: &str) -> Self {
        let mut event = Self::default();
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => event.id = id.parse().ok(),
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("data", data)) => event.data += data,
                _ => {}
            }
        }
        event
    }
}
