//! The Lambda function of `POST /images`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shoebox_http::RuntimeError> {
    shoebox_http::run(upload::ROUTES, upload::handle).await
}
