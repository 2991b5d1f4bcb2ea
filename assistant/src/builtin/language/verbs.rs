//! Verbs with which people begin what they have to do.

use super::{super::tokens::Token, spelling::is_known};

/// Verbs with which people begin what they have to do, sorted.
const TASK_VERBS: &[&str] = &[
    "answer",
    "apply",
    "arrange",
    "ask",
    "assemble",
    "attend",
    "back",
    "bake",
    "bathe",
    "book",
    "bring",
    "brush",
    "build",
    "buy",
    "call",
    "cancel",
    "charge",
    "chase",
    "check",
    "clean",
    "collect",
    "confirm",
    "contact",
    "cook",
    "create",
    "cut",
    "debug",
    "decorate",
    "defrost",
    "deliver",
    "deposit",
    "discuss",
    "do",
    "donate",
    "download",
    "draft",
    "drive",
    "drop",
    "dust",
    "e-mail",
    "email",
    "exercise",
    "feed",
    "fetch",
    "figure",
    "file",
    "fill",
    "find",
    "finish",
    "fix",
    "fold",
    "follow",
    "get",
    "give",
    "go",
    "grab",
    "hand",
    "hang",
    "help",
    "hire",
    "hoover",
    "install",
    "investigate",
    "invite",
    "iron",
    "jog",
    "learn",
    "lock",
    "look",
    "mail",
    "make",
    "measure",
    "meet",
    "mend",
    "message",
    "mop",
    "mow",
    "order",
    "organise",
    "organize",
    "pack",
    "paint",
    "pay",
    "phone",
    "pick",
    "plan",
    "plant",
    "polish",
    "post",
    "practice",
    "practise",
    "prepare",
    "print",
    "purchase",
    "rake",
    "read",
    "rebook",
    "recharge",
    "recycle",
    "refill",
    "register",
    "renew",
    "rent",
    "repair",
    "replace",
    "reply",
    "research",
    "reserve",
    "return",
    "review",
    "ring",
    "rotate",
    "run",
    "scan",
    "schedule",
    "see",
    "sell",
    "send",
    "service",
    "sew",
    "share",
    "ship",
    "shop",
    "shovel",
    "sign",
    "sort",
    "speak",
    "start",
    "stretch",
    "study",
    "submit",
    "sweep",
    "take",
    "talk",
    "teach",
    "test",
    "text",
    "thank",
    "tidy",
    "train",
    "translate",
    "trim",
    "try",
    "unpack",
    "update",
    "upgrade",
    "upload",
    "vacuum",
    "verify",
    "visit",
    "vote",
    "walk",
    "wash",
    "watch",
    "water",
    "weed",
    "wrap",
    "write",
];

pub(in super::super) fn is_task_verb(word: &str) -> bool {
    TASK_VERBS.binary_search(&word).is_ok()
}

/// The tokens with the verbs behind "would you mind" as those of a command: "deleting" is
/// "delete".
pub(in super::super) fn with_imperatives(mut tokens: Vec<Token>) -> Vec<Token> {
    for at in 1..tokens.len() {
        let asked = match tokens[at - 1].word.as_str() {
            "mind" => true,
            "about" => at > 1 && tokens[at - 2].word == "how",
            _ => false,
        };
        if asked && let Some(verb) = imperative(&tokens[at].word) {
            tokens[at].word = verb;
        }
    }
    tokens
}

/// "delete" for "deleting", if that is a verb of the grammar or of tasks.
pub(in super::super) fn imperative(word: &str) -> Option<String> {
    let base = word.strip_suffix("ing")?;
    let undoubled = base.get(..base.len().saturating_sub(1)).unwrap_or(base);
    // Of what people plan, though no task begins with them.
    const PLANS: [&str; 7] = ["fly", "have", "host", "join", "leave", "play", "travel"];
    [base.to_owned(), format!("{base}e"), undoubled.to_owned()]
        .into_iter()
        .find(|verb| is_task_verb(verb) || PLANS.contains(&verb.as_str()) || is_known(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_are_sorted_so_that_they_are_found() {
        assert!(TASK_VERBS.is_sorted());
    }
}
