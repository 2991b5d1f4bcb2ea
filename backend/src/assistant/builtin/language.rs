//! What the grammar knows of words beyond its rules: verbs that begin tasks, other languages,
//! repetition, questions, and misspelt words of its own.

use std::{collections::BTreeSet, sync::LazyLock};

use super::{
    dates,
    rules::{RULE_SET, STARTERS},
    sentences,
    tokens::{Kind, Phrase, Token, tokenize},
    words::is_misspelt,
};

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
    "qué",
    "tengo",
    "pendientes",
    "hacer",
    "comprar",
    "cosas",
    "hoy",
    "mis",
    "borra",
    "borrar",
    "elimina",
    "eliminar",
    "completar",
    "marcar",
    "lista",
    "lägg",
    "till",
    "ajouter",
    "supprime",
    "supprimer",
    "montre",
    "liste",
    "aujourd'hui",
    "quoi",
    "qu'est-ce",
    "heute",
    "bis",
    "einkaufen",
    "hinzufügen",
    "erledigt",
    "erledige",
    "markiere",
    "oggi",
    "cosa",
    "devo",
    "fare",
    "lembre",
    "preciso",
    "amanhã",
    "hoje",
    "boodschappen",
    "nieuwe",
    "taak",
    "taken",
    "wat",
    "moet",
    "ik",
];
/// Of those, words that English has too.
const SHARED: &[&str] = &[
    "die", "was", "de", "la", "le", "el", "courses", "las", "los", "ma", "du", "des", "del",
    "till", "fare", "taken", "bis", "lista", "il", "das", "mis", "ik", "wat",
];

/// Words by which an English sentence is known.
const ENGLISH: &[&str] = &[
    "a", "add", "all", "and", "are", "at", "buy", "delete", "do", "for", "have", "i", "in", "is",
    "it", "list", "mark", "me", "my", "need", "of", "on", "please", "show", "task", "tasks",
    "that", "the", "this", "to", "today", "tomorrow", "what", "with",
];

pub(super) fn is_task_verb(word: &str) -> bool {
    TASK_VERBS.binary_search(&word).is_ok()
}

/// Whether a message is in another language or another script.
pub(super) fn is_other(message: Phrase<'_>) -> bool {
    let source = message.text();
    let letters = source.chars().filter(|char| char.is_alphabetic()).count();
    // Latin letters, with accents too, stand below U+0250.
    let other = source
        .chars()
        .filter(|char| char.is_alphabetic() && *char > '\u{24f}')
        .count();
    if letters >= 3 && (other * 2 > letters || source.contains(['\u{bf}', '\u{a1}'])) {
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

/// Whether a clause begins as questions do. "Can you …" asks for something to be done instead.
pub(super) fn asks(clause: Phrase<'_>) -> bool {
    let (first, second) = (clause.word(0), clause.word(1));
    match first {
        "what" | "what's" | "whats" | "why" | "how" | "who" | "who's" | "when" | "where"
        | "which" | "is" | "are" | "does" | "did" | "am" | "was" | "were" | "whose"
        | "anything" | "wats" | "what're" | "when's" | "where's" | "isn't" | "aren't"
        | "didn't" => true,
        "do" | "have" | "has" | "should" | "shall" | "must" | "will" => {
            matches!(second, "i" | "we" | "you" | "they" | "it" | "the" | "my") && first != "do"
                || (first == "do" && matches!(second, "i" | "we" | "you" | "they"))
        }
        _ => false,
    }
}

/// Whether a clause asks something.
pub(super) fn is_question(clause: Phrase<'_>) -> bool {
    let behind = clause
        .tokens()
        .last()
        .map_or("", |last| &clause.text()[last.span.end..]);
    asks(clause) || clause.word(0) == "tell" || behind.trim_start().starts_with('?')
}

/// Whether a text tells something rather than asking for it.
pub(super) fn is_statement(text: &str) -> bool {
    let tokens = tokenize(text);
    let clause = sentences::without_politeness(Phrase::new(text, &tokens));
    let commands = STARTERS
        .as_ref()
        .is_some_and(|pattern| pattern.starts(clause).is_some());
    !commands && !is_question(clause) && (clause.is_empty() || clause.len() > 2)
}

/// The tokens with the verbs behind "would you mind" as those of a command: "deleting" is
/// "delete".
pub(super) fn with_imperatives(mut tokens: Vec<Token>) -> Vec<Token> {
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
pub(super) fn imperative(word: &str) -> Option<String> {
    let base = word.strip_suffix("ing")?;
    let undoubled = base.get(..base.len().saturating_sub(1)).unwrap_or(base);
    // Of what people plan, though no task begins with them.
    const PLANS: [&str; 7] = ["fly", "have", "host", "join", "leave", "play", "travel"];
    [base.to_owned(), format!("{base}e"), undoubled.to_owned()]
        .into_iter()
        .find(|verb| {
            is_task_verb(verb) || PLANS.contains(&verb.as_str()) || VOCABULARY.contains(verb)
        })
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
    let is_plural_day = |word: &str| {
        word.strip_suffix('s').is_some_and(|day| {
            (dates::weekday(day).is_some() && day.len() > 4) || matches!(day, "weekend" | "weekday")
        })
    };
    let is_task_noun = |word: &str| {
        matches!(
            word,
            "task" | "todo" | "to-do" | "item" | "reminder" | "chore" | "alarm"
        )
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
                if clause.word(at + len) == "of" {
                    // "every first of the month"
                    len += 1 + usize::from(matches!(clause.word(at + len + 1), "the" | "a"));
                }
                if !is_unit(clause.word(at + len)) {
                    continue;
                }
                len + 1
            }
            "daily" | "weekly" | "monthly" | "yearly" | "annually" | "hourly" | "biweekly"
                if at > 0 && (at + 1 == tokens.len() || is_task_noun(clause.word(at + 1))) =>
            {
                1
            }
            // "on sundays", "on mondays and thursdays"
            "on" if is_plural_day(clause.word(at + 1)) => {
                let mut len = 2;
                loop {
                    let more = usize::from(matches!(clause.word(at + len), "and" | ","));
                    if !is_plural_day(clause.word(at + len + more)) {
                        break len;
                    }
                    len += more + 1;
                }
            }
            // "twice a week", "three times a day"
            "once" | "twice" | "times"
                if matches!(clause.word(at + 1), "a" | "per" | "each" | "every")
                    && is_unit(clause.word(at + 2)) =>
            {
                3
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

/// Words of dates, which the rules do not have.
const DAYS: [&str; 11] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "today",
    "tomorrow",
    "tonight",
    "weekend",
];

/// The words of the grammar's rules.
static VOCABULARY: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let words = RULE_SET.iter().flat_map(|rule| rule.pattern.words());
    words
        .chain(DAYS.iter().copied())
        .filter(|word| word.len() >= 3)
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
            let is_candidate = token.kind == Kind::Word && (3..=14).contains(&token.word.len());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_are_sorted_so_that_they_are_found() {
        assert!(TASK_VERBS.is_sorted());
    }
}
