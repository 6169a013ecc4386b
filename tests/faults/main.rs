//! The protocol over two stores, under every fault: each call of each operation fails before it took effect or after
//! it, or is the last thing its process does, or takes effect when nobody waits for it any more. Afterwards a checker
//! reads both stores raw and holds them against the invariants.
//!
//! The code under test is the use cases as they are deployed, over the real SDK clients; faults are made in the HTTP
//! path beneath them.

#[cfg(test)]
mod audits;
#[cfg(test)]
mod deletes;
#[cfg(test)]
mod directs;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod patches;
#[cfg(test)]
mod poison;
#[cfg(test)]
mod races;
#[cfg(test)]
mod random;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod several;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sweeps;
#[cfg(test)]
mod throttling;
#[cfg(test)]
mod uploads;
