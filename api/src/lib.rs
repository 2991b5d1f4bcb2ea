//! The wire types of the product's REST interface, shared by the backend that speaks it and by the
//! frontend that consumes it. Nothing here knows of HTTP, databases or pages.

mod account;
mod chat;
mod due_date;
mod live;
mod oauth;
mod patch;
mod personal_token;
mod problem;
mod task;

pub use account::*;
pub use chat::*;
pub use due_date::{DueDate, InvalidDueDate};
pub use live::*;
pub use oauth::*;
pub use patch::Patch;
pub use personal_token::*;
pub use problem::*;
pub use task::*;
