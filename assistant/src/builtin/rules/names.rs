//! What several rules have in common, under the names by which they use it: `{add}`, `{done}`.

pub(super) const NAMES: &[(&str, &str)] = &[
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
