//! The Lambda function of `GET /images/{id}` and what hangs below it.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shoebox_http::RuntimeError> {
    shoebox_http::run(get::ROUTES, get::handle).await
}
