//! Talk that needs no task.

use super::{Intent, Rules};

pub(super) const RULES: Rules = &[
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
];
