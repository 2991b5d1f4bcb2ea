//! What a client of the REST interface sees, told on both databases.

mod accounts;
mod errors;
mod faults;
mod idempotency;
mod personal_tokens;
mod tasks;
mod tenancy;
