//! What a person sees in the browser.

mod accounts;
mod chat;
mod conversations;
mod driver;
mod every_page;
mod faults;
mod first_use;
mod hostile;
mod keyboard;
mod live;
mod model;
mod oauth;
mod settings;
mod tasks;
mod tokens;

use todo_tests::{
    Site, TestApp,
    browser::{Browser, Page},
};

/// What most stories need: a backend, a frontend before it, and a browser.
struct Stage {
    app: TestApp,
    site: Site,
    browser: Browser,
}

impl Stage {
    async fn before(app: TestApp) -> Self {
        Self {
            site: Site::before(&app).await,
            browser: Browser::start().await,
            app,
        }
    }

    /// The page of somebody who has just signed up, with scripts or without.
    async fn signed_up(&self, name: &str, scripts: bool) -> Page {
        signed_up(&self.browser, &self.site, name, scripts).await
    }
}

/// The page of somebody who has just signed up, with scripts or without.
async fn signed_up(browser: &Browser, site: &Site, name: &str, scripts: bool) -> Page {
    let page = browser.person().await.tab().await;
    page.javascript(scripts).await;
    site.sign_up(&page, name).await;
    page
}

/// Says something to the assistant.
async fn say(page: &Page, text: &str) {
    page.fill("Message to the assistant", text).await;
    page.click("button", "Send").await;
}

/// The text of the latest answer, without the lines of its calls.
async fn answer(page: &Page) -> String {
    let text = page
        .eval("[...document.querySelectorAll('[aria-label=Assistant] .prose')].at(-1)?.innerText ?? ''")
        .await;
    text.as_str().unwrap_or_default().to_owned()
}

/// Waits until the latest answer has that text.
async fn hears(page: &Page, wanted: &str) {
    page.until(&format!("the assistant says “{wanted}”"), async || {
        answer(page).await.contains(wanted)
    })
    .await;
}

/// Waits until there is a thing of that role and name.
async fn finds(page: &Page, role: &str, name: &str) {
    page.until(&format!("there is the {role} “{name}”"), async || {
        page.has(role, name).await
    })
    .await;
}

/// Waits until there is no thing of that role and name any more.
async fn loses(page: &Page, role: &str, name: &str) {
    page.until(&format!("the {role} “{name}” is gone"), async || {
        !page.has(role, name).await
    })
    .await;
}
