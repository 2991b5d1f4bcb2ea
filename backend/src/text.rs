//! Rules for text that hold everywhere: what can be stored, and how it is compared.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// Whether text has control characters: PostgreSQL stores no NUL, and none has a place in one line.
#[must_use]
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// The form in which text is compared on both databases: compatibility forms and case folded away.
#[must_use]
pub fn key(text: &str) -> String {
    text.nfkc().default_case_fold().nfkc().collect()
}

/// A pattern for `LIKE … ESCAPE '\\'` that finds text whose [`key`] contains this one's, literally.
#[must_use]
pub fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for char in key(text).chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ignore_case_and_compatibility_forms() {
        assert_eq!(key("Straße"), key("STRASSE"));
        assert_eq!(key("ﬁle"), key("FILE"));
        assert_eq!(key("é"), key("e\u{301}"));
    }

    #[test]
    fn patterns_take_wildcards_literally() {
        assert_eq!(containing(r"50%_\"), r"%50\%\_\\%");
    }
}
