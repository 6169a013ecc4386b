//! The Lambda function of GET /images.
fn main() {}
