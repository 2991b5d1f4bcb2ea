//! Words compared: by their stem, by their beginning, or as one misspelt for the other.

/// Past forms that do not end in "-ed", each with its verb.
const IRREGULAR: [(&str, &str); 34] = [
    ("bought", "buy"),
    ("paid", "pay"),
    ("sent", "send"),
    ("wrote", "write"),
    ("written", "write"),
    ("made", "make"),
    ("did", "do"),
    ("done", "do"),
    ("got", "get"),
    ("took", "take"),
    ("went", "go"),
    ("ran", "run"),
    ("fed", "feed"),
    ("gave", "give"),
    ("spoke", "speak"),
    ("met", "meet"),
    ("read", "read"),
    ("sold", "sell"),
    ("told", "tell"),
    ("thought", "think"),
    ("found", "find"),
    ("brought", "bring"),
    ("built", "build"),
    ("drove", "drive"),
    ("swept", "sweep"),
    ("hung", "hang"),
    ("put", "put"),
    ("picked", "pick"),
    ("saw", "see"),
    ("taught", "teach"),
    ("returned", "return"),
    ("took", "take"),
    ("phoned", "call"),
    ("rang", "ring"),
];

/// A word without its ending: "booking", "booked" and "books" are one; so are "bought" and "buy".
pub(super) fn stem(word: &str) -> String {
    if let Some((_, base)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*base).to_owned();
    }
    let mut stem = word;
    for ending in ["ing", "ied", "ed", "ies", "es", "s", "er", "y", "e"] {
        if let Some(base) = stem.strip_suffix(ending)
            && base.chars().count() >= 3
            && !(ending == "s" && base.ends_with('s'))
        {
            stem = base;
            if !matches!(ending, "s") {
                break;
            }
        }
    }
    // "planning" and "plan", "happy" and "happi".
    let mut chars: Vec<char> = stem.chars().collect();
    if let [.., a, b] = chars.as_slice()
        && a == b
        && chars.len() > 3
    {
        chars.pop();
    }
    if chars.last() == Some(&'e') && chars.len() > 3 {
        chars.pop();
    }
    chars.into_iter().collect()
}

/// "appoint" for "appointment".
pub(super) fn is_start(wanted: &str, word: &str) -> bool {
    wanted.chars().count() >= 4 && word.starts_with(wanted)
}

/// Whether a word says that something was done: "bought", "called".
pub(super) fn is_past(word: &str) -> bool {
    (word.ends_with("ed") && word.len() > 4) || IRREGULAR.iter().any(|(form, _)| *form == word)
}

/// One slip of the fingers in a word of five letters, two in one of nine.
pub(super) fn is_misspelt(wanted: &str, word: &str) -> bool {
    let len = wanted.chars().count().min(word.chars().count());
    if (3..=4).contains(&len) {
        // A short word has too many neighbours for anything but two letters swapped.
        return is_swapped(wanted, word);
    }
    let slips = match len {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    };
    slips > 0 && distance(wanted, word, slips) <= slips
}

/// Whether two words of one length differ by two neighbouring letters that changed places.
fn is_swapped(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = a.iter().zip(&b).position(|(a, b)| a != b);
    a.len() == b.len()
        && at.is_some_and(|at| {
            let mut swapped = a.clone();
            at + 1 < a.len() && {
                swapped.swap(at, at + 1);
                swapped == b
            }
        })
}

/// The edits between two words, two letters swapped being one; more than `most` is not counted.
fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most || a.len() > 40 {
        return most + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            next[j] = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}
