//! The commands in a text that a shell would read, each as its words.

use std::{iter::Peekable, str::Chars};

/// What stands before a command without being one: words of the shell, and what runs another.
const BEFORE: [&str; 12] = [
    "if", "then", "elif", "else", "while", "until", "do", "!", "{", "run", "exec", "sudo",
];

/// Every command, also those within others; what quotes hold is part of one word.
pub(super) fn commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    read(&mut text.chars().peekable(), &mut found);
    found
}

/// Reads to the end of the text or to the bracket that closes a command within another.
fn read(text: &mut Peekable<Chars>, found: &mut Vec<Vec<String>>) {
    let mut command = Command::default();
    while let Some(next) = text.next() {
        match next {
            '\\' => match text.next() {
                None | Some('\n') => {}
                Some(escaped) => command.push(escaped),
            },
            '\'' => {
                command.word.get_or_insert_default();
                text.take_while(|&it| it != '\'')
                    .for_each(|it| command.push(it));
            }
            '"' => quoted(text, &mut command, found),
            '$' if text.next_if_eq(&'(').is_some() => {
                command.push('…');
                read(text, found);
            }
            '#' if command.word.is_none() => while text.next_if(|&it| it != '\n').is_some() {},
            '<' | '>' => {
                while text.next_if(|&it| "<>&".contains(it)).is_some() {}
                command.redirect();
            }
            '\n' | ';' | '&' | '|' | '(' => command.end(found),
            ')' => break,
            space if space.is_whitespace() => command.end_word(),
            letter => command.push(letter),
        }
    }
    command.end(found);
}

/// Reads to the closing `"`.
fn quoted(text: &mut Peekable<Chars>, command: &mut Command, found: &mut Vec<Vec<String>>) {
    command.word.get_or_insert_default();
    while let Some(next) = text.next() {
        match next {
            '"' => return,
            '$' if text.next_if_eq(&'(').is_some() => {
                command.push('…');
                read(text, found);
            }
            '\\' => text.next().into_iter().for_each(|it| command.push(it)),
            letter => command.push(letter),
        }
    }
}

/// A command as far as it has been read.
#[derive(Default)]
struct Command {
    words: Vec<String>,
    word: Option<String>,
    /// Whether the next word is a file that is read or written.
    is_file: bool,
}

impl Command {
    fn push(&mut self, letter: char) {
        self.word.get_or_insert_default().push(letter);
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.is_file)
        {
            self.words.push(word);
        }
    }

    /// The number before `>` belongs to it.
    fn redirect(&mut self) {
        self.word
            .take_if(|word| word.bytes().all(|it| it.is_ascii_digit()));
        self.end_word();
        self.is_file = true;
    }

    fn end(&mut self, found: &mut Vec<Vec<String>>) {
        self.end_word();
        self.is_file = false;
        let words = std::mem::take(&mut self.words).into_iter();
        let is_before = |word: &String| BEFORE.contains(&word.as_str()) || is_assignment(word);
        let words: Vec<String> = words.skip_while(is_before).collect();
        if !words.is_empty() {
            found.push(words);
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_wherever_they_stand() {
        let text = r#"
# Nothing here; helm uninstall
A=1 kubectl get pods -o "$(pick 'a b' | head)" 2>/dev/null | grep -v x > out.txt
if ! run helm upgrade todo \
    --set a="b c"; then curl 'x|y'; fi
"#;
        let found = commands(text);
        let found: Vec<String> = found.iter().map(|words| words.join(" ")).collect();
        let expected = [
            "pick a b",
            "head",
            "kubectl get pods -o …",
            "grep -v x",
            "helm upgrade todo --set a=b c",
            "curl x|y",
            "fi",
        ];
        assert_eq!(found, expected);
    }
}
