//! `cargo run`: the whole service on this machine.

mod banner;
mod cli;
mod logs;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use cli::{Arguments, Command, Sweep};
use shoebox_core::config::Environment;
use tokio::signal::unix::{SignalKind, signal};

/// What ends the program with one line on standard error.
type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Openapi) => print_openapi(),
        Some(Command::Sweep(how)) => sweep(&arguments, how).await,
        None => serve(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let line = shoebox_http::error_chain(failure.as_ref());
            // Where standard error is closed there is no one to tell.
            drop(writeln!(std::io::stderr(), "shoebox: {line}"));
            ExitCode::FAILURE
        }
    }
}

fn print_openapi() -> Result<(), Failure> {
    std::io::stdout().write_all(local::openapi::to_json().as_bytes())?;
    Ok(())
}

/// Prints the report as a table or as a line of JSON; findings of an audit make the exit status 1.
async fn sweep(arguments: &Arguments, how: Sweep) -> Result<(), Failure> {
    let process = Environment::of_process();
    logs::start(shoebox_http::log_level(&process)?);
    let swept = if how.aws() {
        Box::pin(local::sweep_deployed(process, how.audit())).await?
    } else {
        local::sweep(arguments.options(&process), how.audit()).await?
    };
    let mut output = std::io::stdout();
    if how.json() {
        writeln!(output, "{}", serde_json::to_string(&swept)?)?;
    } else {
        write!(output, "{swept}")?;
    }
    match swept.finding_count() {
        0 => Ok(()),
        findings => Err(format!("the audit has {findings} findings").into()),
    }
}

async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let process = Environment::of_process();
    logs::start(shoebox_http::log_level(&process)?);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let running = tokio::select! {
        running = local::start(arguments.options(&process)) => running?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    banner::print(&running, &arguments.data())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tokio::select! {
        () = running.stop() => Ok(()),
        // A second Ctrl-C does not wait for requests.
        _ = interrupt.recv() => Err("stopped before all requests were finished".into()),
    }
}
