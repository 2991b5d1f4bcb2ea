//! What holds for every page: it is accessible in both schemes and at every width, and the browser
//! has nothing to complain of. Pictures of all of them are left in `target/tmp/pages`.

use std::path::Path;

use todo_tests::{
    Engine, Site, TestApp,
    browser::{Browser, Page},
};

/// Phone, tablet, desktop.
const WIDTHS: [(u32, u32); 3] = [(360, 740), (768, 1024), (1440, 900)];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_in_both_schemes_at_every_width() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    let page = browser.person().await.tab().await;

    for path in ["/login", "/signup", "/reset?token=x"] {
        site.open(&page, path).await;
        judge(&page, path).await;
    }
    site.sign_up(&page, "ann").await;
    judge(&page, "/").await;
    for path in ["/settings", "/nowhere"] {
        site.open(&page, path).await;
        judge(&page, path).await;
    }
}

/// Judges the page as it is now, in both schemes and at every width.
async fn judge(page: &Page, path: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    let name = path.split('?').next().unwrap_or_default().replace('/', "");
    let name = if name.is_empty() { "tasks" } else { &name };
    for dark in [false, true] {
        page.dark(dark).await;
        let scheme = if dark { "dark" } else { "light" };
        for (width, height) in WIDTHS {
            page.size(width, height).await;
            page.screenshot(&folder.join(format!("{name}-{scheme}-{width}.png")))
                .await;
            let violations = page.axe().await;
            assert!(
                violations.is_empty(),
                "{path} {scheme} {width}: {violations:#?}"
            );
            let overflow = page
                .eval("document.documentElement.scrollWidth - innerWidth")
                .await;
            assert!(
                overflow.as_i64() <= Some(0),
                "{path} is {overflow} px wider than a window of {width}"
            );
        }
    }
    let complaints: Vec<String> = page
        .complaints()
        .into_iter()
        // The browser notes a 404 that we asked for.
        .filter(|complaint| !(path == "/nowhere" && complaint.contains("404")))
        .collect();
    assert!(complaints.is_empty(), "{path}: {complaints:#?}");
}
