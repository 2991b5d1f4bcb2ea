// The task page. Everything here makes it better; nothing of it is needed.

import "./page.js";
import "./toasts.js";
import "./tasks.js";
import "./chat.js";
import "./live.js";
import "./due.js";
import "./keys.js";
