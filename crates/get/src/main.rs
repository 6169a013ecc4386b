//! The Lambda function of GET /images/{id}.
fn main() {}
