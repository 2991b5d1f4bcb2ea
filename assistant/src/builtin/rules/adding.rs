//! What adds tasks.

use super::{Intent, Rules};

pub(super) const RULES: Rules = &[
    (
        Intent::AddMany,
        &[
            "{add} [me|in] [the following|these|some|a few|two|three|four|five|both|several|a couple of|multiple|2|3|4|5|all these|my|the] [new|more] {tasks} [to {list}|in {list}|on {list}] [to|for|called|named|about|:] <title>",
            "{plain_add} (to|on|in|into) {list} <title>",
            "(to|on) {list} (add|put|write) <title>",
            "(tasks|todos|to-dos|new tasks|my tasks are|my tasks today|things to do|todo list|to-do list|shopping list|to do list|to do|to-dos) : <title>",
        ],
    ),
    (
        Intent::AddOne,
        &[
            "{add} [me|in|up] [{a}] [new|quick|simple|small|additional|separate] {task} [for me] [to {list}|in {list}|on {list}] [{lead}] <title>",
            "{add} [me|in|up] [{a}] [new] <changes> {task} [for me] [to {list}|in {list}|on {list}] [{lead}] <title>",
            "(i need|i want|i'd like|i would like|can i have|could i get|we need|there should be|there's|there is|here's|here is|i have|i've got|i got|let's have|let's add|give me|put me) [{a}|to add|to create|add|create] [new] {task} [{lead}] <title>",
            "[a] [new|next|another|my] (task|todo|to-do|to do|item) [{lead}|is] <title>",
            "[a] [new|another] <changes> (task|todo|to-do|item) [{lead}] <title>",
            "(note to self|self note|note|memo|mental note|i just remembered|just remembered|i almost forgot|reminder to self) [that|to|i need to|i have to|that i need to] <title>",
        ],
    ),
    (
        Intent::AddOne,
        &[
            "{add} [me|in] [{a}] [new|quick|more] {task} [please|to {list}|for me|for today|in my list]",
            "[a] new (task|todo|to-do|item) [please]",
            "(i want to|i'd like to|i need to|i would like to|can i|let me|could i|let's) (add|create|make) [{a}|some] [new] ({task}|something|{tasks}|stuff) [please|to {list}]",
            "(add|create|new|insert)",
            "(add|put) (to|on) {list}",
        ],
    ),
    (
        Intent::Plan,
        &["(i'm|i am|im|we're|we are|i'll be|i will be|we'll be) [also] <title>"],
    ),
    (
        Intent::Appointment,
        &[
            "(i have|i've|i've got|i got|we have|we've got|there's|there is) [got|also] (a|an|another|my|our|the) <title>",
        ],
    ),
    (
        Intent::AddMany,
        &[
            "({plain_add}|put|throw|stick|place|get|write|note) <title> as [a|my|another] [new] ({task}|{tasks})",
            "<title> (should be|needs to be|must be|belongs|goes) [put] (on|in|to) {list}",
            "<title> (to|on|onto) (my|the) [to-do|todo|to do|task] list [please]",
            "(jot down|write down|note down|put down) that <title>",
            "{plain_add} [also|in|too|also the] <title>",
            "{remember} <title>",
            "{i_must} {remember} <title>",
            "(it's time to|time to|i'm supposed to|i am supposed to|i was supposed to|i need to remember|i forgot to|i almost forgot to|i still haven't|it would be good to|it'd be good to|i am planning to|i'm planning to|someone needs to|somebody has to|someone has to|the plan is to|i've been meaning to|i keep forgetting to|can't forget to|mustn't forget to) <title>",
            "{i_must} [get around to|go ahead and|finally] <title>",
            "(can|could|would|will) you (put|write|note|jot) [down] [that] [i need to|i have to] <title> [on|in] [{list}]",
            "let's [not forget to] <title>",
        ],
    ),
];
