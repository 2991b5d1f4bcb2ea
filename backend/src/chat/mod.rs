//! The chat: turns, each a message of the user with all that answers it. A turn outlives the
//! request that began it; any process can show it, stop it, and go on with it.

mod abandoned;
mod approval;
mod ask;
mod begin;
pub mod calls;
mod ending;
mod queries;
mod resume;
mod routes;
mod rules;
mod run;
mod running;
mod say;
mod stream;
mod undo;
mod view;

pub use abandoned::look_after;
pub(crate) use queries::time_zone;
pub use routes::{router, streams};
pub use running::{Turns, keep};
