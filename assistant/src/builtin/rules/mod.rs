//! The grammar: what people say, and what they mean by it. The first rule that matches decides.
//! How patterns are written is explained in [`super::pattern`].

mod adding;
mod broad;
mod changing;
mod looking;
mod names;
mod reminding;
mod talk;

use std::sync::LazyLock;

use names::NAMES;

use super::pattern::{Names, Pattern};

/// What a clause wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    Greet,
    Thank,
    Help,
    OtherLanguage,
    Alarm,
    Cancel,
    /// Yes, to what was offered.
    Agree,
    Undo,
    /// One task: "add a task to buy bread and butter".
    AddOne,
    /// As many as are listed: "add milk and eggs".
    AddMany,
    /// What somebody is about to do: "I'm meeting Bob on friday".
    Plan,
    /// What somebody has ahead: "I have a meeting on friday".
    Appointment,
    Remind,
    /// Falls due at a time: "remind me of task 3 at 5".
    RemindOf,
    Complete,
    Reopen,
    Delete,
    Rename,
    /// A new title, or a date or priority: "change task 1 to …".
    Change,
    Move,
    Later,
    Earlier,
    Due,
    ClearDue,
    Raise,
    Lower,
    ClearPriority,
    AddTags,
    RemoveTags,
    /// Some tags instead of others.
    SwapTags,
    ClearTags,
    AddNote,
    SetNote,
    ClearNote,
    /// Some change that was not said.
    Edit,
    List,
    ListToDo,
    ListDone,
    Find,
    Count,
    Show,
}

impl Intent {
    /// Whether a question can mean it: nobody asks a task into being, or out of it.
    pub(super) fn can_be_asked(self) -> bool {
        matches!(
            self,
            Self::Greet
                | Self::Thank
                | Self::Help
                | Self::OtherLanguage
                | Self::Alarm
                | Self::List
                | Self::ListToDo
                | Self::ListDone
                | Self::Find
                | Self::Count
                | Self::Show
        )
    }
}

/// Intents with the patterns that say them.
type Rules = &'static [(Intent, &'static [&'static str])];

/// In the order in which they are tried.
const RULES: [Rules; 6] = [
    talk::RULES,
    reminding::RULES,
    changing::RULES,
    looking::RULES,
    broad::RULES,
    adding::RULES,
];

/// A rule ready to match.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) intent: Intent,
    pub(super) pattern: Pattern,
}

/// All rules in order.
pub(super) static RULE_SET: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let names: Names = NAMES.iter().copied().collect();
    let compile = |intent: Intent, source: &str| {
        // A wrong pattern is a mistake of ours, which a test finds.
        let pattern = Pattern::compile(source, &names).ok()?;
        Some(Rule { intent, pattern })
    };
    RULES
        .iter()
        .copied()
        .flatten()
        .flat_map(|(intent, sources)| sources.iter().map(|source| (*intent, *source)))
        .filter_map(|(intent, source)| compile(intent, source))
        .collect()
});

fn single(source: &str) -> Option<Pattern> {
    let names: Names = NAMES.iter().copied().collect();
    Pattern::compile(source, &names).ok()
}

/// What people say before what they want.
pub(super) static OPENERS: LazyLock<Option<Pattern>> = LazyLock::new(|| {
    single(
        "(please|please to|pls|plz|kindly|can you|could you|would you|will you|can u|could u|hey|hi|hello|yo|bruh|bro|dude|lol|omg|ugh|ah|aha|hm|haha|ok|okay|so|well|then|and|also|and also|and then|after that|plus|just|assistant|bot|alright|all right|yes|yeah|sure|oh|oh and|oh yeah|um|uh|hmm|anyway|listen|first of all|firstly|secondly|i want you to|i'd like you to|i would like you to|i need you to|go ahead and|you should|would you mind|do you mind|how about|is it possible to|would it be possible to|can we|could we|can i|could i|may i|may i ask|may i ask you to|can i ask you to|could i ask you to|i was wondering if you could|i wonder if you could|i should be grateful if you would|i would be grateful if you would|i would be grateful if you could|i'd be grateful if you could|i would appreciate it if you could|i'd appreciate it if you could|it would be great if you could|it'd be great if you could|it would be nice if you could|any chance you could|hey there|hi there|hello there|good morning|good afternoon|good evening|dear assistant|dear bot|be so kind and|be so kind as to|would you be so kind as to|would you be so kind and|i kindly ask you to|you can|you may|you need to|thanks|thank you|great|perfect|cool|nice|actually|now|sorry|wait|oops|hey assistant|i think|i guess|i was thinking|i think you should|if you could|if possible|do me a favor and|finally|lastly|next|afterwards|btw|by the way|as well as|but|but also|next up|additionally|furthermore|be advised that|fyi)",
    )
});

/// What people say before what they want to be done to a task, and before what they want to do.
pub(super) static WISHES: LazyLock<Option<Pattern>> = LazyLock::new(|| {
    single(
        "(i want|i wanna|i wish|i'd like|i would like|i'd love|i need|i have|i'd prefer|i must) [to]",
    )
});

/// What people say before they say better what they meant.
pub(super) static CORRECTIONS: LazyLock<Option<Pattern>> = LazyLock::new(|| {
    single("(no|nope|no wait|wait no|i mean|i meant|no i mean|no i meant|rather|or rather)")
});

/// What begins a new command behind "and" or a comma.
pub(super) static STARTERS: LazyLock<Option<Pattern>> = LazyLock::new(|| {
    single(
        "(add|create|delete|remove|erase|mark|complete|check off|tick off|tick|cross|check|cross off|show|list|display|rename|reopen|uncheck|untick|reschedule|postpone|remind|ping me|tag|untag|label|prioritize|what|what's|whats|which|how many|set|make|change|move|update|push|finish|close|cancel|put|edit|delay|give|tell me|i need to|i have to|need to|have to|i must|i should|don't forget|remember|clear|defer|snooze|bump|bring|raise|lower|get rid of|find|search|drop|schedule|new task|note to self|i've|i finished|i did|i completed|done with|replace|take it|take that|call it|name it)",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_well_formed() {
        let names: Names = NAMES.iter().copied().collect();
        for (intent, sources) in RULES.into_iter().flatten() {
            for source in *sources {
                if let Err(mistake) = Pattern::compile(source, &names) {
                    panic!("{intent:?}: {mistake}");
                }
            }
        }
        assert!(OPENERS.is_some() && STARTERS.is_some());
    }
}
