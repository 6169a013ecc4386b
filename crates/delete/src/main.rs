//! The Lambda function of `DELETE /images/{id}` and `DELETE /images`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shoebox_http::RuntimeError> {
    shoebox_http::run(delete::ROUTES, delete::handle).await
}
