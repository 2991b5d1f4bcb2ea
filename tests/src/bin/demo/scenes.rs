//! What the film shows.

use todo_tests::{PASSWORD, browser::Page};
use tokio::time::{Duration, sleep};

use crate::{HOST, film::Film, terminal::Terminal};

/// How fast somebody types into a page.
const KEY: Duration = Duration::from_millis(60);

/// From nothing to a running product.
pub(crate) async fn install(film: &mut Film, terminal: &Terminal<'_>) {
    terminal
        .card(
            "Todo Chatbot",
            "A todo list that people talk to:\ninstalled, operated and used in 90 seconds",
        )
        .await;
    film.shows(&terminal.page).await;
    film.says("Everything here runs while it is filmed; only waiting is cut");
    film.stays(&terminal.page, 3.0).await;

    film.says("1 · Install it on a Kubernetes cluster, with one command");
    terminal.clear().await;
    terminal.run("kubectl get nodes").await;
    terminal
        .run("helm install todo helm/todo-app --values helm/todo-app/values-dev.yaml --values mine.yaml")
        .await;
    film.stays(&terminal.page, 1.0).await;
    film.says("The database starts, the schema is made, and both services come up");
    terminal.clear().await;
    terminal
        .run("kubectl rollout status deployment/todo-backend")
        .await;
    terminal
        .run("kubectl rollout status deployment/todo-frontend")
        .await;
    terminal.run("kubectl get pods").await;
    film.stays(&terminal.page, 2.0).await;
}

/// What operators ask for in plain language.
pub(crate) async fn operate(film: &mut Film, terminal: &Terminal<'_>) {
    film.says("2 · Operate it in plain language, with an account that may do little");
    terminal.clear().await;
    terminal
        .run("kubectl apply --filename aiops/rbac/operator.yaml")
        .await;
    film.says("kubectl-ai takes the request; a scripted model chooses the commands");
    terminal
        .run("aiops/ask --yes \"Scale the backend to handle more load\"")
        .await;
    film.stays(&terminal.page, 2.5).await;

    film.says("Now somebody rolls out an image that does not exist …");
    terminal.clear().await;
    terminal
        .run("kubectl set image deployment/todo-backend '*=todo-backend:9.9.9'")
        .await;
    terminal
        .desk
        .until("kubectl get pods | grep -E 'ErrImage|ImagePull'")
        .await;
    film.says("… and an operator asks what is wrong");
    terminal.clear().await;
    terminal
        .run("aiops/ask \"Check why the pods are failing\"")
        .await;
    film.stays(&terminal.page, 3.0).await;
    film.says("The version that worked comes back");
    terminal.clear().await;
    let request =
        "The last release of the todo backend does not start. Bring back a version that does.";
    terminal
        .run(&format!("aiops/ask --yes \"{request}\""))
        .await;
    film.stays(&terminal.page, 2.5).await;
}

/// What people do with it.
pub(crate) async fn use_it(film: &mut Film, page: &Page) {
    page.size(crate::film::WIDTH, crate::film::HEIGHT).await;
    page.goto(&format!("https://{HOST}/signup")).await;
    film.says("3 · Use it: an account takes a name, an address and a password");
    film.shows(page).await;
    types(page, "Your name", "Ann").await;
    types(page, "E-mail", "ann@example.org").await;
    page.fill("Password", PASSWORD).await;
    film.stays(page, 0.5).await;
    page.click("button", "Create account").await;
    page.arrives_at("/").await;

    film.says("Say what you need to do …");
    film.stays(page, 1.5).await;
    say(page, "add buy milk tomorrow at 5pm #home").await;
    page.sees("Added “Buy milk”").await;
    film.says("… and the task is in the list, with its day, hour and tag");
    film.stays(page, 2.5).await;
    film.says("Several at once are fine");
    say(page, "add call mum on friday and pay the rent today !high").await;
    page.sees("3 to do").await;
    film.stays(page, 2.5).await;
    film.says("It is done by saying so");
    say(page, "I bought the milk").await;
    page.sees("2 to do").await;
    film.stays(page, 2.5).await;
    film.says("In the dark …");
    page.dark(true).await;
    film.stays(page, 2.0).await;
    film.says("… and on a phone");
    page.size(360, 640).await;
    film.stays(page, 3.0).await;
}

/// Where to go on.
pub(crate) async fn end(film: &mut Film, terminal: &Terminal<'_>) {
    terminal
        .card(
            "Todo Chatbot",
            "cargo run\ncargo xtask cluster up\ndocs/README.md",
        )
        .await;
    film.says("Start here: one command on your machine, one on a cluster");
    film.shows(&terminal.page).await;
    film.stays(&terminal.page, 3.0).await;
}

/// Says something to the assistant.
async fn say(page: &Page, text: &str) {
    types(page, "Message to the assistant", text).await;
    page.click("button", "Send").await;
}

/// Types into a field, so that it can be followed.
async fn types(page: &Page, field: &str, text: &str) {
    for (end, letter) in text.char_indices() {
        page.fill(field, &text[..end + letter.len_utf8()]).await;
        sleep(KEY).await;
    }
}
