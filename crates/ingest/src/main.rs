//! The Lambda function of the bucket's object-created events.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shoebox_http::RuntimeError> {
    shoebox_http::run_events("ingest", ingest::handle).await
}
