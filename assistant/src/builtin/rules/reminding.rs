//! Reminders, and what is plain by its first word.

use super::{Intent, Rules};

pub(super) const RULES: Rules = &[
    (
        Intent::RemindOf,
        &[
            "(remind|notify|ping|alert|nudge) me (about|of|to do|for) <definite> [again] <when>",
            "(set|add|create|make) [a|an|the|me a] (reminder|alarm) (for|about|to do|of|on) <definite> [for|to] <when>",
        ],
    ),
    (
        Intent::Alarm,
        &[
            "(remind|notify|ping|alert|nudge) me (about|of|to do) <definite>",
            "(can|could|do|will|would) [you] (send|give|show|do|have|set|offer|support|get|i get|make) [me|up] [any|a|an|push|email|some] (reminder|reminders|notification|notifications|alarm|alarms|alert|alerts|email|push notifications|sms|text message) [for|about|of|when|if|at] [<text>]",
            "(set|create|start) [a|an|the|me an] (alarm|timer|stopwatch) [<text>]",
            "(wake|call|text|email|message|phone) me [up] [at|on|in|when|if|tomorrow|before] [<text>]",
        ],
    ),
    (
        Intent::Remind,
        &[
            "(remind|notify|ping|alert|nudge|tell|message) (me|us) <when> [again] (to|about|that|of|that i need to|that i have to|i need to|i have to|that i should|not to forget to|:) <title>",
            "(remind|notify|ping|alert|nudge|tell|warn) (me|us) (to|about|of) <title>",
            "(add|create|make|set|set up|give me|put|schedule) [me] [a|an|another|the] [new|quick] (reminder|alarm) (for|at|on) <when> (to|about|that|:) <title>",
            "[please] (remind|remined|remnd) (me|us) [again] [also] [to|about|that|of|for|that i need to|that i have to|i need to|i have to|that i should|not to forget to] [<title>]",
            "(notify|ping|alert|nudge|warn|prompt) me (about|of|that|to) <title>",
            "(add|create|make|set|set up|give me|i need|i want|new|put|schedule|i'd like|i would like|place) [me] [a|an|another|the|my] [new|quick|daily|friendly] reminder [for me] [to|for|about|that|of|that says|saying|called] [<title>]",
            "reminder [to|for|about|that] <title>",
        ],
    ),
    (
        Intent::AddOne,
        &[
            "[new|another|next] (todo|task|to-do|to do|reminder|item) : <title>",
            "({add}|leave|write|put|take) [me|in|down] [{a}] [new|quick|short|little|small] (note|memo) (to|for) (self|myself|me) [to|that|:] <title>",
        ],
    ),
    // Said with relief, and no order to complete all that there is.
    (
        Intent::ListToDo,
        &["(all|everything|everything is|it's all) done [for today|now]"],
    ),
    (Intent::Complete, &["done"]),
    (
        Intent::List,
        &["(everything|anything|any) [of|that is|that's|which is|that are|with a|on|in] <filter>"],
    ),
];
