//! How much heap an upload holds at once, of the very code that is deployed: start-up, Lambda's loop, clients.
//!
//! The function runs in a process of its own, this binary started again, so that nothing of the stores is counted.

#[cfg(test)]
mod counted;
#[cfg(test)]
#[path = "../../crates/imaging/benches/jpeg/mod.rs"]
mod jpeg;
#[cfg(test)]
mod uploads;

#[cfg(test)]
#[global_allocator]
static HEAP: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
