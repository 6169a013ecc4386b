//! Faults, a world to make them in, and the checker.

mod attempt;
mod batch;
mod canned;
mod checker;
mod explore;
mod layer;
mod pictures;
mod script;
mod snapshot;
mod world;

pub(crate) use attempt::{Outcome, interleave, meet, play};
pub(crate) use batch::{Batch, Expect};
pub(crate) use canned::Canned;
pub(crate) use explore::{Landing, Plan, explore, explore_with};
pub(crate) use pictures::{attributes, not_a_picture, picture};
pub(crate) use script::{Fault, Script};
pub(crate) use world::{World, caller};
