//! Hides what a model thinks aloud: some servers leave it in the text, in a block at its start.

/// What such a block begins and ends with.
const BLOCKS: [(&str, &str); 3] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
];

/// Takes text piece by piece and gives back what is meant for the user.
#[derive(Debug)]
pub(super) enum Filter {
    /// Nothing but what may become an opening tag has come.
    Start(String),
    /// In a block that ends with this tag; the text is what may become it.
    Inside(&'static str, String),
    /// After the block; white space is left out until there is something else.
    After,
    /// The rest is for the user.
    Through,
}

impl Default for Filter {
    fn default() -> Self {
        Self::Start(String::new())
    }
}

impl Filter {
    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &str) -> String {
        match self {
            Self::Through => piece.to_owned(),
            Self::After => {
                let text = piece.trim_start();
                if !text.is_empty() {
                    *self = Self::Through;
                }
                text.to_owned()
            }
            Self::Start(held) => {
                held.push_str(piece);
                let text = held.trim_start();
                if let Some((open, close)) = BLOCKS.iter().find(|(open, _)| text.starts_with(open))
                {
                    let rest = text[open.len()..].to_owned();
                    *self = Self::Inside(close, String::new());
                    self.push(&rest)
                } else if BLOCKS.iter().any(|(open, _)| open.starts_with(text)) {
                    String::new()
                } else {
                    let text = text.to_owned();
                    *self = Self::Through;
                    text
                }
            }
            Self::Inside(close, held) => {
                held.push_str(piece);
                if let Some((_, rest)) = held.split_once(*close) {
                    let rest = rest.to_owned();
                    *self = Self::After;
                    return self.push(&rest);
                }
                // Only the beginning of the closing tag has to be kept.
                let mut keep = held.len().saturating_sub(close.len() - 1);
                while !held.is_char_boundary(keep) {
                    keep += 1;
                }
                held.drain(..keep);
                String::new()
            }
        }
    }

    /// What was held back, once no more comes.
    pub(super) fn finish(self) -> String {
        match self {
            Self::Start(held) => held.trim().to_owned(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[&str]) -> String {
        let mut filter = Filter::default();
        let mut shown: String = pieces.iter().map(|piece| filter.push(piece)).collect();
        shown += &filter.finish();
        shown
    }

    #[test]
    fn a_block_at_the_start_is_hidden_however_it_is_cut() {
        let text = "\n<think>Is it <b>milk</b>?\nYes — milch.</think>\n\nAdded <b>milk</b>.";
        for size in 1..text.len() {
            let chars: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = chars
                .chunks(size)
                .map(|chars| chars.iter().collect())
                .collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(shown(&pieces), "Added <b>milk</b>.", "in pieces of {size}");
        }
        assert_eq!(shown(&["<thought>hm</thought>Hello"]), "Hello");
        assert_eq!(shown(&["<think>for ever and ever"]), "");
    }

    #[test]
    fn all_other_text_stays() {
        assert_eq!(shown(&["<th", "ree> tasks"]), "<three> tasks");
        assert_eq!(
            shown(&["a < b, <think>no</think>"]),
            "a < b, <think>no</think>"
        );
        assert_eq!(shown(&["<thi"]), "<thi");
        assert_eq!(shown(&["", " ", "Hi", " there "]), "Hi there ");
    }
}
