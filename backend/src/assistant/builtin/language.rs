//! What the grammar knows of words beyond its rules: verbs that begin tasks, other languages,
//! repetition, questions, and misspelt words of its own.

use std::{collections::BTreeSet, sync::LazyLock};

use super::{
    dates,
    references::is_misspelt,
    rules::RULE_SET,
    tokens::{Kind, Phrase, Token},
};

/// Verbs with which people begin what they have to do.
const TASK_VERBS: &[&str] = &[
    "answer",
    "apply",
    "arrange",
    "ask",
    "assemble",
    "attend",
    "back",
    "bake",
    "book",
    "bring",
    "build",
    "buy",
    "call",
    "cancel",
    "charge",
    "check",
    "clean",
    "collect",
    "confirm",
    "contact",
    "cook",
    "create",
    "cut",
    "debug",
    "deliver",
    "deposit",
    "discuss",
    "do",
    "donate",
    "download",
    "draft",
    "drive",
    "drop",
    "email",
    "e-mail",
    "feed",
    "fetch",
    "file",
    "fill",
    "find",
    "finish",
    "fix",
    "follow",
    "fold",
    "get",
    "give",
    "go",
    "grab",
    "hang",
    "help",
    "hire",
    "hoover",
    "install",
    "invite",
    "iron",
    "learn",
    "look",
    "mail",
    "make",
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
    "post",
    "practice",
    "practise",
    "prepare",
    "print",
    "purchase",
    "read",
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
    "run",
    "schedule",
    "see",
    "sell",
    "send",
    "service",
    "sew",
    "ship",
    "shop",
    "sign",
    "sort",
    "start",
    "study",
    "submit",
    "sweep",
    "take",
    "talk",
    "test",
    "text",
    "thank",
    "tidy",
    "train",
    "translate",
    "try",
    "update",
    "upgrade",
    "vacuum",
    "visit",
    "walk",
    "wash",
    "watch",
    "water",
    "wrap",
    "write",
];

/// Words of other languages that no English sentence has.
const FOREIGN: &[&str] = &[
    "aggiungi",
    "ajoute",
    "ajouter",
    "anade",
    "añade",
    "añadir",
    "agrega",
    "aufgabe",
    "aufgaben",
    "bitte",
    "comprar",
    "comprare",
    "compra",
    "courses",
    "das",
    "de",
    "del",
    "der",
    "des",
    "die",
    "domani",
    "du",
    "ein",
    "eine",
    "einen",
    "el",
    "erinnere",
    "est",
    "faire",
    "füge",
    "hinzu",
    "ich",
    "il",
    "je",
    "kaufen",
    "kaufe",
    "la",
    "lait",
    "las",
    "latte",
    "le",
    "leche",
    "lijst",
    "los",
    "löschen",
    "lösche",
    "mañana",
    "manana",
    "mein",
    "meine",
    "mes",
    "mijn",
    "milch",
    "mir",
    "mis",
    "morgen",
    "moi",
    "muss",
    "nicht",
    "nueva",
    "och",
    "para",
    "por",
    "pour",
    "rappelle",
    "recuerdame",
    "recuérdame",
    "tache",
    "tâche",
    "taches",
    "tâches",
    "tarea",
    "tareas",
    "tarefa",
    "tarefas",
    "toevoegen",
    "und",
    "una",
    "une",
    "voeg",
    "zeig",
    "zeige",
    "zu",
    "mon",
    "ma",
    "demain",
    "acheter",
    "mostra",
    "muestra",
    "muéstrame",
    "meus",
    "minhas",
    "adicionar",
    "quiero",
    "necesito",
    "was",
    "habe",
    "hola",
    "bonjour",
];
/// Of those, words that English has too.
const SHARED: &[&str] = &[
    "die", "was", "de", "la", "le", "el", "courses", "las", "los", "ma", "du", "des", "del",
];

/// Words by which an English sentence is known.
const ENGLISH: &[&str] = &[
    "a", "add", "all", "and", "are", "at", "buy", "delete", "do", "for", "have", "i", "in", "is",
    "it", "list", "mark", "me", "my", "need", "of", "on", "please", "show", "task", "tasks",
    "that", "the", "this", "to", "today", "tomorrow", "what", "with",
];

pub(super) fn is_task_verb(word: &str) -> bool {
    TASK_VERBS.binary_search(&word).is_ok() || word == "e-mail"
}

/// Whether a message is in another language or another script.
pub(super) fn is_other(message: Phrase<'_>) -> bool {
    let source = message.source();
    let letters = source.chars().filter(|char| char.is_alphabetic()).count();
    // Latin letters, with accents too, stand below U+0250.
    let other = source
        .chars()
        .filter(|char| char.is_alphabetic() && *char > '\u{24f}')
        .count();
    if letters >= 3 && other * 2 > letters {
        return true;
    }
    let words = || {
        message
            .tokens()
            .iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| token.word.as_str())
    };
    let foreign = words().filter(|word| FOREIGN.contains(word)).count();
    let certain = words()
        .filter(|word| FOREIGN.contains(word) && !SHARED.contains(word))
        .count();
    let english = words().filter(|word| ENGLISH.contains(word)).count();
    certain >= 1 && foreign >= 2 && foreign > english
}

/// Whether a clause is in another language.
pub(super) fn is_foreign(clause: Phrase<'_>) -> bool {
    is_other(clause)
}

/// Whether a clause asks something.
pub(super) fn is_question(clause: Phrase<'_>) -> bool {
    let behind = clause
        .tokens()
        .last()
        .map_or("", |last| &clause.text()[last.span.end..]);
    matches!(
        clause.word(0),
        "what"
            | "what's"
            | "whats"
            | "why"
            | "how"
            | "who"
            | "who's"
            | "when"
            | "where"
            | "which"
            | "is"
            | "are"
            | "does"
            | "did"
            | "am"
            | "was"
            | "were"
            | "tell"
            | "whose"
    ) || behind.trim_start().starts_with('?')
}

/// The tokens of a clause without the repetition that it asks for, if it asks for any.
pub(super) fn without_repetition(clause: Phrase<'_>) -> Option<Vec<Token>> {
    let is_unit = |word: &str| {
        let single = word.strip_suffix('s').unwrap_or(word);
        matches!(
            single,
            "day"
                | "week"
                | "month"
                | "year"
                | "morning"
                | "evening"
                | "night"
                | "afternoon"
                | "hour"
                | "weekday"
                | "weekend"
                | "quarter"
                | "workday"
        ) || dates::weekday(word).is_some()
            || dates::weekday(single).is_some()
    };
    let tokens = clause.tokens();
    for (at, token) in tokens.iter().enumerate() {
        let len = match token.word.as_str() {
            "every" | "each" => {
                let mut len = 1;
                while matches!(
                    clause.word(at + len),
                    "other" | "single" | "second" | "third" | "few" | "first" | "last"
                ) || tokens
                    .get(at + len)
                    .is_some_and(|t| matches!(t.kind, Kind::Number(_) | Kind::Ordinal(_)))
                {
                    len += 1;
                }
                if !is_unit(clause.word(at + len)) {
                    continue;
                }
                len + 1
            }
            "daily" | "weekly" | "monthly" | "yearly" | "annually" | "hourly" | "biweekly"
                if at > 0 && at + 1 == tokens.len() =>
            {
                1
            }
            "repeat" | "repeating" | "recurring" if at + 1 == tokens.len() => 1,
            _ => continue,
        };
        let mut rest = tokens.to_vec();
        rest.drain(at..at + len);
        return Some(rest);
    }
    None
}

/// The words of the grammar's rules.
static VOCABULARY: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let words = RULE_SET.iter().flat_map(|rule| rule.pattern.words());
    words
        .filter(|word| word.len() >= 4)
        .map(str::to_owned)
        .collect()
});

/// Longest message in which misspelt words are looked for, in tokens.
const LONGEST_CORRECTED: usize = 40;

/// The tokens with misspelt words of the grammar put right; none if there are none.
pub(super) fn corrected(tokens: &[Token]) -> Option<Vec<Token>> {
    if tokens.len() > LONGEST_CORRECTED {
        return None;
    }
    let mut changed = false;
    let corrected = tokens
        .iter()
        .map(|token| {
            let is_candidate = token.kind == Kind::Word && (4..=14).contains(&token.word.len());
            if !is_candidate || VOCABULARY.contains(&token.word) || is_task_verb(&token.word) {
                return token.clone();
            }
            match VOCABULARY
                .iter()
                .find(|known| is_misspelt(&token.word, known))
            {
                Some(known) => {
                    changed = true;
                    Token {
                        word: known.clone(),
                        ..token.clone()
                    }
                }
                None => token.clone(),
            }
        })
        .collect();
    changed.then_some(corrected)
}
