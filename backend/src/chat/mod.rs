//! The chat: turns, each a message of the user with all that answers it. A turn outlives the
//! request that began it; any process can show it, stop it, and go on with it.

pub mod calls;
mod queries;
mod routes;
mod rules;
mod run;
mod running;
mod stream;
mod view;

pub use routes::{router, streams};
pub use rules::interrupt_abandoned;
pub use running::{Turns, keep};
