//! The Lambda function of `GET /images`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shoebox_http::RuntimeError> {
    shoebox_http::run(list::ROUTES, list::handle).await
}
