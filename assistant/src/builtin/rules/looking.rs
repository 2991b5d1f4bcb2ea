//! What shows, counts and finds tasks.

use super::{Intent, Rules};

pub(super) const RULES: Rules = &[
    (
        Intent::List,
        &[
            "{show} [me|us|out] [a list of|the list of|an overview of|what are|what's|whats|what is|what|which|about|again] <filter>",
            "(what|which|what's|whats|what're|what are|what is|what was|which are|which is|wats|what else|what else is|what have i|what've i) <filter> [again]",
            "(do|did|have) (i|we) [have|get|got] [any|some|anything|something|many] <filter>",
            "(is|are) (there|any|any of) [any|anything|some|something] <filter>",
            "(is|are) (there|any|any of) [any|anything|some|something] [of] my <filter>",
            "(anything|something|any|whatever) <filter>",
            "(am i|are we) <filter> [on|with] [anything|something|any tasks]",
            "(can|could|may) (i|we|you) (see|have|get|show|view|list) [me|us] <filter>",
            "(i|we) (want|need|wish|would like|like) [to] (see|view|know|check|have|look at) [what] <filter>",
            "(sort|order|filter|arrange) [me] <filter>",
            "{show} [me|us] [the|my|all|all the] {tasks} (what|which|who) (is|are) <filter>",
        ],
    ),
    (
        Intent::ListDone,
        &[
            "what (have|did|had|has|'ve) (i|we|been) [already|just|so far|actually|managed to|been] (completed|complete|finished|finish|done|do|accomplished|accomplish|get done|gotten done|got done|ticked off|checked off|achieved|achieve|crossed off|managed|finish up|closed) [so far|already|today|yet|this week|recently|lately|until now|up to now|now]",
            "(what|which) [tasks|things|of my tasks|ones|items|todos] [have|did] (i|are|have been|has been|i've|were) [already|been] (completed|complete|finished|finish|done|do|closed|get done|ticked off|checked off|accomplished) [so far|already|yet|today|this week]",
            "(show|list|tell|give|display) [me] [what|everything|all|all the|the|things|tasks|everything that] [tasks|things] (i've|i have|i) [already] (completed|finished|done|accomplished|did) [so far|already]",
            "what's [already|been] (done|finished|completed) [so far|already]",
            "my (accomplishments|achievements|done list|completed list)",
            "(show|list) [me] [my|the] (accomplishments|achievements)",
        ],
    ),
    (
        Intent::ListToDo,
        &[
            "what (should|do|can|must|shall|would|could|am i|will|did) [i|we] [still|supposed|have|need|got|want|forget] [to|left] (do|work on|tackle|focus on|start with|get done|finish|complete|be doing|take care of|be working on|start|have|deal with|get to) [next|first|now|still|left|yet|right now|at the moment|to do|today|on] [<filter>]",
            "what (is|are|'s) (left|next|up next|to do|still to do|there to do|still open|still left|remaining|on my plate|on the agenda|on|coming|my next task|my next tasks|outstanding|my tasks) [to do|to be done|for me|still] [<filter>]",
            "(what's|whats|what're) (happening|going on|planned|scheduled|left|next|up next|to do|still to do|there to do|still open|still left|remaining|on my plate|on the agenda|on|coming|up|my next task|first|outstanding) [to do|to be done|for me|still] [<filter>]",
            "(what's|what is|how's|how is|how does|what does|what about|show|show me|give me|tell me|check) [my|the] (day|agenda|schedule|week|plan|workload|plate|calendar|todo|to-do|to do|day look like|agenda look like|schedule look like|week look like) [look|looking|like|look like|looking like|for|of] [<filter>]",
            "what [do] i [even|actually|still] (have|got|gotta|need|must|should) [to] [do|left|going on|planned|on] [<filter>]",
            "(what|which) (tasks|task|things|todos|items) (do|should|must|are|have|can|need) [i|to be|be] [still|have|need|got] [to|left|remain|done|do|finish|complete|work on|pending|remaining|start|start with|tackle] [do|complete|finish|next|first|now|with] [<filter>]",
            "(my|the|todo|to-do|to do) (agenda|todo|to-do|to do|plate|day|schedule) [<filter>]",
            "(what's|what is) (the|my) (next|most urgent|most important|first) [task|thing|one|item|todo] [to do|on my list|i should do]",
            "(plan|organize|organise) my (day|week)",
            "(anything|something) (left|else|to do|i should do|i need to do|i have to do|i should know|on my plate|on my list) [to do] [<filter>]",
            "(do i have|have i got|is there) (anything|something|stuff|things|any work) [left|else] [to do|planned|on|on my plate|going on|coming up|open|scheduled] [<filter>]",
            "(am i|are we) (free|busy|done|finished) [<filter>]",
            "(what|which) [task|one|thing|item] is [the|my] (most|more) (important|urgent) [task|one|thing|item]",
            "what now",
            "todo",
        ],
    ),
    (
        Intent::Count,
        &[
            "how many [of my|of the|more] <filter>",
            "(count|number of|tell me how many|what's the number of) <filter>",
            "how much [work|stuff|more] [<filter>]",
            "(what is|what's) my (task|todo) count",
        ],
    ),
    (
        Intent::Find,
        &[
            "(find|search|search for|look for|look up|locate|where is|where's|where are|find me|search my|search my tasks for|search tasks for|search my list for|look in my list for|find all|find any|filter by|filter) [me|my|the|all|any] [tasks|task|todos|everything|anything|something|items] [for|with|about|containing|called|named|related to|that contain|that mention|mentioning|matching|regarding|on|to do with|having to do with] <text>",
            "(do i have|have i got|is there|are there|have i) [already] [a|an|any|some|something] (task|tasks|todo|todos|anything|something|item|items|one|things) (about|for|with|called|containing|related to|regarding|mentioning|to|named|like|on|to do with|on my list about) <text>",
            "(what|which) (tasks|task|todos|items|of my tasks) (mention|contain|include|are about|is about|have|has|are related to|involve|relate to) [the word|the words|something about] <text>",
            "(show|list|display|give|get) [me] [all|my|the|any|every|everything] [my|the|of my] [tasks|task|everything|todos|items|stuff|things|ones|anything] (about|containing|with|mentioning|matching|related to|regarding|that contain|that mention|involving|to do with|having to do with|that have to do with|that include) [the word|the text] <text>",
            "(what|what do i have|anything|what's there|what is there|what have i got) (about|regarding|on|related to|to do with) <text>",
            "is <text> on {list}",
            "(anything|something|everything) (with|about|containing|mentioning|for) <text>",
            "did i [already] (add|write down|note) <text>",
        ],
    ),
    (
        Intent::Show,
        &[
            "(is|are|was) <task> [still|already] due [<when>]",
            "(is|are|was) (the|my|our) <task> [on|at|by|before|for] <when>",
            "(is|are|was|were|has|have) <passive> [yet|already|now]",
            "(did|have|has) (i|we) [already|actually|ever] <task> [yet|already|today|yesterday]",
            "(do|did) i (have to|need to|still have to|still need to) <task>",
            "(show|open|view|display|see|read|print|look at|pull up) [me] [the details of|details of|details for|the] <definite>",
            "(what's|what is|what was|whats|what about|how about|tell me about|tell me more about|details of|details for|details on|details about|info on|more about|describe|show me details of|give me details on|info about|what does) <definite> [about|say|again|for]",
            "(when|when's|when is|whens|when was|when are|by when is|until when is|how long until|what time is|what day is|what date is|at what time is) [the deadline for|the deadline of|the due date of] <task> [due|supposed to happen|scheduled|happening|again|supposed to be done|to be done|planned]",
            "when (do|must|should|did) i (have|need|plan) to <task>",
            "when (do|must|should|will) i <task>",
            "(what's|what is|tell me|when is) [the] (deadline|due date|priority|status|date|time|description|note|notes|title|name) (of|for|on) <task>",
            "(is|are|was|did i finish|did i complete|have i finished|have i completed|have i done|did i do) <task> (done|finished|completed|complete|overdue|due|late|urgent|still open|open|pending|already done|done yet|finished yet|already) [yet|already]",
            "(did i finish|did i complete|have i finished|have i completed|have i done|did i do) <task> [yet|already]",
            "<number>",
        ],
    ),
];
