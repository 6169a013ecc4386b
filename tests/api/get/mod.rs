//! `GET /images/{id}` and what is below it.

mod bytes;
mod metadata;
mod urls;
