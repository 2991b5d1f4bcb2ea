//! The grammar: what people say, and what they mean by it. The first rule that matches decides.
//! How patterns are written is explained in [`super::pattern`].

use std::sync::LazyLock;

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

const NAMES: &[(&str, &str)] = &[
    (
        "add",
        "add|create|make|insert|append|log|record|enter|set up|put in|put down|jot down|write down|note down|register|start|give me|open|include|ad|new",
    ),
    (
        "plain_add",
        "add|create|insert|append|jot down|write down|note down|put down|ad|new|include|log|track|save",
    ),
    (
        "task",
        "task|todo|to-do|to do|item|entry|taks|to do item|todo item|to-do item",
    ),
    (
        "tasks",
        "tasks|todos|to-dos|to dos|items|entries|things|reminders|to do items|todo items|to-do items",
    ),
    (
        "a",
        "a|an|another|one|one more|this|the|my|a quick|an additional|the following|a single",
    ),
    (
        "lead",
        "to|for|called|named|titled|that says|saying|which says|about|with title|with the title|with the name|of|entitled|that i need to|that i have to|that i should|labeled",
    ),
    (
        "list",
        "[my|the|our|this|your] [to-do|todo|to do|task|tasks|shopping|grocery] (list|tasks|todos|to-dos|lists|todolist)|there",
    ),
    (
        "done",
        "done|complete|completed|finished|as done|as being done|as complete|as completed|as finished|as ready|checked|checked off|ticked off|resolved|closed|as closed|as resolved|as checked|accomplished|as do ne|to done|to complete|to completed|to finished|off the list|off my list",
    ),
    (
        "undone",
        "not done|not yet done|not complete|not completed|not finished|undone|incomplete|pending|open|unfinished|to do|todo|to-do|active|uncompleted|unchecked|not done yet|not finished yet|not completed yet|not complete yet|outstanding|as open again|open again|active again|pending again",
    ),
    ("due", "due date|deadline|due|date|due-date|due time"),
    ("title", "title|name|text|wording|subject"),
    ("note", "note|notes|description|comment|details|detail|desc"),
    (
        "show",
        "show|list|display|see|view|print|get|give|read|tell|pull up|bring up|open|fetch|check|look at|review|go over|show me|give me|tell me|read me|read out|let me see|i want to see|i wanna see|wanna see|gimme|lemme see|i'd like to see|can i see|may i see|i need to see|get me|go through|list out|shw|lst",
    ),
    (
        "reschedule",
        "move|reschedule|postpone|push|delay|defer|shift|bump|snooze|put off|push back|push out|resched|re-schedule|pull|bring forward|hold off",
    ),
    (
        "i_must",
        "i need to|i have to|i must|i should|i've got to|i gotta|i got to|i ought to|i want to|i wanna|i would like to|i'd like to|i will|i'll|i need|we need to|we have to|we should|we must|need to|have to|gotta|must|i am going to|i'm going to|i plan to|i shall|i still need to|i still have to|i really need to|i really should|i also need to|i also have to|i also should|i'd better|i still gotta|i was going to|still gotta|i still must|i still should|i really must|i really gotta|i really need to get around to|i really should get around to|i should get around to|i need to get around to|i need to go|i better|i had better|i do need to|we need",
    ),
    (
        "remember",
        "remember to|to remember to|make sure i|make sure to|make sure that i|don't forget to|do not forget to|dont forget to|don't let me forget to|dont let me forget to|do not let me forget to|don't let me forget|let me remember to|i can't forget to|i cannot forget to|i must not forget to|i mustn't forget to|i shouldn't forget to|be sure to|try to remember to|i don't want to forget to|i need to remember to|i have to remember to|i must remember to|i should remember to|i want to remember to|help me remember to|i need to make sure to|i need to not forget to|not to forget to",
    ),
    (
        "delete",
        "delete|remove|erase|cancel|discard|scrap|trash|kill|get rid of|throw away|throw out|take off|dump|nuke|wipe|clear|clear out|del|rm|eliminate|strike|scratch|drop|forget|forget about|dismiss|purge|remove the task|delte|delet|take away|clean up",
    ),
    (
        "finish",
        "complete|finish|close|tick off|check off|cross off|cross out|tick|accomplish|resolve|wrap up|conclude|mark off|strike off|mark done|mark complete|mark completed|mark finished|mark as done|mark as complete|mark as completed|mark as finished|finalize|complet|knock out|close out|close off",
    ),
    (
        "mark",
        "mark|set|check|flag|tick|make|put|change|update|turn|move|consider|count|treat|label|switch|call",
    ),
    (
        "change",
        "change|edit|update|modify|alter|correct|fix|amend|adjust|revise|set|switch|replace|make|turn|chnage|chang",
    ),
    ("tag", "tag|tags|label|labels|hashtag|category"),
    (
        "moved",
        "moved|rescheduled|postponed|pushed|delayed|shifted|brought forward|pushed back|put off",
    ),
    (
        "doer",
        "add|create|delete|remove|erase|mark|complete|finish|close|change|edit|update|rename|move|reschedule|postpone|tag|untag|set|put|cancel|reopen|touch|check|tick|cross|clear|make|push|do",
    ),
    ("say", "that says|saying|says|that|reading|which says|:"),
    (
        "i_did",
        "i've|i have|i|we|we've|we have|just|i've just|i just|i already|i've already|i have already|i have just|i finally|i've finally|already|i actually|we just|i also|i've also",
    ),
    (
        "language",
        "german|deutsch|french|spanish|italian|portuguese|dutch|polish|russian|chinese|japanese|turkish|arabic|hindi|urdu|swedish|korean|français|español|italiano|another language|other languages|another languages|my language|ukrainian|greek|hebrew|norwegian|danish|finnish|czech|romanian|bengali|vietnamese|thai|indonesian|persian|latin|mandarin|cantonese|different language|a different language",
    ),
];

const RULES: &[(Intent, &[&str])] = &[
    (
        Intent::Greet,
        &[
            "(hi|hello|hey|heya|hiya|howdy|yo|greetings|good (morning|afternoon|evening|day)|hi hi|hey hey|morning|evening|sup|hullo|helo) [there|assistant|bot|again|friend|everyone|you|all|buddy|my friend|dear|mate|bro|dude|man] [how are you [doing] [today]|what's up|how's it going]",
            "(how are you|how are things|how do you do|what's up|whats up|wassup|how's it going|hows it going|how is it going|nice to meet you|are you there|anybody there|anyone there|you there) [doing] [today]",
        ],
    ),
    (
        Intent::Thank,
        &[
            "[ok|okay|great|perfect|awesome|nice|cool|good|wonderful|many|excellent|super|alright|oh|wow|lovely|amazing|yes|no] (thanks|thank you|thx|ty|cheers|thankyou|thank u|thnx|tnx|tysm|much appreciated|i appreciate it|appreciate it|appreciated) [you] [so much|very much|a lot|a bunch|again|for that|for the help|for your help|for helping|a ton|a million|kindly|indeed|buddy|assistant|dear|mate|bro|dude|man|friend|my friend|sir|madam|that's great|that's perfect|that's all|that is all|great job|you're great|bye|goodbye] [dear|mate|man|bro|dude|buddy|friend|my friend|sir|madam|assistant|everyone]",
            "[ok|okay|oh|yes|yeah] [that's|that is|this is|it's|you're|you are|very|so|really|simply] (great|perfect|awesome|nice|cool|ok|okay|good|excellent|wonderful|lovely|amazing|brilliant|fantastic|helpful|alright|all right|got it|super|sweet|neat|well done|good job|great job|nice job|nice work|great work|good work|good bot|i see|sounds good|understood|fine|the best|love it|i love it|that's all|that is all|that will be all|that'll be all) [job|work|stuff|one|for now|then|today]",
            "(kind|best|warm|many|with kind|with best|warmest) regards [<text>]",
            "(sincerely|yours|yours sincerely|yours truly|best wishes|all the best|cheers) [<text>]",
            "(bye|goodbye|bye bye|see you|see ya|good night|goodnight|later|cya|see you later|see you tomorrow|talk to you later|have a nice day|have a good day|have a good one|take care) [then|for now]",
        ],
    ),
    (
        Intent::Help,
        &[
            "(help|help me|help please|i need help|i need some help|can you help me|can you help|could you help me|instructions|menu|usage|manual|commands|examples|what now|options|man|info|get help|show help|give me help|i'm lost|i am lost|i'm new here|i don't know what to do|i don't know what to say) [out|please|with this|get started|using this|here]",
            "(i don't understand|i do not understand|i don't get it|i don't get this|what|huh|eh|pardon|come again|what do you mean)",
            "(what|which) (can|could|do|should|else can|all can|things can) (you|i|u) (do|say|ask|tell you|help with|help me with|type|write|understand|know|support|offer|ask you|use) [here|for me|with this|to you|exactly]",
            "(what|which|show|show me|list|list all|tell me) [me] [are|the|your|all|of|available|is|some] [available|the|your|possible|supported|my|all] (commands|features|options|capabilities|functions|examples|possibilities|instructions|functionality) [are there|do you have|available|do you know|do you support|do you understand]",
            "how (do|does|can|should) (i|this|it|you|one|the chat|the chatbot|this thing|this app|this work) [get] (use|work|start|started|begin|operate|function|help|talk) [this|you|it|to you|with you|the chat|the app|me] [work]",
            "how (do|can|should|would) i (add|create|make|delete|remove|complete|finish|mark|change|edit|rename|reschedule|tag|list|see|set|update|move|reopen|search|find|show|filter|sort|undo|clear|put|give) <text>",
            "how (to|do you) (add|create|delete|remove|complete|finish|mark|change|edit|rename|reschedule|tag|list|set|update) <text>",
            "(who|what) (are|r) you [exactly|anyway]",
            "(who|what) am i talking to",
            "(what's|what is) (this|your name|this thing|this app|your purpose|your job|this for)",
            "(are|r) you [a|an] (bot|robot|human|ai|real|person|chatgpt|machine|model) [person]",
            "(introduce yourself|tell me about yourself|explain yourself|what do you do|what are you for|tell me what you can do|show me what you can do|teach me|explain how this works|tell me how this works|explain this)",
        ],
    ),
    (
        Intent::OtherLanguage,
        &[
            "[do|can|could|will|would|please] [you|we|i] [please] [also] (speak|talk|understand|reply|answer|respond|write|switch|chat|communicate|continue|use|know) [to] [me|us] [in|to] {language} [please|too|instead|now|with me|as well]",
            "(in|auf|en) {language} [please]",
            "(change|set|switch|make) [the|my|your] language [to] {language}",
            "(i|we) [only|don't|do not] (speak|understand|prefer) [english|only|but] [just] {language}",
            "translate <text>",
        ],
    ),
    (
        Intent::Cancel,
        &[
            "(never mind|nevermind|nvm|cancel|cancel that|forget it|forget that|forget about it|stop|abort|no never mind|leave it|none|none of them|none of these|neither|neither of them|no one|nothing|nothing else|that's it|that's everything|don't|do nothing|not now|skip|skip it|no|nope|nah|no thanks|no thank you|actually no|don't do it|don't do that|please don't|not any of them|let it be|drop it|scratch that|dont|don't bother) [then|please|thanks|thank you]",
            "(never mind|nevermind|nvm|no|nope|actually no) (cancel|cancel that|forget it|forget that|stop|don't|dont|leave it|don't do it|don't do that|not now|thanks)",
            "(don't|do not|dont|never|no don't|you shouldn't|you should not) {doer} [<text>]",
            "(leave|keep) <definite> [as it is|as is|alone|open|there|on the list]",
        ],
    ),
    (
        Intent::Agree,
        &[
            "(yes|yep|yeah|yup|sure|ok|okay|correct|right|exactly|of course|absolutely|definitely|y|add it|add that|do it|do that|yes do|go ahead|please do|that's right|that one|it is|yes it is) [please|add it|do it|do that|add that|thanks|thank you|go ahead|i do]",
        ],
    ),
    (
        Intent::Undo,
        &[
            "(undo|undo that|undo it|undo this|revert|revert that|take that back|undo the last change|undo last|undo the last one|undo the last action|undo last action|undo my last change|undo what you did|undo what you just did|go back|oops|ctrl z|restore it|restore that|bring it back|undo please|undo everything|undo all|undelete|undelete it|undelete that|that was a mistake|that was wrong|i didn't mean that|i did not mean that)",
        ],
    ),
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
        &["[new|another|next] (todo|task|to-do|to do|reminder|item) : <title>"],
    ),
    (
        Intent::List,
        &["(everything|anything|any) [of|that is|that's|which is|that are|with a|on|in] <filter>"],
    ),
    // Several of these begin like others below; the more specific come first.
    (
        Intent::AddNote,
        &[
            "(add|attach|write|put|append|leave|make|include) [a|the|this|another|an] [new|short|following|extra] {note} (to|on|for|in|under|onto) <definite> [{say}] <text>",
            "(add|attach|write|put|append|leave|make|include) [a|the|this|another|an] [new|short|following|extra] {note} (to|on|for|in|under|onto) <task> {say} <text>",
            "(add|attach|write|put|append|leave|include) [a|the|this|another|an] {note} <text> (to|on|for|in|under|onto) <definite>",
            "(add|attach|write|put|append) <text> (to|in|into) [the] {note} (of|for|on|in) <task>",
            "(add|write|put|attach|append) <text> as [a|the] {note} (to|on|for|of|in) <task>",
            "note (on|for|to|about) <definite> [{say}] <text>",
            "<definite> {note} : <text>",
        ],
    ),
    (
        Intent::SetNote,
        &[
            "{change} [the] {note} (of|for|on|in) <task> (to|as|:|to say|into) <text>",
            "{change} <task> {note} (to|as|:|to say|into) <text>",
            "(describe|annotate) <task> (as|with|:) <text>",
            "(set|give|add) <definite> [a|the] {note} [of|to|as|:|saying|that says] <text>",
        ],
    ),
    (
        Intent::ClearNote,
        &[
            "(remove|clear|delete|erase|drop|empty|wipe) [the|all|all the] {note} (of|from|on|for|in) <task>",
            "(remove|clear|delete|erase|drop) <task> {note}",
        ],
    ),
    (
        Intent::ClearDue,
        &[
            "(remove|clear|delete|drop|unset|cancel|take off|take away|erase|strip|get rid of|take) [the|its|a|any] {due} (from|of|for|on|off) <task>",
            "(remove|clear|delete|drop|unset|cancel|erase) <task> {due}",
            "<task> (has|needs|gets|should have|shall have) no {due} [anymore|any more]",
            "<task> (doesn't|does not|don't|no longer|needn't|should not|shouldn't) (have|has|need|needs) (a|any|the) {due} [anymore|any more]",
            "no {due} for <task>",
            "(make|set|leave) <task> (without|with no|have no|to have no) [a|any] {due}",
            "{change} [the] {due} (of|for|on) <task> to (none|nothing|no date|never|empty|blank)",
            "{change} <task> {due} to (none|nothing|no date|never|empty|blank)",
            "(unschedule|undate) <task>",
            "<task> (is|isn't|is not) (not due|due anymore|due any more|no longer due|not due anymore|undated)",
            "(remove|clear|drop) [the] {due} (from|of|on|for) <task> [again]",
        ],
    ),
    (
        Intent::ClearPriority,
        &[
            "(remove|clear|delete|drop|unset|take off|reset|erase) [the|its|any] (priority|prio|importance) (from|of|for|on|off) <task>",
            "(remove|clear|delete|drop|unset|reset) <task> (priority|prio)",
            "(unprioritize|unflag|unprioritise|unstar) <task>",
            "<task> (isn't|is not|is no longer|isn't that|is not that) (important|urgent) [anymore|any more]",
            "(make|mark|set|give|put|leave) <task> (to|as|with|at) no priority",
            "(make|mark|set|give) <task> no priority",
        ],
    ),
    (
        Intent::Raise,
        &[
            "(raise|increase|bump up|bump|up|boost|heighten) [the|its] (priority|prio|importance|urgency) (of|for|on) <task>",
            "(raise|increase|bump up|bump|boost) <task> (priority|prio)",
            "make <task> more (important|urgent)",
        ],
    ),
    (
        Intent::Lower,
        &[
            "(lower|decrease|reduce|drop|downgrade) [the|its] (priority|prio|importance|urgency) (of|for|on) <task>",
            "(lower|decrease|reduce) <task> (priority|prio)",
            "make <task> less (important|urgent)",
        ],
    ),
    (
        Intent::ClearTags,
        &[
            "(remove|clear|delete|drop|strip|erase) [all|the|all the|every|all of the|its|any] (tags|labels|hashtags) (of|from|on|for|off) <task>",
            "(remove|clear|delete|drop|strip) <task> (tags|labels)",
        ],
    ),
    (
        Intent::RemoveTags,
        &[
            "(remove|delete|take|drop|strip|clear|erase|take off) [the|a] [{tag}] <hashtags> (from|off|of|on) <task>",
            "(remove|delete|take|drop|strip|clear|erase) [the|a] {tag} <tags> (from|off|of|on) <task>",
            "(remove|delete|take|drop|strip|clear|erase) [the] <tags> {tag} (from|off|of|on) <task>",
            "(untag|unlabel) <definite> [as|from|with|of] <tags>",
            "(untag|unlabel) <task> (as|from|with|of) <tags>",
            "(untag|unlabel) <tags> (from|off) <task>",
            "<definite> (is|are) (not|no longer) <hashtags> [anymore]",
        ],
    ),
    (Intent::ClearTags, &["(untag|unlabel) <task>"]),
    (
        Intent::SwapTags,
        &[
            "(replace|swap|change|switch|exchange) [the] [{tag}] <hashtags> (with|by|for|to|into) [the] [{tag}] <newtags> (on|of|for|in|from) <task>",
            "(on|for|in) <task> (replace|swap|change|switch) [the] [{tag}] <hashtags> (with|by|for|to|into) [the] [{tag}] <newtags>",
            "(replace|swap|change|switch) [the] {tag} (of|on|for) <task> from <hashtags> (to|into) <newtags>",
        ],
    ),
    (
        Intent::AddTags,
        &[
            "(tag|label|categorize|categorise|hashtag) <task> (as|with|under|:|to|by) [the] [{tag}] <tags>",
            "(tag|label|categorize|hashtag) <definite> <tags>",
            "(tag|label) <task> <hashtags>",
            "(add|put|attach|apply|set|assign|give|stick) [the|a|another|new] [{tag}] <hashtags> (to|on|for|onto) <task>",
            "(add|put|attach|apply|set|assign|stick) [the|a|another|new] {tag} <tags> (to|on|for|onto) <task>",
            "(add|put|attach|apply|set|assign) [the|a] <tags> {tag} (to|on|for|onto) <task>",
            "(add|put|attach|apply) [a|the|another] {tag} (to|on|for) <task> (:|called|named|as) <tags>",
            "(give|assign) <task> [the|a] {tag} <tags>",
            "(mark|put|file|move|set|flag|add) <task> [as|with|under|in|to] [the] {tag} <tags>",
            "(mark|put|file|move|set|flag) <task> [as|with|under|in|to] <hashtags>",
            "<definite> (is|are|should be|belongs to|goes to|goes under) [tagged|labeled|under] <hashtags>",
        ],
    ),
    (
        Intent::Earlier,
        &[
            "(bring|move|pull|advance|reschedule) <task> (forward|earlier|up|ahead) [by] <span>",
            "(bring|move|pull|advance|reschedule) <task> <span> (forward|earlier|ahead)",
        ],
    ),
    (
        Intent::Later,
        &[
            "{reschedule} <task> [back|out|off] (by|for) [another] <span>",
            "{reschedule} <task> [back|out|off] <span> [later|back|out]",
            "(give me|i need) <span> more (for|on) <task>",
            "(extend) <task> (by|for) <span>",
            "(extend) [the] {due} (of|for|on) <task> by <span>",
            "{reschedule} [the] {due} (of|for|on) <task> [back] [by] <span>",
        ],
    ),
    (
        Intent::Due,
        &[
            "make [it|sure] [so] that <task> (is|are) due [on|by|at] <when>",
            "<task> (is|are) [now|actually|really] due [on|by|at|before|until] <when> [now|instead]",
            "{change} [the|a|its] {due} (of|for|on|to) <task> (to|as|:|at|is|on|until|for) <when>",
            "{change} [the|a|its] {due} (of|for|on) <task> <when>",
            "{change} [the|a] {due} <when> (for|on|to) <task>",
            "{change} <task> {due} [to|as|:|date to|for|on] <when>",
            "<task> {due} [is|should be|to|:] [on|by] <when>",
            "<task> (is|are|should be|must be|needs to be|has to be) (due|done by|finished by|completed by|ready by|done|finished|scheduled for) [on|by|at|until|before|for] <when>",
            "[the] {due} (of|for|on) <task> (is|should be|:|to) <when>",
            "(give|assign) <task> (a|the) {due} [of|on|for|at] <when>",
            "(add|set|put|assign|attach) [a|the] {due} (of|for|on|at) <when> (to|for|on) <task>",
            "(add|set|put|assign|attach) [a|the] {due} (to|for|on) <task> [of|for|on|at|:] <when>",
            "(add|set|put|assign|attach) [a|the] {due} <when> (to|for|on) <task>",
            "(due|deadline) (for|of) <task> [is|:] <when>",
            "{reschedule} [the|its] {due} (of|for|on) <task> [back|out] [to|until|till|for|on|by] <when>",
            "{change} [the] time (of|for|on) <task> (to|as|:|at) <when>",
        ],
    ),
    (
        Intent::Move,
        &[
            "<task> [is|are|was|were|got|has been|have been|is being|should be|must be|needs to be|has to be|will be] {moved} [back|out] (to|until|till|for|on|by) <when>",
            "(arrange for|have|get|i want|i'd like|i would like|i need) <task> [to be] {moved} [back|out] (to|until|till|for|on|by) <when>",
            "<definite> should be [now|rather] [on|at|for|by] <when> (instead|rather) [of <text>]",
            "{reschedule} <task> [back|out|forward|off|over|up|again] (to|until|till|for|on|by|at|onto|from today to) <when>",
            "{reschedule} <task> [back|out|forward|off|over|up|again] from <text> to <when>",
            "{reschedule} <task> [back|out|forward|off|over] <when>",
            "(do|i'll do|i will do|let's do|plan|schedule|i'd rather do|have) <definite> [again] (for|on|to|at|until|instead|by) <when>",
            "(do|i'll do|i will do|let's do|plan|schedule|have) <definite> <when>",
            "<definite> (can wait|has to wait|must wait|will have to wait) (until|till|for|to) <when>",
        ],
    ),
    (
        Intent::Rename,
        &[
            "(rename|retitle|reword|rephrase|re-name) <task> (to|as|into|:|with) <text>",
            "(rename|retitle) <definite> <text>",
            "{change} [the] {title} (of|for|on) <task> (to|into|as|:|with) <text>",
            "{change} <task> {title} (to|into|as|:|with) <text>",
            "<definite> (should|must|shall) [now|rather] (say|be called|be named|read|be titled|be renamed to) <text> instead",
            "<definite> (should|must|shall) [now|rather] (say|be called|be named|read|be titled|be renamed to) <text>",
            "<definite> (is called|is now called|is named) <text>",
            "(call|name|title) <definite> <quoted> [instead|now]",
            "(call|name|title) (it|that|this one|that one) <text> instead",
            "(call|name|title) (it|that|this one|that one) <text>",
        ],
    ),
    (
        Intent::Reopen,
        &[
            "(reopen|uncheck|untick|uncomplete|unmark|un-complete|un-check|un-mark|reactivate|re-open|unfinish|un-tick|reinstate|reset|resume|incomplete) <task>",
            "(mark|set|make|flag|change|put|turn|move|switch|update) <task> [back] [as|to|to be] {undone} [again]",
            "(mark|set) [as|back to] {undone} <task>",
            "(mark|set) [as] {undone} : <task>",
            "<task> (is|are|was|were) [actually|still|in fact|really] {undone} [after all|yet|again]",
            "<task> (isn't|aren't|wasn't|weren't|hasn't been|is not|has not been) [actually|really|yet|in fact] (done|complete|completed|finished) [yet|after all]",
            "(undo|revert) [completing|the completion of|finishing] <definite>",
            "(undo|revert) (completing|the completion of|finishing) <task>",
            "i (didn't|did not|haven't|have not|didnt|havent) [actually|really] (finish|finished|do|done|complete|completed|did) <task> [yet|after all]",
            "i (didn't|did not|haven't|have not|didnt|havent) [actually|really|in fact] <task> [yet|after all]",
            "<task> (was|were|is|are|has been|have been) [actually|in fact] not [actually|really|in fact] <past>",
            "<task> (wasn't|weren't|isn't|aren't|hasn't been|haven't been|was never) [actually|really|in fact] <past>",
            "<task> (should|must|needs to|has to) be (reopened|opened again|unchecked)",
            "(bring|put|move|get) <task> back [to|on|in|onto] [pending|open|my list|the list|todo|to do|my tasks|the pending list]",
            "(bring|put) back <task>",
            "open <task> (again|back up)",
            "open up <task> again",
        ],
    ),
    (
        Intent::Complete,
        &[
            "{mark} <task> [off] [to|as|to be|is|are] {done} [please|now|already]",
            "(mark|set|check|put) [down] <task> as (paid|bought|sent|booked|called|cleaned|submitted|ordered|written|fixed|handled|achieved|over|cooked|delivered|shipped|signed|returned)",
            "(mark|tick|check) (off|as) {done} <task>",
            "(mark|set|tick|check) {done} <task>",
            "(check|tick|cross|strike|mark|knock|scratch) <task> off [{list}|of my list|from my list|of the list|as done]",
            "{finish} <task> [off|now|from my list|off my list] [as done]",
            "<task> (is|are|was|were|has been|have been|got|gets|is all|are all|is now|is already|are already|is finally|has now been|'s) {done} [now|already]",
            "<task> (already|finally|now|just got) {done}",
            "<definite> {done} [now|already]",
            "(done|finished|completed|complete|through|finally done|all done) [with|w|:] <task>",
            "(i'm|i am|im|we're|we are|am) (done|finished|through|ready) [with|w] <task>",
            "{i_did} (finished|completed|done|did|finish|complete|wrapped up|taken care of|took care of|ticked off|checked off|handled|dealt with|sorted|sorted out|got done|managed) [with] <task> [now|already|today|yesterday|this morning]",
            "{i_did} got <task> done [now|already|today]",
            "{i_did} <past> [now|already|today|yesterday|this morning|this afternoon|last night|just now|earlier]",
            "(mark|tick|check) <definite>",
            "(consider|count) <definite> (done|finished|as done)",
            "<definite> (check|checked|tick)",
            "<task> (=|-|:) {done}",
            "{finish} <definite> (because|since|as|it's|its|it is|cause|cuz|coz|they are|they're) <text>",
            "that was <task> {done}",
            "(i want|i'd like|i would like|have|get) <task> [to be] (marked|ticked|checked|crossed) [off] [as] [{done}]",
            "<task> (should|must|can|needs to|has to) be (marked|ticked|checked|crossed) [off] [as] [{done}]",
            "<deed> [now|already|today|yesterday|this morning|this afternoon|last night|just now|earlier]",
        ],
    ),
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
            "(what's|whats|what're) (left|next|up next|to do|still to do|there to do|still open|still left|remaining|on my plate|on the agenda|on|coming|up|my next task|first|outstanding) [to do|to be done|for me|still] [<filter>]",
            "(what's|what is|how's|how is|how does|what does|what about|show|show me|give me|tell me|check) [my|the] (day|agenda|schedule|week|plan|workload|plate|calendar|todo|to-do|to do|day look like|agenda look like|schedule look like|week look like) [look|looking|like|look like|looking like|for|of] [<filter>]",
            "what [do] i [even|actually|still] (have|got|gotta|need|must|should) [to] [do|left|going on|planned|on] [<filter>]",
            "(what|which) (tasks|task|things|todos|items) (do|should|must|are|have|can|need) [i|to be|be] [still|have|need|got] [to|left|remain|done|do|finish|complete|work on|pending|remaining|start|start with|tackle] [do|complete|finish|next|first|now|with] [<filter>]",
            "(my|the|todo|to-do|to do) (agenda|todo|to-do|to do|plate|day|schedule) [<filter>]",
            "(what's|what is) (the|my) (next|most urgent|most important|first) [task|thing|one|item|todo] [to do|on my list|i should do]",
            "(plan|organize|organise) my (day|week)",
            "(anything|something) (left|else|to do|i should do|i need to do|i have to do|i should know|on my plate|on my list) [to do] [<filter>]",
            "(do i have|have i got|is there) (anything|something|stuff|things|any work) [left|else] [to do|planned|on|on my plate|going on|coming up|open|scheduled] [<filter>]",
            "(am i|are we) (free|busy|done|finished) [<filter>]",
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
            "did i [already] (add|write down|note) <text>",
        ],
    ),
    (
        Intent::Show,
        &[
            "(is|are|was) <task> [still|already] due [<when>]",
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
            "(add|create|put|insert|write) (something|it|this|that|stuff|some tasks|tasks) [to|on] [{list}]",
            "(add|put) (to|on) {list}",
        ],
    ),
    (
        Intent::AddMany,
        &[
            "({plain_add}|put|throw|stick|place|get|write|note) <title> as [a|my|another] [new] ({task}|{tasks})",
            "<title> (should be|needs to be|must be|belongs|goes) [put] (on|in|to) {list}",
            "<title> (to|on|onto) (my|the) [to-do|todo|to do|task] list [please]",
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

/// What begins a new command behind "and" or a comma.
pub(super) static STARTERS: LazyLock<Option<Pattern>> = LazyLock::new(|| {
    single(
        "(add|create|delete|remove|erase|mark|complete|check off|tick off|tick|cross|check|cross off|show|list|display|rename|reopen|uncheck|untick|reschedule|postpone|remind|ping me|tag|untag|label|prioritize|what|what's|whats|which|how many|set|make|change|move|update|push|finish|close|cancel|put|edit|delay|give|tell me|i need to|i have to|i must|i should|don't forget|remember|clear|defer|snooze|bump|bring|raise|lower|get rid of|find|search|drop|schedule|new task|note to self|i've|i finished|i did|i completed|done with|replace|take it|take that|call it|name it)",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_well_formed() {
        let names: Names = NAMES.iter().copied().collect();
        for (intent, sources) in RULES {
            for source in *sources {
                if let Err(mistake) = Pattern::compile(source, &names) {
                    panic!("{intent:?}: {mistake}");
                }
            }
        }
        assert!(OPENERS.is_some() && STARTERS.is_some());
    }
}
