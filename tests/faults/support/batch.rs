//! Many cases in one world, each of a user of its own, swept and checked together: one sweep settles them all.

use std::cell::RefCell;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use shoebox_core::{IdempotencyKey, Repair, SweepReport, UserId};

use super::checker::{self, Violations};
use super::explore::{Landing, Plan};
use super::script::Script;
use super::snapshot::Snapshot;
use super::world::World;

/// A time at which leases are over and signed URLs and calls in flight are not.
const EARLY_SWEEP: TimeDelta = TimeDelta::minutes(4);
/// A time at which everything is over.
const LATE_SWEEP: TimeDelta = TimeDelta::hours(4);
const BUDGET: Duration = Duration::from_mins(5);

/// What a case's user must find in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// An image: it was acknowledged, and nobody asked to delete it.
    Shown,
    /// So many, of one request.
    Several(usize),
    /// None: it was deleted, or never could be one.
    Gone,
    /// One image or none: all that was heard is an error.
    Either,
}

struct Case {
    label: String,
    user: UserId,
    expect: Expect,
}

pub(crate) struct Batch {
    pub(crate) world: World,
    cases: RefCell<Vec<Case>>,
    late: RefCell<Vec<Arc<Script>>>,
    violations: RefCell<Vec<String>>,
}

impl Batch {
    /// Each call is tried once, so that every failure reaches the code.
    pub(crate) async fn new() -> Self {
        Self::with_attempts("1").await
    }

    /// Each call is tried so often by the SDK.
    pub(crate) async fn with_attempts(attempts: &str) -> Self {
        Self {
            world: World::new(attempts).await,
            cases: RefCell::default(),
            late: RefCell::default(),
            violations: RefCell::default(),
        }
    }

    /// The user of the next case, and a key of theirs.
    pub(crate) fn user(&self) -> (UserId, IdempotencyKey) {
        let name = format!("user-{}", self.cases.borrow().len());
        let user = UserId::parse(&name).unwrap();
        self.cases.borrow_mut().push(Case {
            label: String::new(),
            user: user.clone(),
            expect: Expect::Either,
        });
        (user, IdempotencyKey::parse("key").unwrap())
    }

    /// Notes how a case ended.
    pub(crate) fn expect(&self, user: &UserId, label: impl Display, expect: Expect) {
        let mut cases = self.cases.borrow_mut();
        let case = cases.iter_mut().find(|case| case.user == *user).unwrap();
        case.label = label.to_string();
        case.expect = expect;
    }

    /// Notes something that must not be.
    pub(crate) fn violation(&self, label: impl Display, what: impl Display) {
        let text = format!("{what}\n    in {label}");
        self.violations.borrow_mut().push(text);
    }

    /// Lets what is in flight land where the plan says now.
    pub(crate) async fn land(&self, script: &Arc<Script>, plan: &Plan, now: Landing) {
        if plan.landing == now {
            script.land().await;
        } else if now == Landing::AfterTheClients {
            self.late.borrow_mut().push(Arc::clone(script));
        }
    }

    /// Sweeps, early and late, alone and two at once, and checks after each.
    pub(crate) fn finish(self) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(self.sweep_and_check())
    }

    async fn sweep_and_check(self) {
        self.check("before any sweep", checker::at_any_time).await;
        self.sweep(EARLY_SWEEP).await;
        self.check("after an early sweep", checker::at_any_time)
            .await;
        for script in self.late.take() {
            script.land().await;
        }
        self.check("after what was in flight", checker::at_any_time)
            .await;
        tokio::join!(self.sweep(LATE_SWEEP), self.sweep(LATE_SWEEP));
        self.check("after two sweeps at once", checker::at_any_time)
            .await;
        self.sweep(LATE_SWEEP + TimeDelta::minutes(5)).await;
        let snapshot = self.check("in the end", checker::once_swept).await;
        self.check_cases(&snapshot);
        self.audit().await;
        let violations = self.violations.into_inner();
        let count = violations.len();
        let cases = self.cases.into_inner().len();
        assert!(
            violations.is_empty(),
            "{count} violations in {cases} cases:\n{}",
            violations[..count.min(20)].join("\n")
        );
    }

    pub(crate) async fn sweep(&self, delta: TimeDelta) -> SweepReport {
        let report = self.world.sweeper.sweep(self.world.after(delta), BUDGET);
        let report = report.await.unwrap();
        if report.failed > 0 || report.unfinished {
            self.violation("the sweep", format!("{report:?}"));
        }
        report
    }

    async fn check(&self, when: &str, check: fn(&Snapshot) -> Violations) -> Snapshot {
        let snapshot = Snapshot::take(&self.world).await;
        for (user, what) in check(&snapshot) {
            let cases = self.cases.borrow();
            let case = cases
                .iter()
                .find(|case| user.as_deref() == Some(case.user.as_str()));
            let label = case.map_or("?", |case| case.label.as_str());
            self.violation(label, format!("{what}, {when}"));
        }
        snapshot
    }

    fn check_cases(&self, snapshot: &Snapshot) {
        for case in self.cases.borrow().iter() {
            let shown = snapshot
                .images
                .iter()
                .filter(|row| row.user == case.user.as_str() && row.status == "active");
            let wrong = match (case.expect, shown.count()) {
                (Expect::Shown | Expect::Either, 1) | (Expect::Gone | Expect::Either, 0) => {
                    continue;
                }
                (Expect::Several(wanted), found) if wanted == found => continue,
                (Expect::Several(_), _) => "a request has more or fewer images than files",
                (Expect::Shown, 0) => "an acknowledged image is lost",
                (Expect::Gone, _) => "a deleted image is shown",
                (Expect::Shown | Expect::Either, _) => "one key has two images",
            };
            self.violation(&case.label, wrong);
        }
    }

    async fn audit(&self) {
        let now = self.world.after(LATE_SWEEP + TimeDelta::hours(4));
        let report = self.world.sweeper.audit(Repair::DryRun, now).await.unwrap();
        if report.finding_count() > 0 || report.unsettled_rows > 0 {
            self.violation("the audit", format!("{report:?}"));
        }
    }
}
