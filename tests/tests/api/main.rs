//! What a client of the REST interface sees, told on both databases.

mod accounts;
mod errors;
mod idempotency;
mod tasks;
mod tenancy;
