//! `GET /images`.

mod bounds;
mod changes;
mod filters;
mod library;
mod model;
mod paging;
mod views;
