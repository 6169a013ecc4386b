//! support

pub mod lambda;
