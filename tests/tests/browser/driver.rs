//! The driver itself, on a page of its own.

use todo_tests::browser::Browser;

#[tokio::test]
async fn a_page_is_read_filled_and_judged_with_and_without_scripts() {
    let browser = Browser::start().await;
    let page = browser.person().await.tab().await;
    for scripts in [true, false] {
        page.javascript(scripts).await;
        page.goto(
            "data:text/html,<html lang=en><title>Test</title><main><h1>Hello</h1>\
             <label>Name <input></label><img src='data:,'>\
             <button onclick='document.body.append(2+2)'>Add</button></main>",
        )
        .await;
        page.fill("Name", "Ann").await;
        page.click("button", "Add").await;
        page.sees(if scripts { "4" } else { "Add" }).await;
        assert_eq!(
            page.eval("document.querySelector('input').value").await,
            "Ann"
        );
        let violations = page.axe().await;
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert_eq!(violations[0].id, "image-alt", "{violations:?}");
    }
}
