//! The Lambda function of `PATCH /images/{id}`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shoebox_http::RuntimeError> {
    shoebox_http::run(update::ROUTES, update::handle).await
}
