//! What a person sees in the browser.

mod accounts;
mod driver;
mod every_page;
mod settings;
mod tasks;
