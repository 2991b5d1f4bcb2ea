//! Reads event streams (`text/event-stream`) of the backend.

use std::collections::VecDeque;

use axum::{body::Body, http::Response};
use futures_util::{Stream, StreamExt, stream};

/// One event of an event stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerEvent {
    /// Its name; empty when it has none.
    pub(crate) name: String,
    /// Its data.
    pub(crate) data: String,
}

/// Reads the events of an answer until it ends or breaks.
pub(super) fn read(response: Response<Body>) -> impl Stream<Item = ServerEvent> + Send + use<> {
    let start = (
        response.into_body().into_data_stream(),
        EventParser::default(),
        VecDeque::new(),
    );
    stream::unfold(start, |(mut body, mut parser, mut ready)| async move {
        loop {
            if let Some(event) = ready.pop_front() {
                return Some((event, (body, parser, ready)));
            }
            let chunk = body.next().await?.ok()?;
            parser.push(&chunk, &mut ready);
        }
    })
}

/// Takes an event stream apart. Only what the backend writes: lines end with `\n`.
#[derive(Default)]
struct EventParser {
    line: Vec<u8>,
    event: ServerEvent,
    has_data: bool,
}

impl EventParser {
    fn push(&mut self, chunk: &[u8], ready: &mut VecDeque<ServerEvent>) {
        for &byte in chunk {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.end_line(String::from_utf8_lossy(&line).trim_end_matches('\r'), ready);
            } else {
                self.line.push(byte);
            }
        }
    }

    fn end_line(&mut self, line: &str, ready: &mut VecDeque<ServerEvent>) {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if std::mem::take(&mut self.has_data) {
                ready.push_back(event);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.has_data = true;
                self.event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_their_bytes_arrive() {
        let text = "id: 1\nevent: text\ndata: {\"delta\":\"naïve\"}\n\n: still here\n\ndata: a\r\ndata: b\r\n\r\n";
        let expected = [
            ServerEvent {
                name: "text".into(),
                data: "{\"delta\":\"naïve\"}".into(),
            },
            ServerEvent {
                name: String::new(),
                data: "a\nb".into(),
            },
        ];
        for size in 1..text.len() {
            let mut parser = EventParser::default();
            let mut ready = VecDeque::new();
            for chunk in text.as_bytes().chunks(size) {
                parser.push(chunk, &mut ready);
            }
            assert_eq!(ready, expected, "in pieces of {size} bytes");
        }
    }
}
