//! Whether a message is in another language.

use super::super::tokens::{Kind, Phrase};

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

/// Whether a message is in another language or another script.
pub(in super::super) fn is_other(message: Phrase<'_>) -> bool {
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
