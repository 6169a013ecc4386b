//! The process that is counted, and the questions that are asked of it.

use std::io::{Read, Write};
use std::net::TcpStream as BlockingStream;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::HEAP;

/// The variable that names where the counted process takes questions.
pub(crate) const ASK_AT: &str = "SHOEBOX_TESTS_ASK_AT";

const RESET: u8 = b'r';
const PEAK: u8 = b'p';

/// The counts of another process.
pub(crate) struct Counts(TcpStream);

impl Counts {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Begins to look for the peak anew; tells how many bytes the heap holds now.
    pub(crate) async fn reset(&mut self) -> usize {
        self.ask(RESET).await
    }

    /// The most bytes that the heap held since then.
    pub(crate) async fn peak(&mut self) -> usize {
        self.ask(PEAK).await
    }

    async fn ask(&mut self, question: u8) -> usize {
        self.0.write_u8(question).await.unwrap();
        usize::try_from(self.0.read_u64().await.unwrap()).unwrap()
    }
}

/// No test: what the tests start in a process of its own. Without the variable it does nothing.
#[test]
#[ignore = "the tests start it themselves"]
fn the_function() {
    let Ok(address) = std::env::var(ASK_AT) else {
        return;
    };
    let stream = BlockingStream::connect(address).unwrap();
    std::thread::spawn(move || answer_questions(stream));
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime
        .block_on(shoebox_http::run(upload::ROUTES, upload::handle))
        .unwrap();
}

/// Ends with the process that asks.
fn answer_questions(mut stream: BlockingStream) {
    let mut question = [0];
    while stream.read_exact(&mut question).is_ok() {
        let bytes = if question[0] == RESET {
            HEAP.reset_peak_usage();
            HEAP.current_usage()
        } else {
            HEAP.peak_usage()
        };
        if stream.write_all(&(bytes as u64).to_be_bytes()).is_err() {
            break;
        }
    }
    std::process::exit(0);
}
