//! What is to happen to the calls of one attempt.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::sync::Notify;

use super::canned::Canned;

/// What can happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does not reach the store; the caller sees an error.
    Refused,
    /// The store answers this and does nothing.
    Answers(Canned),
    /// It takes effect; the caller sees an error.
    AnswerLost,
    /// The caller sees an error; it takes effect later, when the script is told.
    Late,
    /// The process ends before the call.
    KilledBefore,
    /// The process ends after it took effect.
    KilledAfter,
    /// The process ends; the call takes effect later, when the script is told.
    KilledInFlight,
}

impl Fault {
    pub(crate) const ALL: [Self; 7] = [
        Self::Refused,
        Self::Answers(Canned::ServerError),
        Self::AnswerLost,
        Self::Late,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::KilledInFlight,
    ];

    /// Whether the attempt ends with it.
    pub(crate) fn kills(self) -> bool {
        matches!(
            self,
            Self::KilledBefore | Self::KilledAfter | Self::KilledInFlight
        )
    }

    /// Whether the call takes effect when nobody waits for it any more.
    pub(crate) fn strands(self) -> bool {
        matches!(self, Self::Late | Self::KilledInFlight)
    }
}

/// The faults of one attempt by the indexes of its calls, and a gate at one of them.
#[derive(Debug, Default)]
pub(crate) struct Script {
    faults: Vec<(usize, Fault)>,
    /// Every call whose name this is fails so, at most so often.
    by_name: Option<(&'static str, Fault, usize)>,
    /// Every read of an object whose path holds this fails so.
    by_object: Option<(String, Fault)>,
    gate: Option<usize>,
    /// The first call of this name waits at the gate.
    gate_by_name: Option<&'static str>,
    calls: Mutex<Vec<String>>,
    stranded: Mutex<Vec<(SharedHttpConnector, HttpRequest)>>,
    killed: Notify,
    dead: AtomicBool,
    reached: Notify,
    opened: Notify,
}

impl Script {
    pub(crate) fn of(faults: &[(usize, Fault)]) -> Self {
        Self {
            faults: faults.to_vec(),
            ..Self::default()
        }
    }

    /// The first `times` calls of an operation suffer the fault.
    pub(crate) fn of_operation(name: &'static str, fault: Fault, times: usize) -> Self {
        Self {
            by_name: Some((name, fault, times)),
            ..Self::default()
        }
    }

    /// Every read of an object whose path holds `part` suffers the fault.
    pub(crate) fn of_object(part: &str, fault: Fault) -> Self {
        Self {
            by_object: Some((part.to_owned(), fault)),
            ..Self::default()
        }
    }

    /// The first call of an operation waits until [`Script::open`].
    pub(crate) fn with_gate_before(self, name: &'static str) -> Self {
        Self {
            gate_by_name: Some(name),
            ..self
        }
    }

    /// The call of this index waits until [`Script::open`].
    pub(crate) fn with_gate(self, index: usize) -> Self {
        Self {
            gate: Some(index),
            ..self
        }
    }

    /// The names of the calls that were made.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// Resolves when a call waits at the gate.
    pub(crate) async fn gate_reached(&self) {
        self.reached.notified().await;
    }

    pub(crate) fn open(&self) {
        self.opened.notify_one();
    }

    /// Resolves when the process ends.
    pub(super) async fn death(&self) {
        self.killed.notified().await;
    }

    /// What was in flight takes effect, or is refused by the store: nobody hears.
    pub(crate) async fn land(&self) {
        let stranded = std::mem::take(&mut *self.stranded.lock().unwrap());
        for (connector, request) in stranded {
            connector.call(request).await.unwrap();
        }
    }

    /// Makes a call as the script has it.
    pub(super) async fn perform(
        &self,
        connector: SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if self.dead.load(Ordering::SeqCst) {
            return std::future::pending().await;
        }
        let (index, fault) = self.next(operation(&request), request.uri());
        if self.is_gate(index) {
            self.reached.notify_one();
            self.opened.notified().await;
        }
        match fault {
            None => connector.call(request).await,
            Some(Fault::Refused) => Err(ConnectorError::io("refused by the script".into())),
            Some(Fault::Answers(canned)) => Ok(canned.answer(&request)),
            Some(Fault::AnswerLost) => {
                connector.call(request).await?;
                Err(ConnectorError::timeout("the script lost the answer".into()))
            }
            Some(Fault::Late) => {
                self.strand(connector, request);
                Err(ConnectorError::timeout("the script lets it wait".into()))
            }
            Some(Fault::KilledBefore) => self.die().await,
            Some(Fault::KilledAfter) => {
                connector.call(request).await?;
                self.die().await
            }
            Some(Fault::KilledInFlight) => {
                self.strand(connector, request);
                self.die().await
            }
        }
    }

    fn is_gate(&self, index: usize) -> bool {
        let calls = self.calls.lock().unwrap();
        let first = |name| calls.iter().position(|call| call == name);
        self.gate == Some(index) || self.gate_by_name.and_then(first) == Some(index)
    }

    fn next(&self, name: String, uri: &str) -> (usize, Option<Fault>) {
        let mut calls = self.calls.lock().unwrap();
        let index = calls.len();
        let earlier = calls.iter().filter(|call| **call == name).count();
        let by_name = self
            .by_name
            .filter(|(victim, _, times)| *victim == name && earlier < *times)
            .map(|(_, fault, _)| fault);
        let by_object = self.by_object.as_ref();
        let by_object = by_object.filter(|(part, _)| name == "GetObject" && uri.contains(part));
        let by_object = by_object.map(|(_, fault)| *fault);
        calls.push(name);
        let by_index = self.faults.iter().find(|(at, _)| *at == index);
        let by_index = by_index.map(|(_, fault)| *fault);
        (index, by_index.or(by_object).or(by_name))
    }

    fn strand(&self, connector: SharedHttpConnector, request: HttpRequest) {
        self.stranded.lock().unwrap().push((connector, request));
    }

    async fn die(&self) -> Result<HttpResponse, ConnectorError> {
        self.dead.store(true, Ordering::SeqCst);
        self.killed.notify_one();
        std::future::pending().await
    }
}

/// The operation that a request asks for.
fn operation(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        let name = target.split('.').next_back();
        return name.unwrap_or_default().to_owned();
    }
    let query = request.uri().split_once('?').map_or("", |(_, query)| query);
    let name = match request.method() {
        "PUT" => "PutObject",
        "POST" if query.contains("delete") => "DeleteObjects",
        "GET" if query.contains("list-type") => "ListObjectsV2",
        "GET" => "GetObject",
        other => other,
    };
    name.to_owned()
}
