//! `POST /images`.

mod attributes;
mod forms;
mod idempotency;
mod limits;
mod links;
mod names;
mod refusals;
mod several;
