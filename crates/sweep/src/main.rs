//! The Lambda function of the schedule.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shoebox_http::RuntimeError> {
    shoebox_http::run_events("sweep", sweep::handle).await
}
