//! The settings, and the way out with one's data.

use todo_tests::{Engine, PASSWORD, Site, TestApp, browser::Browser, email};

use crate::{Stage, loses};

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_changed_with_and_without_scripts() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = &browser.person().await.tab().await;
        page.javascript(scripts).await;
        page.time_zone("Asia/Tokyo").await;
        site.sign_up(page, name).await;
        page.click("link", "Settings").await;
        page.sees(&format!("You sign in as {}.", email(name))).await;
        // The browser tells its time zone at sign-up, where it can.
        let zone = if scripts { "Asia/Tokyo" } else { "" };
        assert_eq!(page.value("Time zone").await, zone);

        page.fill("Name", "Somebody").await;
        page.choose("combobox", "Time zone", "Europe/Berlin").await;
        page.click("radio", "Dark").await;
        page.click("button", "Save").await;
        page.sees("Saved.").await;
        assert_eq!(page.value("Name").await, "Somebody");
        assert_eq!(page.value("Time zone").await, "Europe/Berlin");
        let theme = "document.documentElement.dataset.theme";
        assert_eq!(page.eval(theme).await, "dark");

        page.fill("Current password", "not the password").await;
        page.fill("New password", "another fine password").await;
        page.click("button", "Change the password").await;
        page.sees("That was not saved").await;
        page.fill("Current password", PASSWORD).await;
        page.fill("New password", "another fine password").await;
        page.click("button", "Change the password").await;
        page.sees("Your password is changed.").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_out_elsewhere_and_everywhere_with_and_without_scripts() {
    let app = TestApp::in_real_time(Engine::Sqlite).await;
    let site = Site::before(&app).await;
    let browser = Browser::start().await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let (here, there) = (
            &browser.person().await.tab().await,
            &browser.person().await.tab().await,
        );
        for page in [here, there] {
            page.javascript(scripts).await;
        }
        site.sign_up(here, name).await;
        site.sign_in(there, name).await;

        site.open(here, "/settings").await;
        here.sees("Chrome on Linux · here").await;
        let sign_out = "document.querySelector('.rows button').ariaLabel";
        let other = here.eval(sign_out).await;
        here.click("button", other.as_str().unwrap()).await;
        here.sees("Signed out there.").await;
        site.open(there, "/settings").await;
        there.sees("Welcome back").await;

        site.sign_in(there, name).await;
        here.click("button", "Sign out everywhere").await;
        here.sees("You are signed out.").await;
        for page in [here, there] {
            site.open(page, "/settings").await;
            page.sees("Welcome back").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_is_taken_along_and_the_account_deleted_with_and_without_scripts() {
    let stage = Stage::before(TestApp::in_real_time(Engine::Sqlite).await).await;
    for (name, scripts) in [("ann", true), ("bob", false)] {
        let page = &stage.signed_up(name, scripts).await;
        page.fill("New task", "Buy milk").await;
        page.click("button", "Add").await;
        page.sees("1 to do").await;

        stage.site.open(page, "/settings").await;
        assert!(page.has("link", "Export").await);
        let export = page
            .eval("fetch('/export').then((answer) => answer.json())")
            .await;
        assert!(export.to_string().contains("Buy milk"), "{export}");

        page.click("DisclosureTriangle", "I want to delete my account")
            .await;
        page.fill("Your password", "not the password").await;
        page.click("button", "Delete everything").await;
        page.sees("That was not saved").await;
        page.fill("Your password", PASSWORD).await;
        page.click("button", "Delete everything").await;
        page.sees("Your account and everything in it is deleted.")
            .await;
        page.fill("E-mail", &email(name)).await;
        page.fill("Password", PASSWORD).await;
        page.click("button", "Sign in").await;
        page.sees("The e-mail address or the password is not right.")
            .await;
        loses(page, "link", "Settings").await;
    }
}
