//! Someone with an account, who asks for things.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    Result,
    http::{Call, Connection},
};

const PASSWORD: &str = "correct horse battery staple";

/// Someone with an account.
#[derive(Clone)]
pub(crate) struct Person {
    email: String,
    /// The user's id.
    pub(crate) id: String,
    jwt: String,
    cookie: String,
}

impl Person {
    /// Makes an account at a backend, or at a `todo`.
    pub(crate) async fn sign_up(address: SocketAddr, name: &str) -> Result<Self> {
        let mut connection = Connection::open(address).await?;
        let email = format!("{name}@example.com");
        let form = json!({"name": name, "email": email, "password": PASSWORD});
        let signed_up = connection
            .send(&Call::post("/api/auth/sign-up/email", &form))
            .await?;
        let cookie = signed_up.header("set-cookie");
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.unwrap_or_default().to_owned();
        let body = signed_up.json()?;
        let mut person = Self {
            email,
            id: text(&body["user"]["id"]),
            jwt: text(&body["token"]),
            cookie,
        };
        let token = Call::get("/api/auth/token").bearing(&person.jwt);
        person.jwt = text(&connection.send(&token).await?.json()?["token"]);
        Ok(person)
    }

    /// Signs in again by REST.
    pub(crate) fn sign_in(&self) -> Call {
        let form = json!({"email": self.email, "password": PASSWORD});
        Call::post("/api/auth/sign-in/email", &form)
    }

    /// Signs in again on the page.
    pub(crate) fn sign_in_on_page(&self) -> Call {
        let email = self.email.replace('@', "%40");
        let password = PASSWORD.replace(' ', "+");
        Call::form("/login", format!("email={email}&password={password}"))
    }

    /// The task page.
    pub(crate) fn page(&self) -> Call {
        self.on_page(Call::get("/"))
    }

    /// Something that the page asks for.
    pub(crate) fn on_page(&self, call: Call) -> Call {
        call.with("cookie", &self.cookie)
    }

    /// Something of theirs by REST: `tasks` is `/api/{user_id}/tasks`.
    pub(crate) fn get(&self, path: &str) -> Call {
        self.bearing(Call::get(&self.path(path)))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Call {
        self.bearing(Call::post(&self.path(path), body))
    }

    /// A call with their token.
    pub(crate) fn bearing(&self, call: Call) -> Call {
        call.bearing(&self.jwt)
    }

    fn path(&self, path: &str) -> String {
        format!("/api/{}/{path}", self.id)
    }

    /// Adds tasks, some with everything that a task can have.
    pub(crate) async fn add_tasks(&self, address: SocketAddr, count: usize) -> Result {
        let mut connection = Connection::open(address).await?;
        for number in 1..=count {
            let task = match number % 4 {
                0 => json!({
                    "title": format!("Call the plumber about leak {number}"),
                    "description": "The one in the kitchen. Ask what it will cost.",
                    "priority": "high",
                    "due_date": "2030-11-27T17:00:00Z",
                    "tags": ["home", "urgent"],
                }),
                1 => json!({"title": format!("Buy oat milk {number}"), "tags": ["shopping"]}),
                2 => json!({"title": format!("Read chapter {number}"), "due_date": "2030-12-01"}),
                _ => json!({"title": format!("Water the plants in room {number}")}),
            };
            connection.send(&self.post("tasks", &task)).await?.json()?;
        }
        Ok(())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
