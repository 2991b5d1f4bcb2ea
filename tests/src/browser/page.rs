//! One tab.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::{
        broadcast::{
            self,
            error::{RecvError, TryRecvError},
        },
        mpsc,
    },
    time::{Instant, sleep},
};

use super::{cdp::Connection, text};

/// How long a page may take until it shows what it should.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often we look.
const GLANCE: Duration = Duration::from_millis(50);

/// Finds what breaks the accessibility rules: <https://github.com/dequelabs/axe-core>.
const AXE: &str = include_str!("../../assets/axe/axe.min.js");

/// The middle of the element, or of its label where that stands for it, if a click there hits it.
const POINT: &str = "function () {
    for (const element of [this, ...(this.labels ?? [])]) {
        element.scrollIntoView({ block: 'nearest', behavior: 'instant' });
        const { x, y, width, height } = element.getBoundingClientRect();
        const [middleX, middleY] = [x + width / 2, y + height / 2];
        const hit = document.elementFromPoint(middleX, middleY);
        if (hit && element.contains(hit)) return [middleX, middleY];
    }
    return null;
}";

/// Does what choosing a value does.
const SET_VALUE: &str = "function (value) {
    this.value = value;
    this.dispatchEvent(new Event('input', { bubbles: true }));
    this.dispatchEvent(new Event('change', { bubbles: true }));
}";

/// A tab of a browser.
pub struct Page {
    connection: Connection,
    session: String,
    target: String,
    complaints: Arc<Mutex<Vec<String>>>,
    loading: Mutex<Loading>,
}

/// Whether a page is being replaced by the next, from what the browser told so far.
struct Loading {
    session: String,
    events: broadcast::Receiver<Arc<Value>>,
    is_under_way: bool,
}

impl Loading {
    fn is_under_way(&mut self) -> bool {
        loop {
            let event = match self.events.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Lagged(_)) => continue,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return self.is_under_way,
            };
            if event["sessionId"].as_str() == Some(&self.session) {
                match event["method"].as_str() {
                    Some("Page.frameStartedLoading") => self.is_under_way = true,
                    Some("Page.frameStoppedLoading") => self.is_under_way = false,
                    _ => {}
                }
            }
        }
    }
}

/// What the window looked like.
pub struct Picture {
    /// When it did: a picture comes a little later.
    pub at: SystemTime,
    /// The picture.
    pub png: Vec<u8>,
}

/// What axe found.
#[derive(Debug, Deserialize)]
pub struct Violation {
    /// The rule's name.
    pub id: String,
    /// What it asks.
    pub help: String,
    /// The elements that break it.
    pub nodes: Vec<String>,
}

impl Page {
    pub(super) async fn open(connection: Connection, context: &str, new_window: bool) -> Self {
        let mut wanted = json!({"url": "about:blank", "browserContextId": context});
        // To say no is not the same as to say nothing: a tab needs a window that is there.
        if new_window {
            wanted["newWindow"] = true.into();
        }
        let target = connection
            .call(None, "Target.createTarget", wanted)
            .await
            .expect("a new tab");
        let target = text(&target, "targetId");
        let attached = connection
            .call(
                None,
                "Target.attachToTarget",
                json!({"targetId": target, "flatten": true}),
            )
            .await
            .expect("the tab can be driven");
        let session = text(&attached, "sessionId");
        let loading = Loading {
            session: session.clone(),
            events: connection.events(),
            is_under_way: false,
        };
        let page = Self {
            session,
            connection,
            target,
            complaints: Arc::default(),
            loading: Mutex::new(loading),
        };
        page.collect_complaints();
        for domain in ["Page", "DOM", "Runtime", "Log", "Accessibility", "Network"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        page.size(1280, 800).await;
        page
    }

    /// Remembers what the browser's console complains of.
    fn collect_complaints(&self) {
        let mut events = self.connection.events();
        let (session, complaints) = (self.session.clone(), self.complaints.clone());
        tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                if event["sessionId"].as_str() != Some(&session) {
                    continue;
                }
                let parameters = &event["params"];
                let complaint = match event["method"].as_str() {
                    Some("Runtime.exceptionThrown") => &parameters["exceptionDetails"],
                    Some("Log.entryAdded") if parameters["entry"]["level"] == "error" => {
                        &parameters["entry"]
                    }
                    Some("Runtime.consoleAPICalled") if parameters["type"] == "error" => {
                        &parameters["args"]
                    }
                    _ => continue,
                };
                complaints.lock().unwrap().push(complaint.to_string());
            }
        });
    }

    /// Errors of scripts, refused resources and breaches of the content policy so far.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().clone()
    }

    async fn call(&self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    async fn try_call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        self.connection
            .call(Some(&self.session), method, parameters)
            .await
    }

    // ── How the page is looked at

    /// Sets the size of the window in CSS pixels; up to 500 wide it is a phone with a touch screen.
    pub async fn size(&self, width: u32, height: u32) {
        let phone = width <= 500;
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}),
        )
        .await;
        self.call(
            "Emulation.setTouchEmulationEnabled",
            json!({"enabled": phone}),
        )
        .await;
    }

    /// Asks for the dark or the light scheme.
    pub async fn dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = [
            json!({"name": "prefers-color-scheme", "value": scheme}),
            json!({"name": "prefers-reduced-motion", "value": "reduce"}),
        ];
        self.call("Emulation.setEmulatedMedia", json!({"features": features}))
            .await;
    }

    /// Turns scripts of pages loaded from now on off or on.
    pub async fn javascript(&self, on: bool) {
        self.call(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": !on}),
        )
        .await;
    }

    /// Takes the network away or gives it back.
    pub async fn offline(&self, offline: bool) {
        self.call(
            "Network.emulateNetworkConditions",
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}),
        )
        .await;
    }

    /// Brings the tab before the others of its window, which are hidden then.
    pub async fn show(&self) {
        self.call("Page.bringToFront", json!({})).await;
    }

    /// Pretends to be in that time zone, an IANA name.
    pub async fn time_zone(&self, name: &str) {
        self.call("Emulation.setTimezoneOverride", json!({"timezoneId": name}))
            .await;
    }

    // ── Where it goes

    /// Loads a page and waits until it is there.
    pub async fn goto(&self, url: &str) {
        let answer = self.call("Page.navigate", json!({"url": url})).await;
        assert!(
            answer["errorText"].is_null(),
            "{url}: {}",
            answer["errorText"]
        );
        self.loaded().await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.call("Page.reload", json!({})).await;
        self.loaded().await;
    }

    async fn loaded(&self) {
        self.until("the page has loaded", async || {
            self.eval("document.readyState === 'complete' && location.href !== 'about:blank'")
                .await
                == true
        })
        .await;
    }

    /// The path of the address, with the query.
    pub async fn path(&self) -> String {
        let path = self.eval("location.pathname + location.search").await;
        path.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the address has that path.
    pub async fn arrives_at(&self, path: &str) {
        self.until(&format!("the address is {path}"), async || {
            self.path().await == path
        })
        .await;
        self.loaded().await;
    }

    // ── What is on it

    /// Everything that can be read.
    pub async fn text(&self) -> String {
        let text = self
            .eval("document.body ? document.body.innerText : ''")
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until that text can be read.
    pub async fn sees(&self, wanted: &str) {
        self.until(&format!("“{wanted}” can be read"), async || {
            self.text().await.contains(wanted)
        })
        .await;
    }

    /// Waits until that text can no longer be read.
    pub async fn sees_no(&self, unwanted: &str) {
        self.until(
            &format!("“{unwanted}” can no longer be read"),
            async || !self.text().await.contains(unwanted),
        )
        .await;
    }

    /// Whether there is a thing of that role (`button`, `link`, `textbox`, …) and name.
    pub async fn has(&self, role: &str, name: &str) -> bool {
        self.find(role, name).await.is_some()
    }

    /// The value of an expression of the page's language.
    pub async fn eval(&self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        // While a page is replaced by the next there is nothing to ask.
        let Ok(mut answer) = self.try_call("Runtime.evaluate", parameters).await else {
            return Value::Null;
        };
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].take()
    }

    /// Looks again and again until it holds.
    ///
    /// # Panics
    /// When it does not in time, with what the page shows instead.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await {
            if Instant::now() > deadline {
                let text = self.text().await;
                let path = self.path().await;
                let complaints = self.complaints();
                panic!("waited in vain until {what}; {path} shows:\n{text}\n{complaints:#?}");
            }
            sleep(GLANCE).await;
        }
    }

    // ── What a person does

    /// Clicks in the middle of the thing of that role and name.
    pub async fn click(&self, role: &str, name: &str) {
        let deadline = Instant::now() + PATIENCE;
        let (x, y) = loop {
            let node = self.wait_for(role, name).await;
            if let Some(point) = self.point_in(node).await {
                break point;
            }
            assert!(
                Instant::now() < deadline,
                "something lies over the {role} “{name}”"
            );
            sleep(GLANCE).await;
        };
        for kind in ["mousePressed", "mouseReleased"] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}),
            )
            .await;
        }
        // Only a moment later does the browser tell that it loads another page.
        sleep(GLANCE).await;
    }

    /// Writes into the field of that name, in place of what is in it.
    pub async fn fill(&self, name: &str, value: &str) {
        let node = self
            .wait_for_any(&["textbox", "searchbox", "combobox"], name)
            .await;
        self.call("DOM.focus", json!({"backendNodeId": node})).await;
        self.eval("document.activeElement.select?.()").await;
        self.call("Input.insertText", json!({"text": value})).await;
    }

    /// Sets a field that is no text, such as a date or a choice, to one of its values.
    pub async fn choose(&self, role: &str, name: &str, value: &str) {
        let node = self.wait_for(role, name).await;
        self.on(node, SET_VALUE, json!(value)).await;
    }

    /// Presses a key where the focus is: `Enter`, `Escape`, `Tab`, `ArrowUp`, a character, or one
    /// of them after `Shift+`.
    pub async fn press(&self, key: &str) {
        const SHIFT: u32 = 8;
        let (key, modifiers) = match key.strip_prefix("Shift+") {
            Some(key) => (key, SHIFT),
            None => (key, 0),
        };
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Tab" => (9, ""),
            "ArrowUp" => (38, ""),
            character => (
                u32::from(character.to_uppercase().chars().next().unwrap_or_default()),
                character,
            ),
        };
        let mut event = json!({"key": key, "windowsVirtualKeyCode": code, "text": text, "modifiers": modifiers});
        for kind in ["keyDown", "keyUp"] {
            event["type"] = kind.into();
            self.call("Input.dispatchKeyEvent", event.clone()).await;
        }
    }

    /// The name of the thing that has the focus, as assistive technology is told it.
    pub async fn focus(&self) -> String {
        let focused = self
            .call(
                "Runtime.evaluate",
                json!({"expression": "document.activeElement"}),
            )
            .await;
        let node = json!({"objectId": focused["result"]["objectId"], "fetchRelatives": false});
        match self.try_call("Accessibility.getPartialAXTree", node).await {
            Ok(tree) => text(&tree["nodes"][0]["name"], "value"),
            Err(_) => String::new(),
        }
    }

    /// The value of the field of that name.
    pub async fn value(&self, name: &str) -> String {
        let node = self
            .wait_for_any(&["textbox", "searchbox", "combobox"], name)
            .await;
        let value = self.on(node, "function () { return this.value; }", json!(null));
        let value = value.await.unwrap_or_default();
        value.as_str().unwrap_or_default().to_owned()
    }

    async fn wait_for(&self, role: &str, name: &str) -> i64 {
        self.wait_for_any(&[role], name).await
    }

    async fn wait_for_any(&self, roles: &[&str], name: &str) -> i64 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for role in roles {
                if let Some(node) = self.find(role, name).await {
                    return node;
                }
            }
            if Instant::now() > deadline {
                let text = self.text().await;
                let path = self.path().await;
                panic!("no {} “{name}” on {path}, which shows:\n{text}", roles[0]);
            }
            sleep(GLANCE).await;
        }
    }

    /// The first thing that assistive technology is told of under that role and name. Whoever asks
    /// while a page is replaced by the next, looks anew: the browser may never answer then.
    async fn find(&self, role: &str, name: &str) -> Option<i64> {
        if self.eval("document.readyState").await != "complete"
            || self.loading.lock().unwrap().is_under_way()
        {
            return None;
        }
        let document = self
            .try_call("DOM.getDocument", json!({"depth": 0}))
            .await
            .ok()?;
        let root = document["root"]["backendNodeId"].as_i64()?;
        let query = json!({"backendNodeId": root, "accessibleName": name, "role": role});
        let found = self
            .try_call("Accessibility.queryAXTree", query)
            .await
            .ok()?;
        found["nodes"]
            .as_array()?
            .iter()
            .filter(|node| node["ignored"] != true)
            .find_map(|node| node["backendDOMNodeId"].as_i64())
    }

    /// Where a click would hit it, or none while something else lies over it.
    async fn point_in(&self, node: i64) -> Option<(f64, f64)> {
        let point = self.on(node, POINT, json!(null)).await?;
        Some((point[0].as_f64()?, point[1].as_f64()?))
    }

    /// Calls a function with the node as `this`; none when the node is gone or it gives null.
    async fn on(&self, node: i64, function: &str, argument: Value) -> Option<Value> {
        let resolved = self
            .try_call("DOM.resolveNode", json!({"backendNodeId": node}))
            .await
            .ok()?;
        let parameters = json!({
            "objectId": resolved["object"]["objectId"],
            "functionDeclaration": function,
            "arguments": [{"value": argument}],
            "returnByValue": true,
        });
        let mut answer = self
            .try_call("Runtime.callFunctionOn", parameters)
            .await
            .ok()?;
        let value = answer["result"]["value"].take();
        (!value.is_null()).then_some(value)
    }

    // ── What is judged

    /// What axe finds wrong with the page as it is now, by the rules of WCAG 2.2 AA and its own
    /// best practices.
    pub async fn axe(&self) -> Vec<Violation> {
        // On a page without scripts its own have to run nevertheless.
        self.javascript(true).await;
        self.eval(&format!("{AXE}; null")).await;
        let found = self
            .eval(
                "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
                    violations.map(({ id, help, nodes }) =>
                        ({ id, help, nodes: nodes.map((node) => node.html + ' — ' + node.failureSummary) })))",
            )
            .await;
        serde_json::from_value(found).expect("axe gives a list")
    }

    /// Writes a picture of the window as PNG.
    pub async fn screenshot(&self, file: &Path) {
        let picture = self
            .call("Page.captureScreenshot", json!({"format": "png"}))
            .await;
        let bytes = BASE64_STANDARD
            .decode(text(&picture, "data"))
            .expect("a picture in base 64");
        std::fs::write(file, bytes).expect("the picture can be written");
    }

    /// Pictures of the window: as it is now, and then whenever it changes, until the
    /// receiver is dropped.
    pub async fn film(&self) -> mpsc::UnboundedReceiver<Picture> {
        let (sender, pictures) = mpsc::unbounded_channel();
        let (connection, session) = (self.connection.clone(), self.session.clone());
        let mut events = connection.events();
        tokio::spawn(async move {
            let call = async |method, parameters| {
                // The tab may be closed already.
                let _ = connection.call(Some(&session), method, parameters).await;
            };
            call("Page.startScreencast", json!({"format": "png"})).await;
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    () = sender.closed() => break,
                };
                let event = match event {
                    Ok(event) => event,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => break,
                };
                if event["method"] == "Page.screencastFrame" && event["sessionId"] == *session {
                    let frame = &event["params"];
                    let seen = json!({"sessionId": frame["sessionId"]});
                    let since = frame["metadata"]["timestamp"].as_f64().unwrap_or_default();
                    if let Ok(png) = BASE64_STANDARD.decode(text(frame, "data")) {
                        let at = UNIX_EPOCH + Duration::from_secs_f64(since);
                        // Whoever films may have stopped.
                        let _ = sender.send(Picture { at, png });
                    }
                    call("Page.screencastFrameAck", seen).await;
                }
            }
            call("Page.stopScreencast", json!({})).await;
        });
        pictures
    }

    /// Closes the tab.
    pub async fn close(self) {
        self.connection
            .call(None, "Target.closeTarget", json!({"targetId": self.target}))
            .await
            .expect("the tab closes");
    }
}
