//! All the ways in which an operation can be hit.

use super::script::Fault;

/// When what is in flight takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Landing {
    /// Right after the attempt.
    AtOnce,
    /// After what the clients do next.
    AfterTheClients,
    /// After the sweeper ran for the first time.
    AfterASweep,
}

/// What happens to one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) faults: Vec<(usize, Fault)>,
    pub(crate) landing: Landing,
}

/// Runs an operation under every plan of at most `depth` faults. `run` says how many calls it made: the plans follow
/// the paths that the code takes, its answers to faults included.
pub(crate) async fn explore(depth: usize, run: impl AsyncFn(Plan) -> usize) {
    explore_with(&Fault::ALL, depth, run).await;
}

/// As [`explore`], with some of the faults.
pub(crate) async fn explore_with(kinds: &[Fault], depth: usize, run: impl AsyncFn(Plan) -> usize) {
    let mut open = vec![Vec::new()];
    while let Some(faults) = open.pop() {
        let mut calls = 0;
        for landing in landings(&faults) {
            let plan = Plan {
                faults: faults.clone(),
                landing,
            };
            // On the heap: unoptimised, the future of a case is larger than a test's stack.
            calls = Box::pin(run(plan)).await;
        }
        let last = faults.last().copied();
        if faults.len() == depth || last.is_some_and(|(_, fault)| fault.kills()) {
            continue;
        }
        let next = last.map_or(0, |(index, _)| index + 1);
        assert!(calls > 0, "nothing was called under {faults:?}");
        for index in next..calls {
            for fault in kinds.iter().copied() {
                let mut more = faults.clone();
                more.push((index, fault));
                open.push(more);
            }
        }
    }
}

fn landings(faults: &[(usize, Fault)]) -> Vec<Landing> {
    if faults.iter().any(|(_, fault)| fault.strands()) {
        vec![
            Landing::AtOnce,
            Landing::AfterTheClients,
            Landing::AfterASweep,
        ]
    } else {
        vec![Landing::AtOnce]
    }
}
