//! A terminal, as a page: it shows what is typed, and line by line what the commands print.

use std::{process::Stdio, time::Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use todo_tests::browser::Page;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    time::{Duration, sleep},
};

use crate::{desk::Desk, film};

/// How fast somebody types.
const KEY: Duration = Duration::from_millis(25);
/// How long a line has the bottom of the screen to itself: a page of them at once could not be read.
const LINE: Duration = Duration::from_millis(100);
/// How many seconds a command may take.
const PATIENCE: u32 = 180;
/// Commands that take less are not worth a word on how long.
const QUICK: Duration = Duration::from_secs(2);

/// The page, and where its commands run.
pub(crate) struct Terminal<'a> {
    pub(crate) page: Page,
    pub(crate) desk: &'a Desk,
}

impl<'a> Terminal<'a> {
    pub(crate) async fn open(page: Page, desk: &'a Desk) -> Self {
        page.size(film::WIDTH, film::HEIGHT).await;
        let terminal = BASE64_STANDARD.encode(include_str!("terminal.html"));
        page.goto(&format!("data:text/html;base64,{terminal}"))
            .await;
        Self { page, desk }
    }

    /// Shows a card in place of what was there.
    pub(crate) async fn card(&self, title: &str, below: &str) {
        self.page
            .eval(&format!("card({}, {})", json!(title), json!(below)))
            .await;
    }

    /// Empties the screen.
    pub(crate) async fn clear(&self) {
        self.page.eval("clear()").await;
    }

    /// Types a command and runs it to its end, however it ends.
    pub(crate) async fn run(&self, line: &str) {
        self.write("prompt", "$ ").await;
        for key in line.chars() {
            self.write("typed", &key.to_string()).await;
            sleep(KEY).await;
        }
        self.write("typed", "\n").await;
        let start = Instant::now();
        // Whatever does not end by itself is ended, with all that it started.
        let line = format!("timeout {PATIENCE} bash -c {} 2>&1", quoted(line));
        let mut command = self.desk.command(&line);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("bash");
        let output = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let mut is_blank = true;
        while let Some(line) = lines.next_line().await.expect("text") {
            let line = plain(&line);
            // One empty line is as good as two, and leaves room.
            if !(is_blank && line.is_empty()) {
                self.write("printed", &format!("{line}\n")).await;
                sleep(LINE).await;
            }
            is_blank = line.is_empty();
        }
        // How it ended can be read.
        let _ = child.wait().await;
        let took = start.elapsed();
        if took > QUICK {
            let took = format!("({} seconds)\n", took.as_secs());
            self.write("took", &took).await;
        }
        if !is_blank {
            self.write("printed", "\n").await;
        }
    }

    async fn write(&self, class: &str, text: &str) {
        self.page
            .eval(&format!("write({}, {})", json!(class), json!(text)))
            .await;
    }
}

/// The text as one word for the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The text without what colours it.
fn plain(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| it.is_ascii_alphabetic());
        text += end.map_or("", |end| &part[end + 1..]);
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_and_colours_are_left_out() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(plain("\x1b[1;32mgreen\x1b[0m, and not  "), "green, and not");
    }
}
