//! Rules so broad that they come after the more specific ones: deleting, changing anything at all,
//! and commands that lack what they are about.

use super::{Intent, Rules};

pub(super) const RULES: Rules = &[
    (
        Intent::AddOne,
        &[
            "(add|create|put|insert|write) (something|it|this|that|stuff|some tasks|tasks) [to|on|in] [{list}]",
        ],
    ),
    // A note of which no task is said is a task itself.
    (
        Intent::AddMany,
        &[
            "({add}|leave|write|put|take) [me|in|down] [{a}] [new|quick|short|little|small] (note|memo|something|line|thing|{task}) [for me|for myself|for us] (to|that i|that we) [need to|have to|must|should|remember to] <errand> [(to|on|in) {list}]",
            "({add}|leave|write|put|take) [me|in|down] [{a}] [new|quick|short|little|small] (note|memo|line|something) (:|saying|that says|that) <title>",
        ],
    ),
    (
        Intent::Delete,
        &[
            "(clear|delete|remove|erase|purge|wipe|archive|clean up|clear out|clean out|get rid of|empty) [all|all the|all my|my|the|everything|everything that is|everything that's|what is|what's|whatever is] [that is|that are] [already] (completed|complete|done|finished|closed|ticked off|checked off|crossed off) [ones|tasks|items|things|todos|stuff]",
            "(delete|remove|erase|clear) me <task>",
            "{delete} <definite> (because|since|as|it's|its|it is|cause|cuz|coz|they are|they're) <text>",
            "(delete|remove|erase|take|drop|cross|strike|scratch|get|clear|cut|wipe|put) <task> (from|off|off of|out of) {list}",
            "{delete} (the|my) {task} <quoted>",
            "{delete} <task> [again|from my list|from the list|from here|from list|off my list|from there|permanently|entirely|altogether|anymore|completely]",
            "i (don't|do not|dont|no longer|won't) (need|want|have|care about|going) [to do|to|about] <task> (anymore|any more|any longer|now|after all)",
            "i no longer (need|want|have) [to|to do] <task>",
            "<definite> (is|are) (no longer needed|not needed anymore|not needed|not necessary|obsolete|unnecessary|not relevant anymore|irrelevant|cancelled|canceled|off|not needed any more|no longer necessary|no longer relevant)",
            "<task> (is|are|has been|have been|was|were|got) (cancelled|canceled|no longer needed|not needed anymore|not needed|obsolete|called off|off|not happening|not happening anymore)",
            "(i want|i'd like|i would like|have|get) <task> [to be] (deleted|removed|erased) [from {list}]",
            "<task> (should|must|can|needs to|has to) be (deleted|removed|erased|taken off) [from] [{list}]",
            "(clean|clear|tidy|empty|wipe|delete|erase) [up|out] (my|the) [whole|entire] [to-do|todo|to do|task|shopping|grocery] (list|lists|todolist)",
            "(get rid of|clear out|clear) <task>",
        ],
    ),
    // "Rent is paid": what was cancelled or is not needed has been read above.
    (
        Intent::Complete,
        &[
            "<passive> [now|already|at last|finally|today]",
            "<task> (done|finished|completed)",
        ],
    ),
    (
        Intent::AddMany,
        &[
            "({plain_add}|put|throw|stick|place|pop|get|write|slap|note) <title> (to|on|onto|in|into|as tasks|as a task|down on|down in) {list} [too|also|please|as well]",
            "({plain_add}|put|throw|stick|place|pop|get|write|slap|note) <title> (to|on|onto|in|into|down on|down in) {list} <changes>",
            "{add} [the following|these|this|those|all of these|all these|all this] : <title>",
        ],
    ),
    (
        Intent::Change,
        &[
            "{mark} [the] (priority|prio|importance|urgency) (of|for|on) <task> [to|as|:|at|is] <changes>",
            "(give|assign) <task> [a|the] <changes>",
            "{mark} <task> (priority|prio) [to|as|:] <changes>",
            "(set|mark|make|change|flag|put|give|update|edit|move|raise|lower|bump|star|increase|decrease|turn|upgrade|downgrade|drop|adjust|reduce) <task> [to be|to|as|a|at|with|so it's|so that it's|for|on|by|down to|up to|into] <changes>",
            "(raise|lower|increase|decrease|bump|drop|reduce) [the] (priority|prio) (of|for|on) <task> to <changes>",
            "(set|add|give|put) <changes> (for|on|to) <definite>",
            "(set|assign|give) [a|the] <changes> (for|on|to) <task>",
            "(make|set|mark|flag) <changes> <definite>",
            "{change} <task> (to|into|with|to say|to read|so it says|so that it says|:) <text>",
            "{change} <definite> <quoted>",
            "<definite> (to|into|is|are|should be|has|needs|gets|as|must be) [now|really|very|a|of] <changes>",
            "<task> (is|are|should be|must be|got|became|has become) [now|really|very|a|of] <changes> [now|again]",
            "{mark} [the|its] (priority|prio|importance) (to|as|:) <changes>",
            "(make|mark|flag) [it|as] <changes>",
            "<definite> <changes>",
            "(prioritize|prioritise|star|flag) <task>",
            "(deprioritize|deprioritise) <task>",
        ],
    ),
    (
        Intent::Edit,
        &[
            "(update|change|edit|modify|rename|reschedule|postpone|move|alter|adjust|correct|fix|delay|push|snooze|defer|tag|label|retitle|set|re-schedule|prioritize) [<definite>]",
            "(rename|reschedule|postpone|tag|edit|modify) <task>",
            "(change|update|edit|set|modify|adjust|fix|add|remove) [a|the|its] (title|name|priority|prio|due date|deadline|date|description|note|notes|tags|tag)",
            "(push|move|delay|snooze|defer|shift|change|update) (the|my) <task>",
            "(change|update|edit|set|modify|adjust|fix) [the] (title|name|priority|prio|due date|deadline|date|description|note|notes|tags|tag|time|details) (of|for|on) <task>",
            "(i want to|i'd like to|i need to) (update|change|edit|modify|rename|reschedule|move) <definite>",
        ],
    ),
    (
        Intent::Complete,
        &[
            "(mark|check|tick|complete|finish|check off|tick off|cross off) [off] [a|some|one|another] [{task}|{tasks}]",
            "(mark|set) [as] {done}",
        ],
    ),
    (
        Intent::Reopen,
        &["(reopen|uncheck|untick) [a|some|one] [{task}|{tasks}]"],
    ),
    (
        Intent::Delete,
        &["(delete|remove|erase) [a|some|one|another] [{task}|{tasks}]"],
    ),
    (Intent::List, &["<filter>"]),
];
